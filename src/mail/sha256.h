/* SPDX-License-Identifier: MIT */
/*
 * sha256 - SHA-256 (FIPS 180-4) of octets that come piece by piece.
 */
#ifndef MAIL_SHA256_H
#define MAIL_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32

typedef struct sha256 {
    uint32_t state[8];
    uint64_t len; /* octets so far */
    unsigned char block[64];
} sha256;

void sha256_start(sha256 *h);
void sha256_add(sha256 *h, const void *data, size_t len);
void sha256_end(sha256 *h, unsigned char digest[SHA256_LEN]);

#endif
