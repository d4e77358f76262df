/* SPDX-License-Identifier: MIT */
/*
 * tls_ahead - octets that were received before OpenSSL asks for them.
 */
#ifndef NET_TLS_AHEAD_H
#define NET_TLS_AHEAD_H

#include <pop3.h>
#include <pop3/transport.h>

#include "base/bytes.h"

/* Fills what is empty by one read of `inner`, and returns its result. After
 * POP3_OK there are octets; after all else there is no memory either. NOMEM:
 * nothing was read. */
pop3_result tls_ahead_fill(bytes *ahead, const pop3_transport *inner);

/* Takes octets from the front, at most `len`. Returns how many. */
size_t tls_ahead_take(bytes *ahead, char *out, size_t len);

#endif
