/* SPDX-License-Identifier: MIT */
/*
 * status_file - what happened last with an account, for `pop3 status`.
 *
 * One small file for each account, replaced whole. It is not what decides
 * anything: when it is lost, nothing is fetched twice and nothing is missed.
 */
#ifndef CLI_STATUS_FILE_H
#define CLI_STATUS_FILE_H

#include "cli/outcome.h"

/* Times are seconds since 1970 by the clock on the wall; 0: never. */
typedef struct run_status {
    outcome last;
    uint64_t started_s; /* the last run */
    uint64_t ended_s;
    uint64_t success_s; /* the last one without an error */
    uint64_t mail_s;    /* the last one that delivered something */
    uint64_t failures;  /* in a row */
    uint64_t running_s; /* since when a run is under way; 0: none is */
    uint64_t next_s;    /* the next run of the daemon; 0: none is planned */
    bool stopped;       /* no run until somebody mends something */
    char hook[200];     /* what its last run failed at; "": nothing */
} run_status;

/* Where that of the account is, beside its memory, which `given` names or not;
 * to be freed. NULL: there is no such place. */
char *status_file_path(const char *given, const char *mailbox);

/* False: there is none that makes sense, and errno is 0; or it could not be
 * read, and errno is set. *status is zero then. */
bool status_file_read(const char *path, run_status *status);

/* Makes the directory if need be. False: errno is set. */
bool status_file_write(const char *path, const run_status *status);

/* Puts an outcome on top. */
void status_add(run_status *status, const outcome *o, int64_t started_s,
                int64_t ended_s);

#endif
