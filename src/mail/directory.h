/* SPDX-License-Identifier: MIT */
/*
 * directory - a path that a user named becomes the descriptor of a directory.
 */
#ifndef MAIL_DIRECTORY_H
#define MAIL_DIRECTORY_H

#include <stdbool.h>

#include "mail/mail_error.h"

/* Root does not deliver into what belongs to another user: CONFIG. */
mail_result directory_check_owner(int fd, const char *path,
                                  mail_error *error) MAIL_MUST_CHECK;

/* Opens the directory, and with `create` makes it if only itself is missing.
 * what: "the Maildir", for errors. */
mail_result directory_open(int *fd, const char *path, bool create,
                           const char *what,
                           mail_error *error) MAIL_MUST_CHECK;

/* Opens the directory that holds `path`; *name: what follows it, a pointer
 * into `path`. Errors: CONFIG also when nothing follows. */
mail_result directory_open_parent(int *fd, const char *path, const char **name,
                                  mail_error *error) MAIL_MUST_CHECK;

/* The path with its "~/" replaced, as no shell does that behind a colon. To
 * be freed; NULL when memory is short. */
char *directory_expand(const char *path);

#endif
