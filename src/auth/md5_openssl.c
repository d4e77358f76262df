/* SPDX-License-Identifier: MIT */
/*
 * md5_openssl - MD5 from OpenSSL.
 *
 * A FIPS provider has no MD5: then APOP is not supported, and says so. The
 * digest is not kept anywhere but in the caller's memory.
 */
#include "auth/md5.h"

#include <openssl/err.h>
#include <openssl/evp.h>

static void
to_hex(const unsigned char *digest, size_t len, char *hex)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[2 * len] = '\0';
}

pop3_result
md5_hex(pop3_span first, pop3_span second, char hex[MD5_HEX_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_md5(), NULL) == 1 &&
                EVP_DigestUpdate(ctx, first.ptr, first.len) == 1 &&
                EVP_DigestUpdate(ctx, second.ptr, second.len) == 1 &&
                EVP_DigestFinal_ex(ctx, digest, &len) == 1 && len == 16;

    EVP_MD_CTX_free(ctx);
    if (!good) {
        ERR_clear_error();
        return POP3_ERR_UNSUPPORTED;
    }
    to_hex(digest, len, hex);
    return POP3_OK;
}
