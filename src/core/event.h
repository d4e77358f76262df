/* SPDX-License-Identifier: MIT */
/*
 * event - an event that tells nothing yet.
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include <stddef.h>

#include <pop3.h>

/* Clears all of it. A compound literal would be the better words, but
 * compilers make a string instruction of one, which takes longer than all else
 * of a row, and a third of what taking a whole message does. */
static inline void
event_clear(pop3_event *event)
{
    const pop3_span none = {NULL, 0};

    _Static_assert(offsetof(pop3_event, octets) + sizeof(event->octets) ==
                       sizeof(*event),
                   "fields were added that have to be cleared here");
    event->type = POP3_EVENT_NEED_INPUT;
    event->id = 0;
    event->verb = POP3_CMD_CAPA;
    event->number = 0;
    event->result = POP3_OK;
    event->line = none;
    event->text = none;
    event->resp = POP3_RESP_NONE;
    event->item.number = 0;
    event->item.octets = 0;
    event->item.uid = none;
    event->stat.count = 0;
    event->stat.octets = 0;
    event->octets = 0;
}

#endif
