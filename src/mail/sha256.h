/* SPDX-License-Identifier: MIT */
/*
 * sha256 - FIPS 180-4, for names; not used for anything secret.
 */
#ifndef MAIL_SHA256_H
#define MAIL_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct sha256 {
    uint32_t state[8];
    uint64_t len;            /* octets added */
    unsigned char block[64]; /* the first len % 64 are waiting */
} sha256;

void sha256_init(sha256 *hash);
void sha256_add(sha256 *hash, const void *data, size_t len);
void sha256_finish(sha256 *hash, unsigned char digest[32]);

#endif
