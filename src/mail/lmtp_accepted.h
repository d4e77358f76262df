/* SPDX-License-Identifier: MIT */
/*
 * lmtp_accepted - who has a message that others refused for now.
 */
#ifndef MAIL_LMTP_ACCEPTED_H
#define MAIL_LMTP_ACCEPTED_H

#include <stdbool.h>

#include "base/bytes.h"
#include "mail/key.h"
#include "mail/mail_error.h"

typedef struct lmtp_accepted {
    char *path; /* NULL: only this process remembers */
    bytes list; /* the file: "KEY SP recipient LF", each */
} lmtp_accepted;

mail_result lmtp_accepted_load(lmtp_accepted *a,
                               mail_error *error) MAIL_MUST_CHECK;
bool lmtp_accepted_has(const lmtp_accepted *a, const mail_key *key,
                       const char *recipient);
/* Durable when it returns. */
mail_result lmtp_accepted_add(lmtp_accepted *a, const mail_key *key,
                              const char *recipient,
                              mail_error *error) MAIL_MUST_CHECK;
/* Forgets a message. */
void lmtp_accepted_drop(lmtp_accepted *a, const mail_key *key);
void lmtp_accepted_clear(lmtp_accepted *a);

#endif
