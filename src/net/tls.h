/* SPDX-License-Identifier: MIT */
/*
 * tls - a pop3_transport that encrypts and verifies (OpenSSL 3).
 *
 * tls_config is everything that can be decided before there is a socket, so
 * that a wrong file or cipher list is found before anything is connected.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <pop3.h>
#include <pop3/tls.h>
#include <pop3/transport.h>

#include "net/net_error.h"

typedef struct tls_config tls_config;

/* Reads files, checks options, unless options->shared did so. `host` is what
 * the user asked for: the name to be checked unless options->server_name is
 * set. Host and port say which sessions may be resumed. Errors: NOMEM,
 * ARGUMENT (a file cannot be read or makes no sense; a bad cipher list),
 * UNSUPPORTED (built without TLS). */
pop3_result tls_config_new(tls_config **out, const pop3_tls_options *options,
                           const char *host, const char *port,
                           net_error *error) POP3_MUST_CHECK;
void tls_config_free(tls_config *config);

/* Replaces *transport, a tcp_transport(), by one that speaks TLS over the same
 * socket and owns it. Then its start_tls() is to be called until it says
 * something else than AGAIN; read and write work after POP3_OK only.
 * Errors: NOMEM, TLS; *transport is unchanged then. `config` must outlive
 * it. start_tls() fails with CERT (sys: X509_V_ERR_*; error_text(): which
 * certificate, which check, what to do), TLS, CLOSED or IO. */
pop3_result tls_wrap(pop3_transport *transport, const tls_config *config,
                     net_error *error) POP3_MUST_CHECK;

/* "TLSv1.3 TLS_AES_256_GCM_SHA384", or that and ", resumed", of a transport
 * made by tls_wrap(), once start_tls() is done; else "". Valid while the
 * transport lives. */
const char *tls_describe(const pop3_transport *transport);

/* What binds an exchange to this TLS connection (RFC 5056): writes its octets
 * to `out` and returns its name: "tls-exporter" with TLS 1.3 (RFC 9266),
 * "tls-server-end-point" else (RFC 5929 §4). NULL when there is none, or when
 * `transport` was not made by tls_wrap(). */
const char *tls_binding(const pop3_transport *transport, char *out,
                        size_t size, size_t *len);

#endif
