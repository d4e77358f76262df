/* SPDX-License-Identifier: MIT */
/*
 * pop3/tls.h - for callers who open many connections with TLS.
 */
#ifndef POP3_TLS_H
#define POP3_TLS_H

#include <pop3.h>

#ifdef __cplusplus
extern "C" {
#endif

/* TLS settings for connections in any thread: reads the files once, keeps up
 * to 256 sessions (none with an ssl_ctx), resumed with the same host, port and
 * name alone; certificates are verified each time. On failure *tls is set all
 * the same (NULL after NOMEM), for pop3_tls_error().
 * Memory: a session in TLS that rests holds about 22 KiB, most of them
 * OpenSSL's, and up to 244 KiB while octets flow.
 * Errors: ARGUMENT, NOMEM, UNSUPPORTED (built without TLS). */
POP3_API pop3_result
pop3_tls_new(pop3_tls **tls, const pop3_tls_options *options) POP3_MUST_CHECK;
POP3_API void pop3_tls_free(pop3_tls *tls); /* connections keep theirs */
POP3_API const pop3_error *pop3_tls_error(const pop3_tls *tls);

#ifdef __cplusplus
}
#endif
#endif
