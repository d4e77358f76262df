/* SPDX-License-Identifier: MIT */
/* certificate - an authority and a certificate that live as long as a run. */
#ifndef BENCH_SERVER_CERTIFICATE_H
#define BENCH_SERVER_CERTIFICATE_H

#include <stdbool.h>

#include <openssl/ssl.h>

/* Makes both, for localhost, 127.0.0.1 and ::1, gives the context the
 * certificate with its key, and writes the authority's to ca_file (PEM). */
bool certificate_make(SSL_CTX *ctx, const char *ca_file);

#endif
