/* SPDX-License-Identifier: MIT */
/*
 * sink - where mail goes: the contract that every kind of delivery keeps.
 *
 * Messages come in groups, so that one pass over the disk makes many of them
 * durable:
 *
 *     for each message:  begin, write..., finish    (or drop)
 *     then once:         publish
 *
 * A finished message is complete but neither durable nor visible. publish()
 * makes all finished messages durable, then visible, in the order in which
 * they were finished, and then empties the group. Nothing that was begun and
 * not finished is ever visible.
 */
#ifndef MAIL_SINK_H
#define MAIL_SINK_H

#include <pop3.h>

#include "mail/key.h"
#include "mail/mail_error.h"

typedef struct mail_sink mail_sink;

/* A message about which the sink is asked after a crash. */
typedef struct mail_asked {
    mail_key key;
    size_t index; /* the caller's */
    bool found;
} mail_asked;

typedef struct mail_sink_ops {
    /* Begins a message. One at a time. */
    mail_result (*begin)(mail_sink *sink, const mail_key *key,
                         mail_error *error);
    /* Appends octets, as the server sent them. After a failure: drop(). */
    mail_result (*write)(mail_sink *sink, pop3_span part, mail_error *error);
    /* The message is complete. After a failure it is dropped already. */
    mail_result (*finish)(mail_sink *sink, mail_error *error);
    /* Removes every trace of the message that was begun; none: no-op. */
    void (*drop)(mail_sink *sink);
    /* Delivers the group. *published, also set on failure: so many of its
     * messages, from the first, are visible and durable. The others are
     * dropped; whether they are visible recover() can tell. */
    mail_result (*publish)(mail_sink *sink, size_t *published,
                           mail_error *error);
    /* Says which messages are delivered, makes sure that those are durable,
     * and removes what was left half done of the others. Reorders `asked`. */
    mail_result (*recover)(mail_sink *sink, mail_asked *asked, size_t count,
                           mail_error *error);
    /* Drops what was not published, and frees. */
    void (*close)(mail_sink *sink);
} mail_sink_ops;

/* The common part of all sinks: the first member of theirs. */
struct mail_sink {
    const mail_sink_ops *ops;
    char *name; /* "maildir:/home/alice/Mail": opens it again */
};

/* Opens what `text` names; "maildir:DIR" is known. create: make it when it is
 * missing; else a missing one is CONFIG. Errors: CONFIG, DISK, NOMEM. */
mail_result sink_open(mail_sink **sink, const char *text, bool create,
                      mail_error *error) MAIL_MUST_CHECK;

/* Accepts NULL. */
void sink_close(mail_sink *sink);

#endif
