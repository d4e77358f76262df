/* SPDX-License-Identifier: MIT */
/*
 * mbox_journal - what is going to be appended to an mbox, and where.
 */
#ifndef MAIL_MBOX_JOURNAL_H
#define MAIL_MBOX_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mail/key.h"
#include "mail/mail_error.h"

enum {
    MBOX_JOURNAL_MAX = 1000 /* entries */
};

typedef struct mbox_entry {
    mail_key key;
    uint64_t end; /* of the entry, counted from the first one's start */
} mbox_entry;

typedef struct mbox_journal {
    char *path;      /* NULL: it has no name, and cannot be found again */
    int fd;          /* -1: there is none */
    uint64_t offset; /* in the mbox, where its length was before */
    unsigned gap;    /* line ends that come first */
    mbox_entry entries[MBOX_JOURNAL_MAX];
    size_t count;
} mbox_journal;

/* Makes an empty one, in the place of another; j->fd stands where the entries
 * begin. */
mail_result mbox_journal_start(mbox_journal *j,
                               mail_error *error) MAIL_MUST_CHECK;

/* Drops what was written behind the last entry. */
mail_result mbox_journal_rewind(mbox_journal *j,
                                mail_error *error) MAIL_MUST_CHECK;

/* All is in it: from now on it survives any crash. */
mail_result mbox_journal_seal(mbox_journal *j,
                              mail_error *error) MAIL_MUST_CHECK;

/* Reads one that an earlier process sealed. *found is false if there is none;
 * one that cannot be read is an error. */
mail_result mbox_journal_load(mbox_journal *j, bool *found,
                              mail_error *error) MAIL_MUST_CHECK;

/* Octets from its start, counted as in mbox_entry. Returns how many there
 * were, or -1 with errno. */
ssize_t mbox_journal_read(const mbox_journal *j, uint64_t at, char *buffer,
                          size_t size);

/* Of all entries. */
uint64_t mbox_journal_octets(const mbox_journal *j);

void mbox_journal_remove(mbox_journal *j);
/* Leaves the file. */
void mbox_journal_close(mbox_journal *j);

#endif
