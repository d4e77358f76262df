/* SPDX-License-Identifier: MIT */
/*
 * tls_verify - which certificates are good enough, and why one is not.
 */
#ifndef NET_TLS_VERIFY_H
#define NET_TLS_VERIFY_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "net/net_error.h"
#include "net/tls_pins.h"

typedef struct tls_verify {
    const char *name;     /* the host name or address that was asked for */
    const tls_pins *pins; /* if any, what the server's own has to be */
    bool passed;     /* down to the server's own, all passed every check */
    X509 *issuer;    /* of the server's own, if the chain passed; or itself */
    net_error error; /* the first failure: X509_V_ERR_*; sys 0: none */
} tls_verify;

/* Sets what `ssl` checks: purpose, and the name or address. False when memory
 * is short. */
bool tls_verify_arm(SSL *ssl, const char *name, bool is_address);

/* Judges one certificate: the body of a callback for SSL_set_verify(). 1: go
 * on; 0: the certificate, and with it the handshake, failed. */
int tls_verify_judge(int ok, X509_STORE_CTX *store, tls_verify *v);

/* After the handshake: verifies the chain that the server showed, by a
 * callback as above, if that never happened, because a callback of the
 * caller's SSL_CTX stood in its place, or because no certificate was shown. */
void tls_verify_again(SSL *ssl, SSL_verify_cb callback, tls_verify *v);

/* Frees what it holds. */
void tls_verify_clear(tls_verify *v);

/* Whether a key is too short, or a certificate signed by a digest that can be
 * forged (R5). */
bool tls_verify_is_weak_key(X509 *cert);
bool tls_verify_is_weakly_signed(X509 *cert);

#endif
