/* SPDX-License-Identifier: MIT */
/*
 * oauth_pkce - RFC 7636, S256 alone.
 *
 * The challenge goes through the browser, where others may see it; the
 * verifier goes to the token endpoint, inside TLS. A code that was caught on
 * the way is worth nothing without the verifier.
 */
#include "cli/oauth_pkce.h"

#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>

#include "base/base64.h"
#include "base/secret.h"

#include "base/banned.h"

enum {
    OCTETS = 32
};

/* RFC 4648 §5, without the one "=" that 32 octets end with. */
static void
to_base64url(const unsigned char *octets, char *out)
{
    size_t i;

    base64_encode(octets, OCTETS, out);
    out[OAUTH_RANDOM_SIZE - 1] = '\0';
    for (i = 0; out[i] != '\0'; i++) {
        if (out[i] == '+')
            out[i] = '-';
        else if (out[i] == '/')
            out[i] = '_';
    }
}

bool
oauth_random(char out[OAUTH_RANDOM_SIZE])
{
    unsigned char octets[OCTETS];
    bool good = getrandom(octets, sizeof(octets), 0) == OCTETS;

    if (good)
        to_base64url(octets, out);
    secret_wipe(octets, sizeof(octets));
    return good;
}

bool
oauth_challenge(const char *verifier, char out[OAUTH_RANDOM_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (EVP_Digest(verifier, strlen(verifier), digest, &len, EVP_sha256(),
                   NULL) != 1 ||
        len != OCTETS)
        return false;
    to_base64url(digest, out);
    return true;
}
