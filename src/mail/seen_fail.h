/* SPDX-License-Identifier: MIT */
/*
 * seen_fail - what SQLite said, as an error about the state file.
 */
#ifndef MAIL_SEEN_FAIL_H
#define MAIL_SEEN_FAIL_H

#include <sqlite3.h>

#include "mail/mail_error.h"

/* What it said last. */
mail_result seen_fail(sqlite3 *db, const char *path, mail_error *error);

/* What the file holds makes no sense, which `why` tells. It is damaged, unless
 * a part of it could not be read; db may be NULL: all of it could. */
mail_result seen_fail_content(sqlite3 *db, const char *path, const char *why,
                              mail_error *error);

#endif
