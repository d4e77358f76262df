/* SPDX-License-Identifier: MIT */
/*
 * fetch - the main job: new mail of one account, to one sink.
 */
#ifndef CLI_FETCH_H
#define CLI_FETCH_H

#include "cli/json.h"
#include "cli/session.h"

/* What became of the messages. */
typedef struct fetch_totals {
    uint64_t fetched; /* delivered and durable */
    uint64_t octets;  /* of them, as the server sent them */
    uint64_t known;   /* fetched in an earlier session */
    uint64_t too_large;
    uint64_t headers;  /* of such, delivered */
    uint64_t left_out; /* by rules */
    uint64_t later;    /* left by --max-messages and --max-octets */
    uint64_t failed;
    uint64_t deleted; /* and confirmed */
    uint64_t due;     /* to be deleted, and not confirmed */
} fetch_totals;

/* What there is on a server, and how much of it a fetch would deliver. */
typedef struct fetch_counts {
    uint64_t messages;
    uint64_t octets; /* by LIST */
    uint64_t wanted; /* new, and neither too large nor left out by a rule */
} fetch_counts;

/* Runs all steps for the account of `s`, which is prepared; s->status tells
 * how it went. With --dry-run it prints what it would do; `j` is for that,
 * inside an object, or NULL for text. */
void fetch_account(session *s, fetch_totals *totals, json *j);

/* Only counts, for a session whose options say --dry-run. What they limit to a
 * run (--max-messages) is not counted as wanted. */
void fetch_look(session *s, fetch_counts *counts);

#endif
