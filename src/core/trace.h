/* SPDX-License-Identifier: MIT */
/*
 * trace - shows the dialogue to the caller, with secrets masked (R16).
 */
#ifndef CORE_TRACE_H
#define CORE_TRACE_H

#include <pop3.h>

/* A command line without its CRLF. */
void trace_command(pop3_core *core, pop3_span line);

/* A line of an AUTH exchange: not shown, but for "*". */
void trace_answer(pop3_core *core, pop3_span line);

/* A status line of the server. */
void trace_reply(pop3_core *core, pop3_span line);

/* A row of a listing, or part of a body, which may hold many lines. */
void trace_body(pop3_core *core, pop3_span part);

#endif
