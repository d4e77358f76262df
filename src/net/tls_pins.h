/* SPDX-License-Identifier: MIT */
/*
 * tls_pins - certificates that are trusted by their fingerprint.
 */
#ifndef NET_TLS_PINS_H
#define NET_TLS_PINS_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "base/text.h"

enum {
    TLS_PINS_MAX = 8,
    TLS_PIN_LEN = 32 /* octets of SHA-256 */
};

typedef struct tls_pin {
    bool of_key; /* of the public key, not of the whole certificate */
    char digest[TLS_PIN_LEN];
} tls_pin;

/* All zero: nothing is pinned. */
typedef struct tls_pins {
    size_t count;
    tls_pin list[TLS_PINS_MAX];
} tls_pins;

/* Reads pins, with spaces or commas between them. False: not all of them make
 * sense, or there are none or too many. */
bool tls_pins_parse(tls_pins *pins, const char *text);

/* Whether the certificate is one of them. */
bool tls_pins_match(const tls_pins *pins, X509 *cert);

/* Appends "sha256:" and the digest of the certificate in hexadecimal. */
void tls_pins_show(text_builder *t, X509 *cert);

#endif
