/* SPDX-License-Identifier: MIT */
/*
 * seen_file - opening the SQLite file of seen.h: made whole, or refused.
 */
#ifndef MAIL_SEEN_FILE_H
#define MAIL_SEEN_FILE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "mail/mail_error.h"

/* Opens and checks; with `create` a missing file is made; else *db is NULL
 * then. Errors: see seen_open(). */
mail_result seen_file_open(sqlite3 **db, const char *path, bool create,
                           mail_error *error) MAIL_MUST_CHECK;

#endif
