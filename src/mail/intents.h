/* SPDX-License-Identifier: MIT */
/*
 * intents - messages that are about to be fetched, as one run of octets.
 */
#ifndef MAIL_INTENTS_H
#define MAIL_INTENTS_H

#include "base/bytes.h"
#include "mail/seen.h"

/* Appends one message. False when memory is short. */
bool intents_append(bytes *list, const seen_message *message) MAIL_MUST_CHECK;

/* Takes the first message off the list; its unique-id points into it. False:
 * the list is empty, or is none: then something is left of it. */
bool intents_take(pop3_span *list, seen_message *message) MAIL_MUST_CHECK;

#endif
