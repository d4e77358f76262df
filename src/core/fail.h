/* SPDX-License-Identifier: MIT */
/*
 * fail - how a core says what went wrong.
 */
#ifndef CORE_FAIL_H
#define CORE_FAIL_H

#include <pop3.h>

#include "core/queue.h"
#include "core/reply.h"

/* A pop3_error with the memory that its strings stand in. */
typedef struct fail_detail {
    pop3_error error;
    char op[40];
    char resp_text[64];
    char text[1800];
} fail_detail;

/* The error of a command, or of no command when entry is NULL; `what` in our
 * words, and the server's line behind it unless that is NULL. */
void fail_set(pop3_core *core, pop3_result result, const queue_entry *entry,
              const char *what, const pop3_span *server_line);

/* The same for a call that failed: returns the result. */
pop3_result fail_call(pop3_core *core, pop3_result result, pop3_verb verb,
                      uint64_t number, const char *what);

/* The error at hand, that of a refusal, with `what` in front of what the
 * server said before it: `said`. The response code stays. */
void fail_explain(pop3_core *core, const char *what, pop3_span said);

/* Adds the response code of a reply to the error that was just set. */
void fail_set_code(pop3_core *core, const reply *r);

/* Keeps the error at hand, and puts it back. */
void fail_keep(const pop3_core *core, fail_detail *kept);
void fail_put_back(pop3_core *core, const fail_detail *kept);

/* What a call gets from a session that is over; POP3_OK while it lives. */
pop3_result fail_if_over(const pop3_core *core) POP3_MUST_CHECK;

/* Ends the session for good (law 4): nothing more is sent. The first call
 * counts. The command whose answer was due is named in the error. */
void fail_session(pop3_core *core, pop3_result result, const char *what,
                  const pop3_span *server_line);

#endif
