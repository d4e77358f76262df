/* SPDX-License-Identifier: MIT */
/*
 * tls_reasons - why a handshake failed, for people.
 */
#ifndef NET_TLS_REASONS_H
#define NET_TLS_REASONS_H

/* What an error of OpenSSL's queue means, in words; NULL: nothing better than
 * its own words is known. */
const char *tls_reason(unsigned long code);

#endif
