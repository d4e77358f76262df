/* SPDX-License-Identifier: MIT */
/*
 * state_path - where the program remembers what it fetched.
 */
#ifndef CLI_STATE_PATH_H
#define CLI_STATE_PATH_H

#include <stdbool.h>

#include "mail/mail_error.h"

/* The path of the state file, to be freed: `given`, or seen.db in
 * $XDG_STATE_HOME/pop3 or ~/.local/state/pop3, whose directories are made
 * (0700) if `create`. Errors: CONFIG, DISK, NOMEM. */
mail_result state_path(char **path, const char *given, bool create,
                       mail_error *error) MAIL_MUST_CHECK;

/* The path of something else in the directory of that file, with `create` as
 * above; to be freed if it is MAIL_OK. */
mail_result state_place(char **path, const char *name, bool create,
                        mail_error *error) MAIL_MUST_CHECK;

#endif
