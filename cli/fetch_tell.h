/* SPDX-License-Identifier: MIT */
/*
 * fetch_tell - a run of one account, and what is told about it.
 */
#ifndef CLI_FETCH_TELL_H
#define CLI_FETCH_TELL_H

#include "cli/account.h"
#include "cli/outcome.h"

typedef struct fetch_run {
    const account *account;
    session session;
    bool prepared;
    const char *shown; /* its name in the summary; NULL: user@host */
    int64_t started_s; /* by the clock on the wall */
    outcome outcome;
} fetch_run;

/* Prepares the session. */
void fetch_tell_begin(fetch_run *run, const account *a);

/* The summary line, and what `pop3 status` will say. */
void fetch_tell_end(const fetch_run *run);
void fetch_tell_json(const fetch_run *run, json *j);

/* Runs the hook, and tells its failure, which changes nothing. */
void fetch_tell_hook(const fetch_run *run);

#endif
