/* SPDX-License-Identifier: MIT */
/*
 * whole_file - a small file is replaced as a whole, or not at all.
 */
#ifndef CLI_WHOLE_FILE_H
#define CLI_WHOLE_FILE_H

#include <stddef.h>
#include <sys/stat.h>

#include "mail/mail_error.h"

/* Puts a file with these octets, with the mode of `before` or else 0600, in
 * the place of `path`: durable when it returns MAIL_OK; else all is as it was.
 * `before` is what stat(2) said of the file when it was read: if it is another
 * one by now, or changed, that is BUSY. NULL: there must be no file yet. */
mail_result whole_file_write(const char *path, const char *data, size_t len,
                             const struct stat *before,
                             mail_error *error) MAIL_MUST_CHECK;

/* Makes all directories above the last slash of `path`, with mode 0700. */
mail_result whole_file_parents(const char *path,
                               mail_error *error) MAIL_MUST_CHECK;

#endif
