/* SPDX-License-Identifier: MIT */
/*
 * digest - the primitives that the mechanisms are made of: OpenSSL's in the
 * library, and hashlib's in the Python package, which links no OpenSSL.
 */
#ifndef AUTH_DIGEST_H
#define AUTH_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include <pop3.h>

typedef enum digest_hash {
    DIGEST_SHA_1,
    DIGEST_SHA_256
} digest_hash;

enum {
    DIGEST_MAX = 32 /* octets of the longest */
};

/* Octets that a hash has. */
size_t digest_len(digest_hash hash);

/* All are false where this machine has no such hash; `out` has digest_len()
 * octets. The key of digest_hmac() has as many. */
bool digest_of(digest_hash hash, const void *data, size_t len,
               unsigned char *out);
bool digest_hmac(digest_hash hash, const unsigned char *key, pop3_span data,
                 unsigned char *out);
bool digest_pbkdf2(digest_hash hash, pop3_span password, pop3_span salt,
                   int iterations, unsigned char *out);

/* Random octets; false: there are none. */
bool digest_random(unsigned char *out, size_t len);

#endif
