/* SPDX-License-Identifier: MIT */
/*
 * key - the name of one message of one account, safe in a file name.
 */
#ifndef MAIL_KEY_H
#define MAIL_KEY_H

#include <pop3.h>

#define MAIL_KEY_LEN 32 /* hexadecimal digits */

typedef struct mail_key {
    char text[MAIL_KEY_LEN + 1];
} mail_key;

/* The nonce is another one each time a message is fetched: else what was
 * delivered earlier under the same unique-id, and need not be the same mail,
 * would pass for it. False when memory is short. */
bool mail_key_of(const char *account, pop3_span uid, uint64_t occurrence,
                 uint64_t nonce, mail_key *key);

/* Whether `text` begins with the MAIL_KEY_LEN digits of a key. */
bool mail_key_at(const char *text);

#endif
