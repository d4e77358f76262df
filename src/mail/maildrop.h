/* SPDX-License-Identifier: MIT */
/*
 * maildrop - what a server lists: LIST and UIDL, joined by message number.
 */
#ifndef MAIL_MAILDROP_H
#define MAIL_MAILDROP_H

#include <pop3.h>

typedef struct maildrop_message {
    uint64_t number;
    uint64_t octets;   /* by LIST; 0 if it told none */
    size_t uid_offset; /* in maildrop.uids */
    size_t uid_len;    /* 0: the message has no unique-id */
} maildrop_message;

typedef struct maildrop_rows {
    maildrop_message *rows;
    size_t count;
    size_t capacity;
} maildrop_rows;

/* All zero is an empty one. First rows are added as they come, then
 * maildrop_join() makes messages of them. */
typedef struct maildrop {
    maildrop_rows sizes;  /* rows of LIST; `messages` after the join */
    maildrop_rows unique; /* rows of UIDL; empty after the join */
    bool has_sizes;       /* LIST was answered by +OK */
    bool has_uids;        /* UIDL was */
    char *uids;
    size_t uids_len;
    size_t uids_capacity;
    uint64_t doubtful; /* messages left out by the join */
} maildrop;

/* False when memory is short. */
bool maildrop_add_size(maildrop *drop, const pop3_item *item);
bool maildrop_add_uid(maildrop *drop, const pop3_item *item);

/* Makes drop->sizes.rows the messages, sorted by number: those that are in
 * both listings, if both were answered. A number that UIDL repeats is left
 * out; one that LIST repeats has no size. */
void maildrop_join(maildrop *drop);

/* After the join: takes all unique-ids away, and gives one to a message. False
 * when memory is short. */
void maildrop_unname(maildrop *drop);
bool maildrop_name(maildrop *drop, size_t index, pop3_span uid);

void maildrop_clear(maildrop *drop);

/* After the join. */
static inline size_t
maildrop_count(const maildrop *drop)
{
    return drop->sizes.count;
}

static inline const maildrop_message *
maildrop_at(const maildrop *drop, size_t index)
{
    return &drop->sizes.rows[index];
}

/* A message by its place in the listing. */
typedef struct maildrop_row {
    pop3_span uid; /* borrowed */
    size_t index;
} maildrop_row;

/* All messages, sorted by unique-id and then as listed; to be freed. NULL when
 * memory is short. */
maildrop_row *maildrop_by_uid(const maildrop *drop);

/* The order of unique-ids, which is that of blobs in SQLite: < 0, 0, > 0. */
int maildrop_compare(pop3_span a, pop3_span b);

pop3_span maildrop_uid(const maildrop *drop, const maildrop_message *message);

#endif
