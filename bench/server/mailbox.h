/* SPDX-License-Identifier: MIT */
/*
 * mailbox - a made-up mailbox in wire form: all answers as they are sent.
 *
 * All messages have the same size and body and differ in their header, whose
 * length is the same too. A message on the wire is
 *
 *     +OK line, header (head) · lead · block, `blocks` times · ".\r\n"
 *
 * Small messages stand one after another in one image, so that the answers
 * to RETR 1, RETR 2, … are one run of octets; of larger ones only lead and
 * block exist, and the head is made when it is asked for.
 */
#ifndef BENCH_SERVER_MAILBOX_H
#define BENCH_SERVER_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MAILBOX_HEAD_MAX = 512
};

typedef struct image {
    char *ptr;
    size_t len;
} image;

typedef struct mailbox {
    uint64_t messages;
    uint64_t size; /* of each, as LIST tells it: stuffing removed */
    uint64_t uid_octets;
    image lead;
    image block;
    uint64_t blocks;
    image all;        /* all messages; empty if they are too large */
    size_t image_len; /* of one message in it */
    image list;       /* the answers to LIST and UIDL, made when first asked */
    image uidl;
} mailbox;

void mailbox_init(mailbox *m, uint64_t messages, uint64_t size,
                  uint64_t uid_octets);
void mailbox_clear(mailbox *m);

/* "+OK …" and the header of message n with the empty line behind it, into
 * `out`. *status_len is the length of the "+OK" line. Returns the length. */
size_t mailbox_head(const mailbox *m, uint64_t n, size_t *status_len,
                    char out[MAILBOX_HEAD_MAX]);

/* How many octets of lead and block together hold `lines` lines; at most
 * those of the lead and one block. */
size_t mailbox_lines(const mailbox *m, uint64_t lines);

/* A row of UIDL or LIST, with CRLF; the length. `out` has room for 128. */
size_t mailbox_row(const mailbox *m, bool uidl, uint64_t n, char *out);

/* The whole answer. It stays as long as the mailbox does. */
const image *mailbox_listing(mailbox *m, bool uidl);

#endif
