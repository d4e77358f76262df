/* SPDX-License-Identifier: MIT */
/*
 * outcome - what became of one run of an account, for all who tell about it.
 */
#ifndef CLI_OUTCOME_H
#define CLI_OUTCOME_H

#include "cli/fetch.h"

/* What to do next depends on it. */
typedef enum outcome_kind {
    OUTCOME_GOOD = 0,
    OUTCOME_PARTIAL,     /* some messages failed */
    OUTCOME_NETWORK,     /* no server, or the connection was lost */
    OUTCOME_BUSY,        /* somebody else has the mailbox: [IN-USE] */
    OUTCOME_SERVER,      /* a trouble of the server: [SYS/TEMP] */
    OUTCOME_LOGIN_DELAY, /* it was too early: [LOGIN-DELAY] */
    OUTCOME_LOGIN,       /* user or password was refused */
    OUTCOME_DISK,
    OUTCOME_CONFIG,
    OUTCOME_GUARD,
    OUTCOME_PROTOCOL,
    OUTCOME_CRASH,      /* the process ended without a word */
    OUTCOME_INTERRUPTED /* we ended it */
} outcome_kind;

enum {
    OUTCOME_KINDS = OUTCOME_INTERRUPTED + 1,
    OUTCOME_WHY = 1024
};

typedef struct outcome {
    fetch_totals totals;
    exit_status status;
    outcome_kind kind;
    bool connected;         /* there was a session */
    uint32_t login_delay_s; /* that the server wants; 0: it said nothing */
    uint32_t expire_days;   /* that it keeps mail, or POP3_EXPIRE_NEVER */
    char why[OUTCOME_WHY];  /* in words; "" if nothing went wrong */
} outcome;

/* "login-delay"; NULL: there is no such kind. */
const char *outcome_name(outcome_kind kind);

/* Takes all of it from a session that was used, and is not closed. */
void outcome_take(outcome *o, const session *s, const fetch_totals *totals);

/* Fetches the account of a prepared session, and closes that. */
void outcome_fetch(outcome *o, session *s, bool prepared, json *j);

/* "fetched 3 messages, 12.3 kB; 120 fetched before" */
void outcome_words(const outcome *o, char *out, size_t size);

/* The counts, inside an object. */
void outcome_json(const outcome *o, json *j);

#endif
