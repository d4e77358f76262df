/* SPDX-License-Identifier: MIT */
/*
 * send - which commands may go out, and when.
 */
#ifndef CORE_SEND_H
#define CORE_SEND_H

#include <pop3.h>

#include "core/queue.h"

/* Lets waiting commands go out as far as the rules allow. The first of them
 * may turn out to be illegal by now: then its DONE is due. */
void send_release(pop3_core *core);

/* The first command is done: takes it out of the queue. */
void send_forget_first(pop3_core *core);

/* Sets the error of the first command, which is done without having been
 * sent. */
void send_explain_unsent(pop3_core *core, const queue_entry *entry,
                         pop3_result result);

/* A command failed that might have changed the state: plans anew. */
void send_plan(pop3_core *core);

/* Takes the last command back, of which no octet was sent yet. */
void send_withdraw(pop3_core *core);

/* Whether a reply of the server is due: a command is in flight, and was
 * sent. */
bool send_reply_is_due(const pop3_core *core);

/* Gives up an AUTH exchange by "*"; it will end with `result`. Errors: NOMEM,
 * VETO. */
pop3_result send_give_up(pop3_core *core, pop3_result result) POP3_MUST_CHECK;

#endif
