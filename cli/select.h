/* SPDX-License-Identifier: MIT */
/*
 * select - the messages that a user named, by number or unique-id.
 */
#ifndef CLI_SELECT_H
#define CLI_SELECT_H

#include "cli/session.h"

/* Turns each of s->opt->args, from the second on, into a message number in
 * `numbers`, which has room for all. Digits are a number; anything else, or
 * what follows "uid:", is a unique-id, as octets or as `pop3 list` prints it.
 * False: reported, nothing was changed on the server. */
bool select_messages(session *s, uint64_t *numbers);

/* Whether `text` names this unique-id: as it is, or as it is printed. */
bool select_is_uid(pop3_span uid, const char *text);

#endif
