/* SPDX-License-Identifier: MIT */
/*
 * digest - SHA-256 from OpenSSL, which the program has for TLS anyway.
 *
 * The one-shot function: what is hashed are names, of a few hundred octets.
 * It fails only for lack of memory, and leaves OpenSSL's queue of errors
 * empty.
 */
#include "mail/digest.h"

#include <openssl/err.h>
#include <openssl/sha.h>

#include "base/banned.h"

bool
digest_of(const void *data, size_t len, unsigned char digest[DIGEST_LEN])
{
    if (SHA256(data, len, digest) != NULL)
        return true;
    ERR_clear_error();
    return false;
}
