/* SPDX-License-Identifier: MIT */
/*
 * mbox_lock - one program at a time writes to an mbox.
 */
#ifndef MAIL_MBOX_LOCK_H
#define MAIL_MBOX_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "mail/mail_error.h"

enum {
    MBOX_LOCK_NAME_SIZE = 300,
    MBOX_LOCK_STALE_S = 300
};

typedef struct mbox_lock {
    int dir; /* not owned */
    char dot[MBOX_LOCK_NAME_SIZE];
    dev_t device; /* of the lock file, if `inode` is not 0 */
    ino_t inode;
} mbox_lock;

/* Locks `fd`, the file `name` in `dir`, by fcntl(2) and by "<name>.lock".
 * path: for errors. Waits for others as long. BUSY: one of them has it. */
mail_result mbox_lock_take(mbox_lock *lock, int fd, int dir, const char *name,
                           const char *path, long wait_ms,
                           mail_error *error) MAIL_MUST_CHECK;

/* Gives the second of both back; closing `fd` gives the first. */
void mbox_lock_release(mbox_lock *lock);

#endif
