/* SPDX-License-Identifier: MIT */
/*
 * maildir_dirs - the three directories of a Maildir, opened safely.
 */
#ifndef MAIL_MAILDIR_DIRS_H
#define MAIL_MAILDIR_DIRS_H

#include <stdbool.h>

#include "mail/mail_error.h"

typedef struct maildir_dirs {
    int tmp;   /* descriptors; -1 when closed */
    int fresh; /* new/ */
    int cur;
    char *path; /* absolute, without symbolic links */
} maildir_dirs;

/* Opens, and with `create` makes, what is at `path`. */
mail_result maildir_dirs_open(maildir_dirs *dirs, const char *path,
                              bool create, mail_error *error) MAIL_MUST_CHECK;
void maildir_dirs_close(maildir_dirs *dirs);

#endif
