/* SPDX-License-Identifier: MIT */
/*
 * key - account, unique-id, occurrence, nonce become 128 bits of SHA-256.
 *
 * The key stands in the name under which a message is delivered, so that
 * after a crash the sink can be asked whether it has the message. Nothing of
 * what a server sent reaches a path (R23): only the digest does. Each part is
 * followed by its length, so that no two lists of parts hash alike.
 */
#include "mail/key.h"

#include <string.h>

#include "base/bytes.h"
#include "mail/digest.h"

#include "base/banned.h"

static bool
add_number(bytes *name, uint64_t number)
{
    unsigned char octets[8];

    for (size_t i = 0; i < sizeof(octets); i++)
        octets[i] = (unsigned char)(number >> (8 * i));
    return bytes_append(name, octets, sizeof(octets));
}

static bool
add_part(bytes *name, const char *data, size_t len)
{
    return bytes_append(name, data, len) && add_number(name, len);
}

static void
write_key(const unsigned char *digest, mail_key *key)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < MAIL_KEY_LEN / 2; i++) {
        key->text[2 * i] = digits[digest[i] >> 4];
        key->text[2 * i + 1] = digits[digest[i] & 15];
    }
    key->text[MAIL_KEY_LEN] = '\0';
}

bool
mail_key_of(const char *account, pop3_span uid, uint64_t occurrence,
            uint64_t nonce, mail_key *key)
{
    unsigned char digest[DIGEST_LEN];
    bytes name = {0};
    bool good = add_part(&name, account, strlen(account)) &&
                add_part(&name, uid.ptr, uid.len) &&
                add_number(&name, occurrence) && add_number(&name, nonce) &&
                digest_of(bytes_ptr(&name), bytes_len(&name), digest);

    bytes_clear(&name);
    if (good)
        write_key(digest, key);
    return good;
}

bool
mail_key_at(const char *text)
{
    return strspn(text, "0123456789abcdef") >= MAIL_KEY_LEN;
}
