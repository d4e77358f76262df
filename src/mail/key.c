/* SPDX-License-Identifier: MIT */
/*
 * key - random octets and a number become 32 hexadecimal digits.
 *
 * The key stands in the name under which a message is delivered, so that
 * after a crash the sink can be asked whether it has the message. Nothing of
 * what a server sent reaches a path (R23): a key tells nothing of its message,
 * and only the memory knows which one is meant.
 *
 * Where nobody can be asked (a program, another server), the key goes along
 * with the message, and is the same if that comes again: 128 bits of a SHA-256
 * of the account, the occurrence and the unique-id. The size is not in it, as
 * some servers tell another one once the message was read.
 */
#include "mail/key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mail/sha256.h"

#include "base/banned.h"

static void
write_digits(mail_key *key, const unsigned char octets[MAIL_KEY_LEN / 2])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < MAIL_KEY_LEN / 2; i++) {
        key->text[2 * i] = digits[octets[i] >> 4];
        key->text[2 * i + 1] = digits[octets[i] & 15];
    }
    key->text[MAIL_KEY_LEN] = '\0';
}

void
mail_key_make(mail_key *key, const unsigned char random[MAIL_KEY_RANDOM],
              uint32_t number)
{
    unsigned char octets[MAIL_KEY_LEN / 2];

    memcpy(octets, random, MAIL_KEY_RANDOM);
    for (size_t i = MAIL_KEY_RANDOM; i < sizeof(octets); i++)
        octets[i] = (unsigned char)(number >> (8 * (15 - i)) & 255);
    write_digits(key, octets);
}

void
mail_key_stable(mail_key *key, const char *account, const char *uid,
                size_t uid_len, uint64_t occurrence)
{
    unsigned char octets[SHA256_LEN];
    char number[32];
    sha256 hash;

    (void)snprintf(number, sizeof(number), "%" PRIu64, occurrence);
    sha256_start(&hash);
    sha256_add(&hash, account, strlen(account) + 1); /* with the NULs, */
    sha256_add(&hash, number, strlen(number) + 1);   /* which end both */
    sha256_add(&hash, uid, uid_len);
    sha256_end(&hash, octets);
    write_digits(key, octets);
}

bool
mail_key_at(const char *text)
{
    return strspn(text, "0123456789abcdef") >= MAIL_KEY_LEN;
}
