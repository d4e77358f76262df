/* SPDX-License-Identifier: MIT */
/*
 * plan - what is to be done with each message that a server lists.
 */
#ifndef MAIL_PLAN_H
#define MAIL_PLAN_H

#include "mail/maildrop.h"
#include "mail/seen.h"

typedef enum plan_action {
    PLAN_KEEP,      /* it was delivered before, and stays */
    PLAN_FETCH,     /* it is new */
    PLAN_DELETE,    /* it was delivered before: only DELE, once nothing of its
                     * group is missing */
    PLAN_TOO_LARGE, /* new, but over max_size: stays */
    PLAN_LATER,     /* new, but beyond max_messages: stays */
    PLAN_NO_ID,     /* no unique-id: cannot be remembered, so it stays */
    PLAN_GHOST,     /* the server said that it had deleted it: stays */
    PLAN_HEADER,    /* new, and over max_size: only its header is fetched */
    PLAN_LEFT_OUT,  /* new, but rules leave it out: stays */
    PLAN_REFUSED    /* the sink refused it for good: stays */
} plan_action;

typedef struct plan_item {
    const maildrop_message *message;
    plan_action action;
    bool tracked;        /* it has a unique-id, so `seen` knows it */
    bool due;            /* `seen` has it as DELETE_DUE */
    bool has_header;     /* `seen` has it as HEADER */
    bool known_left_out; /* `seen` has it as LEFT_OUT, by these rules */
    bool unasked;        /* rules are to be tried on it, and were not yet */
    uint64_t occurrence; /* among those with the same unique-id, from 0 */
    size_t group;        /* in plan.groups */
    uint64_t breaks;     /* it is new, and so many sessions broke at it */
} plan_item;

/* Messages that share a unique-id. None of them is deleted before all of them
 * are delivered, as they cannot be told apart later. */
typedef struct plan_group {
    uint64_t copies;  /* messages of this listing */
    uint64_t missing; /* of them not delivered yet */
} plan_group;

typedef struct plan_policy {
    bool delete_delivered;
    uint64_t keep_s; /* delete what was delivered so long ago; 0: nothing */
    int64_t now_s;   /* for keep_s: the time, since 1970 */
    bool accept_new_ids; /* skip the guard */
    int64_t rules;       /* those that may have left messages out; 0: none */
    uint64_t max_messages;
    uint64_t max_octets; /* of all messages; but one may always be fetched */
    uint64_t max_size;
    bool header_of_large; /* HEADER, not TOO_LARGE */
} plan_policy;

typedef struct plan {
    plan_item *items; /* one for each message, in the same order */
    size_t count;
    plan_group *groups;
    size_t actions[PLAN_REFUSED + 1]; /* how many items have each */
} plan;

/* Makes the plan, as if there were no limits, and does not fill `actions`:
 * plan_limit() is to follow. *p is to be cleared also on failure. seen NULL:
 * nothing is remembered. Errors: GUARD (all unique-ids changed; or none exist
 * and mail is to be kept), those of `seen`, NOMEM. */
mail_result plan_make(plan *p, const maildrop *drop, seen *memory,
                      const plan_policy *policy,
                      mail_error *error) MAIL_MUST_CHECK;
/* Holds the limits of the policy against what is to be fetched, and counts. */
void plan_limit(plan *p, const plan_policy *policy);
void plan_clear(plan *p);

#endif
