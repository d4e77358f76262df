/* SPDX-License-Identifier: MIT */
/*
 * play - plays a transcript against a session: a core or a connection.
 *
 * The player walks over the steps; what differs between the layers stands
 * behind play_ops. Whatever the layer and however the input is cut, the same
 * events must come in the same order, and these invariants hold: each id has
 * exactly one DONE; its event carries its verb and number; the octets of DONE
 * are those of DATA; CLOSED repeats for ever and nothing follows it; after a
 * fatal result nothing is pending; no secret stands in a trace or an error.
 *
 * The value of a `?:` line, see ask.c:
 *   state NAME | tls yes/no | pending N | greeting "text" | timestamp "text"
 *   | capa unknown | capa N | capa TAG "args" | capa TAG absent
 *   | capa-arg TAG ARG yes/no | expire N/NEVER [user] | expire none
 *   | login-delay N [user] | login-delay none | implementation "text"/none
 *   | temporary yes/no | resp CODE | resp-text "text" | op "text"
 *   | error "part of the text" | result RESULT | output "octets"
 */
#ifndef HARNESS_PLAY_H
#define HARNESS_PLAY_H

#include "event.h"
#include "plan.h"
#include "transcript.h"

struct play;

struct play_ops {
    const char *name;
    bool does_tls; /* by itself: START_TLS is not among its events */
    /* Whether this layer can do what the transcript asks. */
    bool (*can)(const struct transcript *t);
    pop3_result (*start)(struct play *p, const pop3_core_options *options);
    void (*stop)(struct play *p);
    const pop3_core *(*core)(struct play *p);
    /* Gives as much of the input as is taken, and says how much that was. */
    pop3_result (*feed)(struct play *p, const char *ptr, size_t len,
                        size_t *taken);
    void (*eof)(struct play *p);
    /* Pulls one event; false when there is none now. */
    bool (*next)(struct play *p, pop3_event *event);
    /* Sends the first `len` octets of what is pending. */
    void (*send)(struct play *p, size_t len);
    pop3_result (*submit)(struct play *p, const pop3_command *command,
                          pop3_id *id);
    /* RESPOND, RESPOND-CANCEL, TLS-DONE, MASK, FAIL, LOGIN. */
    pop3_result (*call)(struct play *p, const struct step *step, pop3_id *id);
};

struct played_id {
    pop3_id id;
    pop3_verb verb;
    uint64_t number;
    uint64_t octets;
    unsigned done;
    bool login;
};

struct play {
    const struct transcript *t;
    const struct play_ops *ops;
    void *session; /* of the ops */
    struct plan plan;
    char mode[48]; /* "split 7", for messages */

    const struct step *step;
    size_t fed; /* octets of the server so far */
    struct event_log events;
    struct event_log trace;
    struct played_id *ids;
    size_t id_count;
    bool closed;
    bool saw_nomem;
    bool adrift; /* NOMEM changed the course: only invariants count now */
    bool bad;    /* something failed and was reported */
};

/* Plays once; true if all was as it should be. With `shown`, all events and
 * the trace are added to it. */
bool play_once(const struct transcript *t, const struct play_ops *ops,
               struct plan plan, const char *mode, struct octets *shown);

/* How a layer plays: `ops` of a core or connection, or else functions. */
struct play_layer {
    const char *name;
    const struct play_ops *ops;
    bool (*can)(const struct transcript *t);
    bool (*once)(const struct transcript *t, struct plan plan,
                 const char *mode);
};

/* A program that plays each transcript of a directory in every way: argv[1],
 * and only those whose path has argv[2] in it. Returns the exit status. */
int play_main(int argc, char **argv, const struct play_layer *layer);

/* Reports a failure at the present step. */
void play_fail(struct play *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ask.c: checks one `?:` line. */
void ask_check(struct play *p, const char *question);

/* secrets.c: finds the secrets of a transcript; a text must hold none. */
void secrets_collect(struct transcript *t);
void secrets_check(struct play *p, const char *text);

extern const struct play_ops play_core;
extern const struct play_ops play_conn;

#endif
