/* SPDX-License-Identifier: MIT */
/*
 * daemon - one loop that knows when each account is due, and starts a process
 * for it.
 *
 *     due -> running (a process) -> planned again, or stopped
 *
 * The loop itself never waits for a server, a disk or a program: all that may
 * block is done in the processes (see docs/adr/0017). So the watchdog, signals
 * and metrics are always served, and whatever happens to one account is
 * nothing to the others. No lock but the daemon's own and nothing of the
 * memory of what was seen is held here: it may be killed at any time.
 *
 * All time is that of loop_now_ms(); the clock on the wall is only shown.
 * An account that is due and waits for a free place sets no timer: it is
 * looked at when a process ends.
 */
#include "cli/daemon_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/duration.h"

#include "base/banned.h"

enum {
    JOBS_MAX = 8, /* where nothing was set */
    DRAIN_S = 60,
    KILL_MS = 5000 /* from being told again to the end */
};

/* ---- telling ---- */

static void
tell_manager(service *d, const char *state)
{
    size_t running = 0;
    size_t failing = 0;
    size_t stopped = 0;
    char text[sizeof(d->told)];
    size_t i;

    for (i = 0; i < d->count; i++) {
        running += d->items[i]->worker.busy ? 1 : 0;
        failing += d->items[i]->status.failures > 0 ? 1 : 0;
        stopped += d->items[i]->status.stopped ? 1 : 0;
    }
    (void)snprintf(text, sizeof(text),
                   "%sSTATUS=%zu accounts: %zu running, %zu failing, %zu "
                   "stopped",
                   state, d->count, running, failing, stopped);
    if (strcmp(text, d->told) == 0)
        return;
    memcpy(d->told, text, sizeof(text));
    notify_send(&d->notify, "%s", text);
}

static void
tell_outcome(const service *d, const watched *w)
{
    const outcome *o = &w->status.last;
    bool quiet = d->line->quiet;
    char text[900];
    char wait[40];
    int64_t wait_ms;

    if (w->status.stopped)
        report_line(w->worker.name, true,
                    "the login was refused: this account is not tried again "
                    "until the configuration is read again (SIGHUP), so that "
                    "the server does not lock it");
    if (o->connected && !quiet &&
        (d->line->verbose || o->totals.fetched + o->totals.deleted > 0)) {
        outcome_words(o, text, sizeof(text));
        report_line(w->worker.name, false, text);
    }
    if (quiet || w->status.failures == 0 || w->status.stopped || d->ending)
        return;
    wait_ms = w->due_ms - loop_now_ms();
    (void)snprintf(text, sizeof(text), "tries again in %s",
                   duration_words(wait_ms > 0 ? (uint64_t)wait_ms / 1000 : 0,
                                  wait, sizeof(wait)));
    report_line(w->worker.name, false, text);
}

/* ---- runs ---- */

static void
count(watched *w, const outcome *o)
{
    watched_counts *c = &w->counts;

    c->runs[o->kind]++;
    c->fetched += o->totals.fetched;
    c->octets += o->totals.octets;
    c->failed += o->totals.failed;
    c->deleted += o->totals.deleted;
}

/* What the run began with may have been mended since. */
static void
plan_next(watched *w)
{
    if (w->again) {
        w->again = false;
        w->status.failures = 0;
        daemon_plan_now(w);
    } else {
        daemon_plan(w);
    }
}

/* Who reads the line finds the same in the status file. */
static void
on_done(void *ctx, worker *by, const outcome *o)
{
    service *d = ctx;
    watched *w = by->ctx;

    count(w, o);
    status_add(&w->status, o, w->started_s, (int64_t)time(NULL));
    if (w->account != NULL)
        plan_next(w);
    daemon_record(w);
    if (w->account != NULL)
        tell_outcome(d, w);
}

static void
on_ended(void *ctx, worker *by)
{
    watched *w = by->ctx;

    (void)ctx;
    if (w->account == NULL)
        daemon_free_watched(w);
}

static void
on_hook_failed(void *ctx, worker *by, const char *why)
{
    watched *w = by->ctx;

    (void)ctx;
    w->counts.hook_failures++;
    (void)snprintf(w->status.hook, sizeof(w->status.hook), "%s", why);
    daemon_record(w);
}

static void
start(service *d, watched *w)
{
    w->started_s = (int64_t)time(NULL);
    w->status.running_s = (uint64_t)w->started_s;
    w->status.next_s = 0;
    w->due_ms = SCHEDULE_NEVER;
    daemon_record(w);
    crew_start(&d->crew, &w->worker, NULL, w->account);
}

/* The one that waits longest, of those that may start. */
static watched *
next_due(const service *d, int64_t now_ms)
{
    watched *first = NULL;
    size_t i;

    for (i = 0; i < d->count; i++) {
        watched *w = d->items[i];

        if (w->worker.job.pid == 0 && w->due_ms <= now_ms &&
            (first == NULL || w->due_ms < first->due_ms) &&
            crew_may_start(&d->crew, w->worker.host))
            first = w;
    }
    return first;
}

static void
start_due(service *d)
{
    int64_t now_ms = loop_now_ms();
    watched *w;

    while (!d->ending && (w = next_due(d, now_ms)) != NULL)
        start(d, w);
}

/* The next point in time at which there is something to do. */
static int64_t
next_time(const service *d)
{
    int64_t now_ms = loop_now_ms();
    int64_t next = d->ending ? d->ending_ms : SCHEDULE_NEVER;
    int64_t server_ms = metrics_server_time(&d->metrics);
    size_t i;

    for (i = 0; !d->ending && i < d->count; i++) {
        const watched *w = d->items[i];

        if (w->due_ms > now_ms && w->due_ms < next)
            next = w->due_ms;
    }
    if (d->notify.watchdog_ms > 0 && d->alive_ms < next)
        next = d->alive_ms;
    return server_ms < next ? server_ms : next;
}

/* ---- signals ---- */

/* What holds for all accounts stands in each of them. */
static void
set_limits(service *d)
{
    const options *opt = &d->accounts.items[0].opt;

    d->crew.jobs_max = opt->jobs == 0 ? JOBS_MAX : (size_t)opt->jobs;
    d->crew.host_max =
        opt->max_per_host == 0 ? CREW_HOST_MAX : (size_t)opt->max_per_host;
}

static void
reload(service *d)
{
    struct timespec now;
    exit_status status;

    clock_gettime(CLOCK_MONOTONIC, &now);
    notify_send(&d->notify, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
                (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    status = daemon_load(d);
    d->told[0] = '\0';
    if (status != EXIT_FINE) {
        report("the configuration was not changed: the old one stays in "
               "force until the new one has no error");
        notify_send(&d->notify,
                    "READY=1\nSTATUS=the new configuration has an error: the "
                    "old one stays in force");
        return;
    }
    set_limits(d);
    if (!metrics_server_move(&d->metrics, d->accounts.items[0].opt.metrics))
        report("the metrics stay where they were");
    if (!d->line->quiet)
        report_note("the configuration was read again: %zu %s", d->count,
                    d->count == 1 ? "account" : "accounts");
    tell_manager(d, "READY=1\n");
}

static void
poll_now(service *d)
{
    size_t i;

    for (i = 0; i < d->count; i++) {
        watched *w = d->items[i];

        if (w->worker.busy) {
            w->again = true;
            continue;
        }
        if (w->status.stopped) {
            report_line(w->worker.name, false,
                        "stopped: SIGHUP makes the daemon try it again");
            continue;
        }
        daemon_plan_now(w);
        daemon_record(w);
    }
}

static void
end(service *d)
{
    static const int signals[] = {SIGTERM, SIGTERM, SIGKILL};
    int64_t wait_ms = KILL_MS;

    if (!d->ending) {
        d->ending = true;
        tell_manager(d, "STOPPING=1\n");
        wait_ms = (int64_t)d->line->drain_s * 1000;
    }
    crew_kill(&d->crew, signals[d->ending_step]);
    if (d->ending_step < 2)
        d->ending_step++;
    d->ending_ms = loop_now_ms() + wait_ms;
}

static void
on_signal(void *ctx, int number)
{
    service *d = ctx;

    switch (number) {
    case SIGCHLD:
        crew_reap(&d->crew);
        break;
    case SIGHUP:
        if (!d->ending)
            reload(d);
        break;
    case SIGUSR1:
        if (!d->ending)
            poll_now(d);
        break;
    default: /* SIGTERM, SIGINT */
        end(d);
        break;
    }
}

/* ---- start and end ---- */

static bool
open_loop(service *d)
{
    static const int numbers[] = {SIGCHLD, SIGHUP, SIGUSR1,
                                  SIGTERM, SIGINT, 0};

    /* It has a meaning here, also where nohup(1) left it ignored. */
    signal(SIGHUP, SIG_DFL);
    d->crew.loop = &d->loop;
    d->crew.done = on_done;
    d->crew.ended = on_ended;
    d->crew.hook_failed = on_hook_failed;
    d->crew.ctx = d;
    if (loop_open(&d->loop) && loop_signals(&d->loop, numbers, on_signal, d))
        return true;
    report("the daemon cannot start: %s", strerror(errno));
    return false;
}

static void
stay_alive(service *d)
{
    int64_t now_ms = loop_now_ms();

    if (d->notify.watchdog_ms == 0 || now_ms < d->alive_ms)
        return;
    notify_send(&d->notify, "WATCHDOG=1");
    d->alive_ms = now_ms + d->notify.watchdog_ms;
}

static void
run(service *d)
{
    while (!d->ending || d->crew.first != NULL) {
        start_due(d);
        tell_manager(d, "");
        stay_alive(d);
        loop_turn(&d->loop, next_time(d));
        metrics_server_tick(&d->metrics);
        if (d->ending && loop_now_ms() >= d->ending_ms)
            end(d);
    }
}

static exit_status
begin(service *d)
{
    exit_status status = daemon_load(d);
    const char *address;

    if (status != EXIT_FINE)
        return status;
    set_limits(d);
    address = d->accounts.items[0].opt.metrics;
    if (!open_loop(d))
        return EXIT_LATER;
    metrics_server_open(&d->metrics, &d->loop, daemon_metrics, d);
    if (!metrics_server_move(&d->metrics, address))
        return EXIT_CONFIG;
    notify_open(&d->notify);
    if (!d->line->quiet)
        report_note("watching %zu %s", d->count,
                    d->count == 1 ? "account" : "accounts");
    tell_manager(d, "READY=1\n");
    return EXIT_FINE;
}

exit_status
daemon_run(const options *line)
{
    service d = {.line = line,
                 .loop = {.timer = -1, .signals = -1},
                 .notify = {.socket = -1},
                 .metrics = {.listener = -1},
                 .lock = -1};
    exit_status status = begin(&d);

    if (status == EXIT_FINE)
        run(&d);
    metrics_server_close(&d.metrics);
    daemon_unload(&d);
    loop_close(&d.loop);
    notify_close(&d.notify);
    if (d.lock != -1)
        close(d.lock);
    return status;
}
