/* SPDX-License-Identifier: MIT */
/*
 * job - one account, fetched by a process of its own.
 */
#ifndef CLI_JOB_H
#define CLI_JOB_H

#include <sys/types.h>

#include "cli/account.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "cli/report.h"

typedef enum job_event_kind {
    JOB_LINE,     /* for people: text */
    JOB_ERROR,    /* the same, about something that went wrong */
    JOB_PROGRESS, /* progress */
    JOB_DONE,     /* outcome; the account and its server are free again */
    JOB_HOOK,     /* the hook failed: text */
    JOB_EVENTS
} job_event_kind;

/* Of a process to the one that started it, which is of the same image. */
typedef struct job_event {
    job_event_kind kind;
    union {
        char text[REPORT_LINE];
        progress_state progress;
        outcome outcome;
    } of;
} job_event;

typedef struct job {
    pid_t pid;  /* 0: there is none */
    int events; /* -1: it is closed */
} job;

typedef struct job_setup {
    bool progress;        /* its events are wanted */
    const sigset_t *mask; /* of signals, as it was at first */
} job_setup;

/* Starts the process: it fetches, runs the hook, and ends. The session is
 * prepared, and stays the caller's; NULL: the process prepares its own. False:
 * errno is set. */
bool job_start(job *j, session *s, const account *a, const job_setup *setup);

/* The next event that is there; false: none is there (now, or any more). */
bool job_next(job *j, job_event *event);

/* Whether the process has ended; it is gone then. */
bool job_ended(job *j);

/* Asks it to end (SIGTERM), or ends it. */
void job_kill(const job *j, int signal_number);

#endif
