/* SPDX-License-Identifier: MIT */
/*
 * digest_openssl - the primitives from OpenSSL. Its queue of errors is left
 * empty.
 */
#include <limits.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "auth/digest.h"

static bool
outcome(bool good)
{
    if (!good)
        ERR_clear_error();
    return good;
}

static const EVP_MD *
type_of(digest_hash hash)
{
    return hash == DIGEST_SHA_1 ? EVP_sha1() : EVP_sha256();
}

size_t
digest_len(digest_hash hash)
{
    return hash == DIGEST_SHA_1 ? 20 : 32;
}

bool
digest_of(digest_hash hash, const void *data, size_t len, unsigned char *out)
{
    return outcome(EVP_Digest(data, len, out, NULL, type_of(hash), NULL) == 1);
}

bool
digest_hmac(digest_hash hash, const unsigned char *key, pop3_span data,
            unsigned char *out)
{
    unsigned got = 0;

    return outcome(HMAC(type_of(hash), key, (int)digest_len(hash),
                        (const unsigned char *)data.ptr, data.len, out,
                        &got) != NULL &&
                   got == digest_len(hash));
}

bool
digest_pbkdf2(digest_hash hash, pop3_span password, pop3_span salt,
              int iterations, unsigned char *out)
{
    return password.len <= INT_MAX && salt.len <= INT_MAX &&
           outcome(PKCS5_PBKDF2_HMAC(password.ptr, (int)password.len,
                                     (const unsigned char *)salt.ptr,
                                     (int)salt.len, iterations, type_of(hash),
                                     (int)digest_len(hash), out) == 1);
}

bool
digest_random(unsigned char *out, size_t len)
{
    return len <= INT_MAX && outcome(RAND_bytes(out, (int)len) == 1);
}
