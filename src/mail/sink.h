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
 * A finished message is complete; what it is not yet depends on the sink:
 *
 *  - where many can be made durable at once (Maildir), it is neither durable
 *    nor visible. publish() does both for all of them, in the order in which
 *    they were finished, and tells what became of each;
 *  - where each is handed over alone (LMTP, a command), finish() may do so,
 *    and publish() then only tells. Such a sink has a group_max of 1, so that
 *    no more than one message is in doubt after a crash. Nobody can be asked
 *    about it: it is handed over again. So that the receiver can know it
 *    again, such a sink has stable keys.
 *
 * Either way: nothing that was begun and not finished is ever delivered; a
 * message is DONE only when no crash can undo it; the caller remembers DONE
 * on the disk before it tells the server to delete; and before begin() it has
 * remembered the key, by which recover() finds a message again after a crash.
 * A result other than MAIL_OK means that the sink is broken and the session
 * ends; what concerns one message alone is an outcome.
 */
#ifndef MAIL_SINK_H
#define MAIL_SINK_H

#include <pop3.h>

#include "mail/durable.h"
#include "mail/key.h"
#include "mail/mail_error.h"

typedef struct mail_sink mail_sink;

/* What became of a finished message. */
typedef enum mail_outcome {
    MAIL_UNKNOWN, /* only recover() can tell whether it is delivered */
    MAIL_DONE,    /* delivered, and durable */
    MAIL_LATER,   /* not delivered; another time it may be */
    MAIL_NEVER    /* not delivered: refused for good */
} mail_outcome;

/* Called by publish() once for each finished message, in their order. why:
 * set for LATER and NEVER. */
typedef void mail_settled(void *ctx, mail_outcome outcome,
                          const mail_error *why);

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
    /* Delivers the group, and empties it, also when it fails. */
    mail_result (*publish)(mail_sink *sink, mail_settled *settled, void *ctx,
                           mail_error *error);
    /* Says which messages are delivered, makes sure that those are durable,
     * and removes what was left half done of the others. Reorders `asked`. A
     * sink that cannot tell finds none. */
    mail_result (*recover)(mail_sink *sink, mail_asked *asked, size_t count,
                           mail_error *error);
    /* What publish() or recover() told is remembered on the disk: the sink
     * may forget what it kept for that. NULL: it keeps nothing. */
    void (*forget)(mail_sink *sink);
    /* Drops what was not published, and frees. */
    void (*close)(mail_sink *sink);
} mail_sink_ops;

/* The common part of all sinks: the first member of theirs. */
struct mail_sink {
    const mail_sink_ops *ops;
    char *name;       /* "maildir:/home/alice/Mail": opens it again */
    size_t group_max; /* messages that may be begun before publish() */
    bool stable_keys; /* a message has the same key whenever it is fetched */
};

typedef enum mail_line_ends {
    MAIL_LINE_ENDS_AUTO = 0, /* whatever suits the sink */
    MAIL_LINE_ENDS_LF,
    MAIL_LINE_ENDS_AS_SENT /* by the server: CRLF, unless it is odd */
} mail_line_ends;

/* All zero: what exists is opened, with the safe defaults. */
typedef struct sink_setup {
    bool create; /* what is missing; else that is CONFIG */
    mail_sync sync;
    mail_line_ends line_ends;
    const char *account;   /* "user@host"; NULL: none */
    const char *scratch;   /* a path for files of the sink's own: each begins
                            * with it. Of this account; NULL: it has none */
    const char *recipient; /* addresses, for LMTP; NULL: none */
    uint64_t max_messages; /* that will come; 0: nobody knows */
    uint64_t timeout_ms;   /* of a receiver that does not move; 0: 180 s */
    uint64_t deadline_ms;  /* for all that it does with a message; 0: 600 s */
} sink_setup;

/* Whether the text is of a form that sink_open() knows; nothing is touched.
 * Errors: CONFIG. */
mail_result sink_check(const char *text, mail_error *error) MAIL_MUST_CHECK;

/* Opens what `text` names: see the table in sink.c. What the setup points to
 * outlives the sink. Errors: CONFIG, DISK, BUSY, NOMEM. */
mail_result sink_open(mail_sink **sink, const char *text,
                      const sink_setup *setup,
                      mail_error *error) MAIL_MUST_CHECK;

/* Accepts NULL. */
void sink_close(mail_sink *sink);

#endif
