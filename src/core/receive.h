/* SPDX-License-Identifier: MIT */
/*
 * receive - what the parts of the receiving side share.
 *
 * Functions named step_* and on_* make an event and return true, or change the
 * state towards one and return false.
 */
#ifndef CORE_RECEIVE_H
#define CORE_RECEIVE_H

#include "core/core_impl.h"
#include "core/reply.h"

/* Octets came that nobody asked for: the session is over (R21, R1). */
void receive_unasked(pop3_core *core);

/* The octets that were received and not used yet. */
pop3_span receive_octets(const pop3_core *core);

/* No event can be made without more input. */
bool receive_need_input(pop3_core *core, pop3_event *event);

/* Takes the next line. False if there is none: then *made is what the step
 * is to return. */
bool receive_line(pop3_core *core, pop3_event *event, line_end end,
                  line_result *taken, bool *made);

/* The event is about the first command. */
void receive_about(pop3_event *event, const queue_entry *entry);

/* The first command ends with `result`: now, or with the next event. */
bool receive_done(pop3_core *core, pop3_event *event, pop3_result result);
void receive_done_is_due(pop3_core *core, pop3_result result);

/* answer.c: the status line of the first command. */
bool answer_take(pop3_core *core, pop3_event *event, pop3_span line);

/* body.c: what follows a status line. */
void body_begin(pop3_core *core, command_body body);
bool body_step_rows(pop3_core *core, pop3_event *event);
bool body_step_data(pop3_core *core, pop3_event *event);

#endif
