/* SPDX-License-Identifier: MIT */
/*
 * crew - several accounts at once, a process each, within limits.
 */
#ifndef CLI_CREW_H
#define CLI_CREW_H

#include "cli/job.h"
#include "cli/loop.h"

enum {
    CREW_HOST_MAX = 2 /* for one host, where nothing was set */
};

/* An account that can be fetched, for as long as the caller likes. */
typedef struct worker {
    char name[600]; /* stands before its lines */
    char host[256]; /* whose limit it counts for */
    void *ctx;      /* the caller's */

    bool busy; /* it is fetching: DONE was not heard */
    job job;   /* pid 0: there is no process */
    progress_state progress;
    struct worker *next; /* that has a process */
} worker;

typedef struct crew {
    loop *loop;
    size_t jobs_max; /* at once, and for one host */
    size_t host_max;
    bool progress;
    /* Once for each start, and then once the process is gone. */
    void (*done)(void *ctx, worker *w, const outcome *o);
    void (*ended)(void *ctx, worker *w);
    void (*hook_failed)(void *ctx, worker *w, const char *why);
    void *ctx;

    worker *first;
    size_t busy;
    bool ending;             /* whoever dies now was asked to */
    bool shows;              /* progress was begun */
    progress_state finished; /* of those that have ended */
} crew;

/* Whether one more for that host is within the limits. */
bool crew_may_start(const crew *c, const char *host);

/* Starts a worker that has no process, with a session that is prepared, or
 * NULL. When that fails, done() and ended()
 * are called at once. */
void crew_start(crew *c, worker *w, session *s, const account *a);

/* To be called for SIGCHLD. */
void crew_reap(crew *c);

/* Sends a signal to all; from now on their ends are no crashes. */
void crew_kill(crew *c, int signal_number);

#endif
