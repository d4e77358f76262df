/* SPDX-License-Identifier: MIT */
/*
 * lmtp_body - a message becomes what follows DATA.
 */
#ifndef MAIL_LMTP_BODY_H
#define MAIL_LMTP_BODY_H

#include <stdbool.h>
#include <stddef.h>

typedef struct lmtp_body {
    bool inside; /* of a line */
    bool cr;     /* one was read, and what it means is not known yet */
} lmtp_body;

enum {
    LMTP_BODY_GROWTH = 2, /* octets that come of one, at most */
    LMTP_BODY_TAIL = 8    /* and at the end */
};

/* All zero: it begins. Writes to `out`, which has room for 2 * len + 8, and
 * returns how much. */
size_t lmtp_body_put(lmtp_body *b, const char *in, size_t len, char *out);
/* The end of the message, with the final dot. */
size_t lmtp_body_end(lmtp_body *b, char *out);

#endif
