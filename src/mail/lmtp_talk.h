/* SPDX-License-Identifier: MIT */
/*
 * lmtp_talk - commands and replies of LMTP (RFC 2033), one message at a time.
 */
#ifndef MAIL_LMTP_TALK_H
#define MAIL_LMTP_TALK_H

#include "mail/key.h"
#include "mail/lmtp_link.h"

enum {
    LMTP_SAID_SIZE = 200
};

typedef struct lmtp_reply {
    int code;                  /* 200 to 599 */
    char text[LMTP_SAID_SIZE]; /* its last line, code included, printable */
} lmtp_reply;

typedef struct lmtp_talk {
    lmtp_link link;
    bool pipelining; /* what the server announced */
    bool eight_bit;
    bool smtputf8;
    bool chunking;
    bool starttls;
    bool has_size;
    uint64_t size_max; /* 0: it has none */
} lmtp_talk;

typedef struct lmtp_message {
    int fd;          /* of the message, as it was sent; at its start */
    uint64_t octets; /* in it */
    bool eight_bit;
    bool utf8; /* an address needs SMTPUTF8 */
    const char *const *recipients;
    size_t recipient_count;
    const mail_key *key;
    uint64_t deadline_ms; /* for all of it; more for large ones */
} lmtp_message;

/* Connects, with TLS as is due, and greets. Errors: BUSY; CONFIG. */
mail_result lmtp_talk_open(lmtp_talk *t, uint64_t deadline_ms,
                           mail_error *error) MAIL_MUST_CHECK;

/* Says MAIL and RCPT for each recipient: replies[0] is the one to MAIL, the
 * others follow. Errors: BUSY: the connection is lost, nothing was sent. */
mail_result lmtp_talk_envelope(lmtp_talk *t, const lmtp_message *message,
                               lmtp_reply *replies,
                               mail_error *error) MAIL_MUST_CHECK;

/* Sends the message. *replies: `count` of them, one for each recipient that
 * was taken; or *not_now: the one to DATA. Errors: BUSY: the connection is
 * lost, and nobody knows. */
mail_result lmtp_talk_message(lmtp_talk *t, const lmtp_message *message,
                              lmtp_reply *replies, size_t count, bool *not_now,
                              mail_error *error) MAIL_MUST_CHECK;

/* Gives an envelope up. */
void lmtp_talk_reset(lmtp_talk *t);

/* Says QUIT, and closes. */
void lmtp_talk_close(lmtp_talk *t);

#endif
