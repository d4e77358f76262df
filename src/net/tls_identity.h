/* SPDX-License-Identifier: MIT */
/*
 * tls_identity - the certificate and key by which a server knows the client.
 */
#ifndef NET_TLS_IDENTITY_H
#define NET_TLS_IDENTITY_H

#include <openssl/ssl.h>
#include <pop3.h>

#include "net/net_error.h"

/* Loads cert_file and key_file, if there are any, with the passphrase if
 * there has to be one. Errors: NOMEM, ARGUMENT, or what the passphrase's
 * callback returned. */
pop3_result tls_identity_load(SSL_CTX *ctx, const pop3_tls_options *o,
                              net_error *error) POP3_MUST_CHECK;

#endif
