/* SPDX-License-Identifier: MIT */
/*
 * pop3/openssl.h - for callers who bring their own SSL_CTX.
 *
 * The context's certificates, ciphers and callbacks are used as they are.
 * Three things hold all the same: the peer is verified (unless
 * pop3_tls_options.insecure), its name is checked, and TLS is 1.2 or newer.
 */
#ifndef POP3_OPENSSL_H
#define POP3_OPENSSL_H

#include <openssl/ssl.h>
#include <pop3.h>

/* Makes the connection use `ssl_ctx`, of which it takes a reference of its
 * own when it is opened. NULL: the library makes one from the options. */
static inline void
pop3_options_set_ssl_ctx(pop3_options *options, SSL_CTX *ssl_ctx)
{
    options->tls.ssl_ctx = ssl_ctx;
}

#endif
