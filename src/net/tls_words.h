/* SPDX-License-Identifier: MIT */
/*
 * tls_words - what is wrong with a certificate, in plain words.
 */
#ifndef NET_TLS_WORDS_H
#define NET_TLS_WORDS_H

#include <openssl/x509.h>

#include "base/text.h"
#include "net/net_error.h"
#include "net/tls_pins.h"

typedef struct tls_fault {
    int code;   /* X509_V_ERR_* */
    X509 *cert; /* that did not pass */
    int depth;  /* its place: 0 is the server's own */
    X509 *leaf; /* the server's own */
} tls_fault;

/* Which certificate, what is wrong, and what to do. `name` is what the server
 * should be. */
void tls_words_explain(net_error *error, const tls_fault *fault,
                       const char *name);

/* Appends "2021-01-31". */
void tls_words_date(text_builder *t, const ASN1_TIME *time);

/* Appends what to do, and whose certificate it is. */
void tls_words_end(text_builder *t, const char *advice, X509 *cert);

extern const char TLS_WORDS_ADMIN[];
extern const char TLS_WORDS_CLOCK[]; /* where a date is wrong */

#endif
