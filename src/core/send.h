/* SPDX-License-Identifier: MIT */
/*
 * send - which commands may go out, and when.
 */
#ifndef CORE_SEND_H
#define CORE_SEND_H

#include <pop3.h>

/* Lets waiting commands go out as far as the rules allow. The first of them
 * may turn out to be illegal by now: then its DONE is due. */
void send_release(pop3_core *core);

/* The first command is done: takes it out of the queue. */
void send_forget_first(pop3_core *core);

/* A command failed that might have changed the state: plans anew. */
void send_plan(pop3_core *core);

/* Whether a reply of the server is due: a command is in flight, and its first
 * octet at least was sent. */
bool send_reply_is_due(const pop3_core *core);

/* Gives up an AUTH exchange by "*"; it will end with `result`. Errors: NOMEM,
 * VETO. */
pop3_result send_give_up(pop3_core *core, pop3_result result) POP3_MUST_CHECK;

#endif
