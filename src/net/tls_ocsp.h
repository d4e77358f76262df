/* SPDX-License-Identifier: MIT */
/*
 * tls_ocsp - what the server brings from its authority to show that its
 * certificate was not revoked: an OCSP staple (RFC 6066 §8, RFC 6960).
 */
#ifndef NET_TLS_OCSP_H
#define NET_TLS_OCSP_H

#include <stdbool.h>
#include <time.h>

#include <openssl/ssl.h>

#include "net/tls_config.h"
#include "net/tls_verify.h"

/* Whether staples are asked for and looked at: a pinned certificate needs no
 * authority's word, and one that may be anybody's has none. */
bool tls_ocsp_counts(const pop3_tls *shared);

/* After a full handshake whose chain passed: judges the staple, or that there
 * is none. On success *good_until is when that has to be asked again, or 0:
 * never. False: v->error says why. */
bool tls_ocsp_check(SSL *ssl, tls_verify *v, bool required,
                    time_t *good_until);

/* Until when a session may be resumed. */
time_t tls_ocsp_end(const SSL_SESSION *session);

/* Makes that no later than `end`. */
void tls_ocsp_limit(SSL_SESSION *session, time_t end);

#endif
