/* SPDX-License-Identifier: MIT */
/*
 * key - the name of one delivery of one message, safe in a file name.
 */
#ifndef MAIL_KEY_H
#define MAIL_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAIL_KEY_LEN 32 /* hexadecimal digits */
#define MAIL_KEY_RANDOM 12

typedef struct mail_key {
    char text[MAIL_KEY_LEN + 1];
} mail_key;

/* The key with this number, of those that share these random octets. Each
 * group of messages, each time it is fetched, has octets of its own: else
 * what was delivered earlier, and need not be the same mail, would pass for
 * it. */
void mail_key_make(mail_key *key, const unsigned char random[MAIL_KEY_RANDOM],
                   uint32_t number);

/* The key of a message that has the same one whenever it is fetched. The
 * unique-id may have any octets. */
void mail_key_stable(mail_key *key, const char *account, const char *uid,
                     size_t uid_len, uint64_t occurrence);

/* Whether `text` begins with the MAIL_KEY_LEN digits of a key. */
bool mail_key_at(const char *text);

#endif
