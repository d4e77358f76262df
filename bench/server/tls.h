/* SPDX-License-Identifier: MIT */
/*
 * tls - TLS between two buffers: octets from the socket go in at one side,
 * records for the socket come out at the other, many with one system call.
 */
#ifndef BENCH_SERVER_TLS_H
#define BENCH_SERVER_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "options.h"
#include "pieces.h"

typedef struct tls_stream {
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
    size_t sent;   /* of what `out` holds */
} tls_stream;

/* NULL if no certificate was asked for; exits when one cannot be had. */
SSL_CTX *tls_context(const server_options *options);

void tls_init(tls_stream *t, SSL_CTX *ctx);
void tls_clear(tls_stream *t);

/* Octets from the socket. */
void tls_put(tls_stream *t, const void *data, size_t len);

/* Goes on with the handshake; false if it failed. *up when it is finished. */
bool tls_handshake(tls_stream *t, bool *up);

/* What the client said; 0 when there is no more of it, -1 on failure. */
int tls_take(tls_stream *t, char *data, int room);

/* Makes records of what is queued, if none wait; *len of them are to be sent
 * from the pointer that is returned. *octets is what went into them. */
const char *tls_records(tls_stream *t, pieces *queue, size_t *len,
                        size_t *octets);

void tls_records_sent(tls_stream *t, size_t len);

#endif
