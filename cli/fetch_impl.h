/* SPDX-License-Identifier: MIT */
/*
 * fetch_impl - what the files fetch*.c share.
 */
#ifndef CLI_FETCH_IMPL_H
#define CLI_FETCH_IMPL_H

#include "cli/fetch.h"
#include "mail/plan.h"
#include "mail/seen.h"
#include "mail/sink.h"

enum {
    BATCH_MESSAGES = 2000,
    LOCK_STEP_DAYS = 7,     /* without pipelining, after it was broken */
    LOCK_STEP_DAYS_CUT = 1, /* after a cut, which may be the network's */
    HEADER_OCTETS = 4096,   /* that are expected of a header */
    BATCH_OCTETS = 32 << 20 /* by LIST; one message may be larger */
};

typedef enum batch_state {
    BATCH_OPEN,      /* its end was not heard of */
    BATCH_COMPLETE,  /* finished in the sink, but not published */
    BATCH_PUBLISHED, /* visible and durable */
    BATCH_FAILED,    /* dropped */
    BATCH_REFUSED    /* by the sink, for good */
} batch_state;

typedef struct batch_message {
    plan_item *item;
    mail_key key;
    batch_state state;
    uint64_t octets; /* received */
} batch_message;

/* What ^C leaves behind. */
#define FETCH_INTERRUPTED "interrupted; what was delivered is remembered"

/* Why there is one more connection in this run. */
typedef enum fetch_again {
    AGAIN_NOT = 0,
    AGAIN_LOCK_STEP, /* pipelining may be broken */
    AGAIN_WHAT_FITS, /* the sink has failed: without pipelining */
    AGAIN_DELETES,   /* only known deletes */
    AGAIN_BATCH,     /* --batch: the next messages */
    AGAIN_GO_ON,     /* the session ended while mail was put away: the rest */
    AGAIN_WITHOUT,   /* the session broke at a message: the others */
    AGAIN_SUSPECTS   /* and then those, one by one */
} fetch_again;

enum {
    SUSPECTS_MAX = 3, /* connections that may break at one, of each kind */
    NAME_UID_MAX = 1024
};

/* By which a message is known in the next session. */
typedef struct message_name {
    uint64_t occurrence;
    size_t uid_len;
    char uid[NAME_UID_MAX];
} message_name;

/* How much of a message was passed on, of which only the header is wanted. */
typedef struct header_cut {
    size_t octets; /* at most TOP_HEADER_MAX */
    bool begun;    /* the field that says so is written */
    bool in_line;  /* the line has something */
    bool done;     /* behind the empty line */
} header_cut;

/* What stands before the name of a sink in intents of headers. */
#define FETCH_HEADER_SINK "header:"

/* Messages of the plan, by pointer. */
typedef struct item_list {
    plan_item **items; /* room for the whole plan */
    size_t count;
} item_list;

typedef struct fetch {
    session *s;
    fetch_totals *totals;
    fetch_counts *counts; /* of fetch_look(); else NULL */
    char *state_path;
    char *scratch; /* sink_setup.scratch */
    int lock;      /* -1: none */
    seen *memory;
    mail_sink *sink;
    maildrop drop;
    plan plan;

    /* The batch in work. */
    batch_message batch[BATCH_MESSAGES];
    size_t batch_count;
    size_t next;                 /* of the plan, behind the batch */
    size_t at;                   /* the message whose data comes next */
    bool begun;                  /* in the sink */
    bool out_of_step;            /* a message began as a status line does */
    plan_item *broke_at;         /* the session ended while this was fetched */
    pop3_stat proof[2];          /* what the STATs behind it were answered */
    pop3_result proof_result[2]; /* and how they ended */
    bool sink_failed;
    mail_error sink_error;
    bool gave_up; /* as the sink has failed: nothing more is fetched */

    /* Of this session; see fetch_slow.c. */
    int64_t heard_ms;  /* when the server last answered */
    int64_t waited_ms; /* from then until it was asked again */
    bool answered;     /* what it was asked then, or something of that */
    bool logged_out;   /* it had ended the session meanwhile */
    bool has_tried;    /* to fetch a message, whatever came of it */
    bool anonymous;    /* it delivered one that has no unique-id */
    bool futile;       /* the last one ended so before it tried a message */
    size_t log_outs;   /* sessions of this run that ended so */
    message_name goes_on_at; /* where the last of them was */

    item_list held;   /* delivered; others with their id are not yet */
    item_list due;    /* delivered: DELE comes next */
    item_list marked; /* DELE was answered by +OK */

    bool breaks_listing; /* it went wrong in one turn, and was asked again */
    bool has_stat;       /* STAT is answered as it should be */
    uint64_t fetched_before; /* by earlier sessions of this run */
    size_t first_count;      /* messages that the first one was to fetch */
    session_head head;       /* of the message whose data comes */
    header_cut cut;          /* the same */
    fetch_again kind;        /* of this session */
    fetch_again again;       /* of the next one */

    unsigned breaks;                  /* sessions that broke at a message */
    message_name tried[SUSPECTS_MAX]; /* those at which it broke again */
    size_t tried_count;
    size_t tried_before; /* by earlier sessions */
} fetch;

/* All that are bool return false when the session must end; that was
 * reported, unless f->again is set. */

/* --dedup=hash: gives each message an id. */
bool fetch_hash_ids(fetch *f);
/* Asks for the headers of what is new, and takes out what the rules leave out
 * (fetch_filter.c). */
bool fetch_filter(fetch *f, const plan_policy *policy);
/* Remembers that, within a transaction. */
mail_result fetch_note_left_out(fetch *f, mail_error *error) MAIL_MUST_CHECK;
/* Counts the plan or prints it, and ends the session. `j` stands in an object,
 * or is NULL. */
void fetch_dry(fetch *f, json *j);

/* Opens the sink that `name` names, as the options say. */
mail_result fetch_open_sink(fetch *f, mail_sink **sink, const char *name,
                            bool create, mail_error *error) MAIL_MUST_CHECK;
/* What the sink told is on the disk. */
void fetch_sink_may_forget(mail_sink *sink);

/* Step 4: settles what a crash left in doubt. */
bool fetch_recover(fetch *f);
/* Chooses the messages of the next batch; f->batch_count 0: there are none. */
void fetch_next_batch(fetch *f);
/* Whether --batch alone kept this session from more. */
bool fetch_has_more(const fetch *f);
/* By LIST. */
uint64_t fetch_octets_due(const fetch *f);
/* Step 6, within a transaction. */
mail_result fetch_intend(fetch *f, mail_error *error) MAIL_MUST_CHECK;
/* Steps 7 to 11 for the batch, and 6 for the next one, which is then the one
 * in work. */
bool fetch_batch(fetch *f);
/* Octets of a message whose header alone is wanted, and its end. */
mail_result fetch_header_data(fetch *f, pop3_span part,
                              mail_error *error) MAIL_MUST_CHECK;
mail_result fetch_header_end(fetch *f, mail_error *error) MAIL_MUST_CHECK;
/* Steps 12 to 14. */
bool fetch_finish(fetch *f);

/* The message is to be deleted, now or when its group is complete. */
void fetch_want_delete(fetch *f, plan_item *item);

pop3_span fetch_uid(const fetch *f, const plan_item *item);
bool fetch_fail(fetch *f, const mail_error *error);

/* The session broke, perhaps as the server does not bear pipelining: then
 * f->again is set. Else it is reported. False. */
bool fetch_broken(fetch *f, pop3_result result);

/* The same while messages were fetched: if it broke at one of them, that is
 * remembered, and the others may come on another connection. */
bool fetch_broke_off(fetch *f, pop3_result result);

/* A command ended so, mostly as the server answered; it is asked again. */
void fetch_heard(fetch *f, pop3_result result);
void fetch_asks(fetch *f);
/* Messages were asked for, with this end: f->logged_out tells whether the
 * session had ended while mail was put away. */
void fetch_note_end(fetch *f, pop3_result result);
/* It had: the rest comes in another one. False. */
bool fetch_log_in_again(fetch *f);
/* Where in the plan this session begins. */
size_t fetch_first(const fetch *f);
/* Deletes ended so: whether it had, and they come in another one. */
bool fetch_delete_again(fetch *f, pop3_result result);

void fetch_name(const fetch *f, const plan_item *item, message_name *name);
bool fetch_has_name(const fetch *f, const plan_item *item,
                    const message_name *name);

/* Whether it may be fetched in this session: those at which a session broke
 * come last, alone, on a connection of their own. */
bool fetch_may_fetch(const fetch *f, const plan_item *item);
/* Takes the next one to be fetched alone; NULL: there is none. */
plan_item *fetch_next_suspect(fetch *f);
/* It did not come: forgets it, unless it is one of those. */
mail_result fetch_forget(fetch *f, const plan_item *item,
                         mail_error *error) MAIL_MUST_CHECK;
/* All else is done: goes on with the suspects, or says that they stay. */
void fetch_end_suspects(fetch *f);

#endif
