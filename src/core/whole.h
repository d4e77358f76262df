/* SPDX-License-Identifier: MIT */
/*
 * whole - a message that has come whole, taken in one step.
 */
#ifndef CORE_WHOLE_H
#define CORE_WHOLE_H

#include "core/core_impl.h"

/* What its events would be: REPLY, DATA unless there is none, and DONE. Spans
 * are borrowed as those of events are. */
typedef struct whole_message {
    pop3_span line; /* of REPLY */
    pop3_span text;
    pop3_span data;
    pop3_event done;
} whole_message;

/* Takes the answer to the first command, if that asks for a message, the
 * answer lies in the receive buffer, and it has the form that nearly all have.
 * False: nothing happened, and pop3_core_next() has to say what comes. */
bool whole_take(pop3_core *core, whole_message *message);

#endif
