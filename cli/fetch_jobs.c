/* SPDX-License-Identifier: MIT */
/*
 * fetch_jobs - each account in a process, and their lines, sums and ends
 * brought together.
 *
 * What a person must type is asked for first, one question after the other.
 * JSON is written at the end, in the order in which the accounts were named.
 * ^C goes to all of them as a SIGTERM: the first lets each finish its group
 * of messages, the second ends it as it would end a single fetch, and the
 * third at once.
 */
#include "cli/fetch_jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/crew.h"
#include "cli/fetch_tell.h"
#include "cli/interrupt.h"
#include "cli/session_login.h"

#include "base/banned.h"

typedef struct task {
    fetch_run run;
    worker worker;
    bool started;
} task;

typedef struct jobs {
    const options *opt;
    crew crew;
    loop loop;
    task *tasks;
    size_t count;
    size_t started;
    size_t ended; /* whose processes are gone */
    unsigned signals;
    int number; /* of the first one */
} jobs;

static void
on_done(void *ctx, worker *w, const outcome *o)
{
    task *t = w->ctx;

    (void)ctx;
    t->run.outcome = *o;
    fetch_tell_end(&t->run);
}

static void
on_ended(void *ctx, worker *w)
{
    jobs *all = ctx;
    task *t = w->ctx;

    session_close(&t->run.session);
    all->ended++;
}

static void
on_signal(void *ctx, int number)
{
    jobs *all = ctx;

    if (number == SIGCHLD) {
        crew_reap(&all->crew);
        return;
    }
    if (all->signals++ == 0)
        all->number = number;
    crew_kill(&all->crew, all->signals > 2 ? SIGKILL : SIGTERM);
}

/* Asks what is to be asked. */
static void
prepare(task *t, const account *a)
{
    session *s = &t->run.session;

    fetch_tell_begin(&t->run, a);
    if (t->run.prepared && a->opt.password.kind == PASSWORD_PROMPT &&
        !session_secrets_ask(s))
        t->run.prepared = false;
    (void)snprintf(t->worker.name, sizeof(t->worker.name), "%s",
                   a->name != NULL ? a->name : printable(s->account));
    memcpy(t->worker.host, s->where.host, sizeof(s->where.host));
    t->worker.ctx = t;
    t->run.shown = t->worker.name;
}

static void
start(jobs *all, task *t)
{
    t->started = true;
    all->started++;
    if (t->run.prepared) {
        crew_start(&all->crew, &t->worker, &t->run.session, t->run.account);
        return;
    }
    outcome_fetch(&t->run.outcome, &t->run.session, false, NULL);
    all->ended++;
}

static void
start_some(jobs *all)
{
    size_t i;

    for (i = 0; i < all->count && all->signals == 0; i++) {
        task *t = &all->tasks[i];

        if (!t->started && crew_may_start(&all->crew, t->worker.host))
            start(all, t);
    }
}

static void
prepare_all(jobs *all)
{
    size_t i;

    for (i = 0; i < all->count; i++)
        prepare(&all->tasks[i], &all->opt->accounts->items[i]);
}

static bool
open_jobs(jobs *all, const options *opt)
{
    static const int numbers[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, 0};
    const account_list *list = opt->accounts;

    *all = (jobs){.opt = opt, .count = list->count};
    all->crew =
        (crew){.loop = &all->loop,
               .jobs_max = (size_t)opt->jobs,
               .host_max = opt->max_per_host == 0 ? CREW_HOST_MAX
                                                  : (size_t)opt->max_per_host,
               .progress = !opt->quiet && !opt->trace,
               .done = on_done,
               .ended = on_ended,
               .ctx = all};
    all->tasks = calloc(list->count, sizeof(*all->tasks));
    if (!loop_open(&all->loop) || all->tasks == NULL)
        return false;
    prepare_all(all); /* ^C ends a question as usual */
    return loop_signals(&all->loop, numbers, on_signal, all);
}

static void
run(jobs *all)
{
    start_some(all);
    while (all->ended < all->started) {
        loop_turn(&all->loop, INT64_MAX);
        start_some(all);
    }
    if (all->crew.shows)
        progress_stop();
}

static exit_status
tell(const jobs *all, json *j)
{
    exit_status status = EXIT_FINE;
    bool first = true;
    size_t i;

    for (i = 0; i < all->count; i++) {
        const fetch_run *r = &all->tasks[i].run;

        if (!all->tasks[i].started)
            continue;
        status = exit_join(status, r->outcome.status, first);
        first = false;
        if (!all->opt->json)
            continue;
        json_open(j, NULL, '{');
        json_text(j, "account", r->session.account);
        fetch_tell_json(r, j);
        json_close(j, '}');
    }
    return status;
}

exit_status
fetch_jobs(const options *opt, json *j)
{
    exit_status status = EXIT_LATER;
    jobs all;

    if (open_jobs(&all, opt)) {
        run(&all);
        status = tell(&all, j);
    } else {
        report("cannot fetch several accounts at once: %s", strerror(errno));
    }
    loop_close(&all.loop);
    free(all.tasks);
    interrupt_note(all.number);
    return status;
}
