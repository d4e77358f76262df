/* SPDX-License-Identifier: MIT */
/*
 * key - account, unique-id, occurrence and size become 128 bits of SHA-256.
 *
 * The key stands in the name under which a message is delivered, so that
 * after a crash the sink can be asked whether it has the message. Nothing of
 * what a server sent reaches a path (R23): only the digest does. Each part is
 * followed by its length, so that no two lists of parts hash alike.
 */
#include "mail/key.h"

#include <string.h>

#include "mail/sha256.h"

#include "base/banned.h"

static void
add_number(sha256 *hash, uint64_t number)
{
    unsigned char octets[8];
    size_t i;

    for (i = 0; i < sizeof(octets); i++)
        octets[i] = (unsigned char)(number >> (8 * i));
    sha256_add(hash, octets, sizeof(octets));
}

mail_key
mail_key_of(const char *account, pop3_span uid, uint64_t occurrence,
            uint64_t octets)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[32];
    mail_key key;
    sha256 hash;
    size_t i;

    sha256_init(&hash);
    sha256_add(&hash, account, strlen(account));
    add_number(&hash, strlen(account));
    if (uid.len > 0)
        sha256_add(&hash, uid.ptr, uid.len);
    add_number(&hash, uid.len);
    add_number(&hash, occurrence);
    add_number(&hash, octets);
    sha256_finish(&hash, digest);
    for (i = 0; i < MAIL_KEY_LEN / 2; i++) {
        key.text[2 * i] = digits[digest[i] >> 4];
        key.text[2 * i + 1] = digits[digest[i] & 15];
    }
    key.text[MAIL_KEY_LEN] = '\0';
    return key;
}

bool
mail_key_at(const char *text)
{
    return strspn(text, "0123456789abcdef") >= MAIL_KEY_LEN;
}
