/* SPDX-License-Identifier: MIT */
/*
 * peer - one connection: a socket, TLS or not, and the session on it.
 *
 * What arrives is read until there is no more, then all answers are sent:
 * so the peer is quiet, or blocked, whenever the loop waits.
 */
#ifndef BENCH_SERVER_PEER_H
#define BENCH_SERVER_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "pieces.h"
#include "session.h"
#include "tls.h"

typedef struct peer {
    int fd;
    bool uses_tls;
    bool tls_up;
    bool greeted;
    bool held;     /* in the loop's queue until `due_us` */
    bool readable; /* there may be something to read */
    bool ending;   /* read until the end: it has come or will */
    bool hung_up;  /* the client will send no more */
    bool dead;
    uint64_t due_us;
    struct peer *next; /* in the loop's queue */
    SSL_CTX *ctx;
    tls_stream tls;
    pieces out;
    session session;
} peer;

peer *peer_new(int fd, server_house *house, SSL_CTX *ctx, bool implicit_tls);
void peer_free(peer *p);

/* All was answered and sent, and the client has said no half of a line. */
bool peer_is_quiet(const peer *p);

/* Reads, answers, sends; sets `dead` when the connection is over. */
void peer_work(peer *p);

#endif
