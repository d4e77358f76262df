/* SPDX-License-Identifier: MIT */
/*
 * key - random octets and a number become 32 hexadecimal digits.
 *
 * The key stands in the name under which a message is delivered, so that
 * after a crash the sink can be asked whether it has the message. Nothing of
 * what a server sent reaches a path (R23): a key tells nothing of its message,
 * and only the memory knows which one is meant.
 */
#include "mail/key.h"

#include <string.h>

#include "base/banned.h"

void
mail_key_make(mail_key *key, const unsigned char random[MAIL_KEY_RANDOM],
              uint32_t number)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < MAIL_KEY_LEN / 2; i++) {
        unsigned octet =
            i < MAIL_KEY_RANDOM ? random[i] : number >> (8 * (15 - i)) & 255;

        key->text[2 * i] = digits[octet >> 4];
        key->text[2 * i + 1] = digits[octet & 15];
    }
    key->text[MAIL_KEY_LEN] = '\0';
}

bool
mail_key_at(const char *text)
{
    return strspn(text, "0123456789abcdef") >= MAIL_KEY_LEN;
}
