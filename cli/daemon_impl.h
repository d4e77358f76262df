/* SPDX-License-Identifier: MIT */
/*
 * daemon_impl - what the files daemon*.c share.
 */
#ifndef CLI_DAEMON_IMPL_H
#define CLI_DAEMON_IMPL_H

#include "cli/crew.h"
#include "cli/daemon.h"
#include "cli/metrics_server.h"
#include "cli/notify.h"
#include "cli/schedule.h"
#include "cli/status_file.h"

/* Since the daemon started; they never go back. */
typedef struct watched_counts {
    uint64_t runs[OUTCOME_KINDS];
    uint64_t fetched;
    uint64_t octets;
    uint64_t failed;
    uint64_t deleted;
    uint64_t hook_failures;
} watched_counts;

/* An account, for as long as it is in the configuration, or fetches. */
typedef struct watched {
    worker worker;
    const account *account; /* NULL: it is gone from the configuration */
    char mailbox[sizeof(((session *)NULL)->mailbox)];
    char *status_path; /* NULL: there is no place for it */
    run_status status;
    int64_t due_ms; /* of loop_now_ms(); SCHEDULE_NEVER: not by itself */
    int64_t started_s;
    bool again; /* asked for during a run: once more, as soon as it ends */
    watched_counts counts;
} watched;

typedef struct service {
    const options *line;
    account_list accounts;
    watched **items;
    size_t count;
    loop loop;
    crew crew;
    notify notify;
    metrics_server metrics;
    int lock;         /* -1: it is not held */
    int64_t alive_ms; /* when the watchdog wants to hear of us */
    bool ending;
    unsigned ending_step; /* how often those that run were asked to end */
    int64_t ending_ms;    /* when they are asked again */
    char told[200];       /* the status that the service manager has */
} service;

/* Reads the configuration. On failure, which was reported, all is as it was
 * before. */
exit_status daemon_load(service *d);
void daemon_unload(service *d);

/* Plans the next run of an account from now on, by its status. */
void daemon_plan(watched *w);

/* Plans one for now, or as soon as the server allows it. */
void daemon_plan_now(watched *w);

/* Writes its status file. */
void daemon_record(const watched *w);

/* Frees an account that does nothing. */
void daemon_free_watched(watched *w);

/* For metrics_server: all metrics as text, to be freed; NULL: no memory. */
char *daemon_metrics(void *ctx, size_t *len);

#endif
