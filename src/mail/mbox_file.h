/* SPDX-License-Identifier: MIT */
/*
 * mbox_file - the file that an mbox is: opened and locked safely.
 */
#ifndef MAIL_MBOX_FILE_H
#define MAIL_MBOX_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "mail/mbox_lock.h"

typedef struct mbox_file {
    int dir;          /* that holds it */
    char *path;       /* absolute; the directory without symbolic links */
    const char *name; /* the end of `path` */
    long wait_ms;     /* for the lock */
    int fd;           /* -1: it is not locked */
    bool made;        /* its name may not be durable */
    mbox_lock lock;
} mbox_file;

/* Finds the directory, and looks whether the file can be used. */
mail_result mbox_file_init(mbox_file *f, const char *path, bool create,
                           long wait_ms, mail_error *error) MAIL_MUST_CHECK;
void mbox_file_clear(mbox_file *f);

/* Locks it, made when missing and `create`; *size: its length. */
mail_result mbox_file_lock(mbox_file *f, bool create, uint64_t *size,
                           mail_error *error) MAIL_MUST_CHECK;
void mbox_file_unlock(mbox_file *f);

/* How many line ends must follow what is in it for a new entry to begin. */
mail_result mbox_file_gap(const mbox_file *f, uint64_t size, unsigned *gap,
                          mail_error *error) MAIL_MUST_CHECK;

/* Makes what was appended durable. */
mail_result mbox_file_sync(mbox_file *f, mail_error *error) MAIL_MUST_CHECK;

/* Cuts it to `size`, durably. */
mail_result mbox_file_cut(mbox_file *f, uint64_t size,
                          mail_error *error) MAIL_MUST_CHECK;

#endif
