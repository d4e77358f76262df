/* SPDX-License-Identifier: MIT */
/* session - POP3 as far as a benchmark needs it: commands in, pieces out. */
#ifndef BENCH_SERVER_SESSION_H
#define BENCH_SERVER_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "count.h"
#include "mailbox.h"
#include "options.h"
#include "pieces.h"

enum {
    SESSION_LINE_MAX = 1024
};

typedef enum session_state {
    SESSION_AUTHORIZATION,
    SESSION_CHALLENGE, /* the next line answers AUTH PLAIN */
    SESSION_TRANSACTION,
    SESSION_STARTING_TLS, /* STLS was answered: no command until TLS is up */
    SESSION_OVER
} session_state;

/* What all sessions share. */
typedef struct server_house {
    const server_options *options;
    mailbox mail;
    counts seen;
    bool offers_tls;
} server_house;

typedef struct session {
    server_house *house;
    pieces *out;
    session_state state;
    bool tls;
    bool has_user;
    unsigned char *deleted; /* a flag for each message; NULL: none */
    uint64_t deletes;
    size_t partial_len;
    char *partial; /* SESSION_LINE_MAX octets: a line that is not whole */
} session;

void session_init(session *s, server_house *house, pieces *out, bool tls);
void session_clear(session *s);
void session_greet(session *s);
void session_tls_done(session *s);

/* Takes octets of the client and answers each whole line. */
void session_take(session *s, const char *data, size_t len);

#endif
