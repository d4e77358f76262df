/* SPDX-License-Identifier: MIT */
/*
 * durable - many files that were written become safe on the disk at once.
 */
#ifndef MAIL_DURABLE_H
#define MAIL_DURABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum mail_sync {
    MAIL_SYNC_AUTO = 0, /* whichever is faster now: see durable.c */
    MAIL_SYNC_SYNCFS,   /* the whole file system, where that is as safe */
    MAIL_SYNC_FSYNC     /* file by file, several in flight */
} mail_sync;

typedef struct durable {
    int dir;       /* a directory of the files' file system; not owned */
    bool reliable; /* syncfs() can be believed there */
    mail_sync wish;
} durable;

/* `dir` stays open, and is opened before the first of the files is made: a
 * syncfs() reports the errors since then. */
void durable_init(durable *d, int dir, mail_sync wish);

/* Makes the `count` open files durable, which have `octets` in all. Returns 0
 * or an errno; *ready: so many from the first are durable in both cases. */
int durable_sync(const durable *d, const int *files, size_t count,
                 uint64_t octets, size_t *ready);

/* What MAIL_SYNC_AUTO decides: whether one syncfs() beats an fsync() of each
 * of `count` files of `octets` in all, with so many octets of the machine not
 * yet on a disk, those included. */
bool durable_prefers_syncfs(size_t count, uint64_t octets, uint64_t dirty);

/* Whether this release of Linux ("6.1.0-13-amd64") reports failed writes by
 * syncfs(). */
bool durable_release_reports(const char *release);

#endif
