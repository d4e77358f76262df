/* SPDX-License-Identifier: MIT */
#include "login.h"

#include <string.h>

#include <openssl/evp.h>

bool
login_plain(const char *base64, const char *password)
{
    unsigned char text[1024] = {0};
    const char *end = (const char *)text + sizeof(text) - 1;
    size_t len = strlen(base64);
    const char *user, *got;
    int decoded;

    if (len == 0 || len > 1024)
        return false;
    decoded = EVP_DecodeBlock(text, (const unsigned char *)base64, (int)len);
    if (decoded < 0)
        return false;
    /* Padding decodes to NULs, which end the password. */
    user = memchr(text, '\0', (size_t)decoded);
    if (user == NULL)
        return false;
    got = user + 1 + strnlen(user + 1, (size_t)(end - user - 1)) + 1;
    return got < end && strcmp(got, password) == 0;
}
