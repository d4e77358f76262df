/* SPDX-License-Identifier: MIT */
/*
 * tls_config - what is decided about TLS before there is a socket.
 *
 * Its functions are declared in tls.h, for builds without TLS too.
 */
#ifndef NET_TLS_CONFIG_H
#define NET_TLS_CONFIG_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "net/tls.h"

struct tls_config {
    SSL_CTX *ctx;    /* ours, or a reference to the caller's */
    char *name;      /* checked, and sent as SNI unless it is an address */
    bool is_address; /* without a zone */
    bool insecure;
    int min_version; /* TLS1_2_VERSION or TLS1_3_VERSION */
};

#endif
