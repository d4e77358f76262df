/* SPDX-License-Identifier: MIT */
/*
 * event - events in their normal form, which is text.
 *
 *   GREETING RESULT "text" [resp=CODE]
 *   READY                                  (connections only)
 *   REPLY "text" [resp=CODE] [stat=count/octets]       STAT
 *                            [item=number/octets]      LIST n
 *                            [item=number/"uid"]       UIDL n
 *   ITEM number octets | ITEM number "uid" | ITEM "line" (CAPA, LANG)
 *   ITEM MALFORMED "line"
 *   DATA "octets"          consecutive ones are one
 *   CHALLENGE "octets"
 *   START_TLS
 *   DONE VERB [number] RESULT [resp=CODE]
 *   CLOSED RESULT
 *
 * Every one with a line may end in ` line="the line as sent"`: it is compared
 * only where a transcript asks for it, and between replays always.
 */
#ifndef HARNESS_EVENT_H
#define HARNESS_EVENT_H

#include "octets.h"

#include <pop3.h>

struct entry {
    struct octets form; /* of DATA: the raw octets */
    struct octets line;
    bool data;
};

struct event_log {
    struct entry *entries;
    size_t count;
    size_t matched; /* those before this one have been compared */
};

/* Adds an event; `name` stands for the verb if it is not NULL. */
void event_add(struct event_log *log, const pop3_event *event,
               const char *name);
/* Adds one that is text already. */
void event_add_text(struct event_log *log, const char *form);

/* Compares the next entry with what a transcript expects, and steps over it.
 * On false *shown says what there was. */
bool event_match(struct event_log *log, const char *want,
                 struct octets *shown);

/* All entries as text, for comparing two logs. */
void event_show(const struct event_log *log, size_t from, struct octets *out);
void event_clear(struct event_log *log);

#endif
