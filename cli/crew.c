/* SPDX-License-Identifier: MIT */
/*
 * crew - starts processes, listens to them, and notices their end.
 *
 * What a process says comes before its end is believed: its socket is read
 * once more when it is gone. One that ends without its outcome has crashed,
 * unless it was asked to end; the others never notice.
 */
#include "cli/crew.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

bool
crew_may_start(const crew *c, const char *host)
{
    const worker *w;
    size_t same = 0;

    for (w = c->first; w != NULL; w = w->next)
        same += w->busy && strcmp(w->host, host) == 0 ? 1 : 0;
    return c->busy < c->jobs_max && same < c->host_max;
}

static void
add_progress(progress_state *sum, const progress_state *one)
{
    sum->messages_total += one->messages_total;
    sum->messages += one->messages;
    sum->octets_total += one->octets_total;
    sum->octets += one->octets;
}

static void
show_progress(crew *c)
{
    progress_state sum = c->finished;
    const worker *w;

    if (!c->shows)
        progress_start(true, 0, 0);
    c->shows = true;
    for (w = c->first; w != NULL; w = w->next)
        add_progress(&sum, &w->progress);
    progress_set(&sum);
}

static void
finish(crew *c, worker *w, const outcome *o)
{
    if (!w->busy)
        return;
    w->busy = false;
    c->busy--;
    c->done(c->ctx, w, o);
}

static void
fail(crew *c, worker *w, outcome_kind kind, const char *why)
{
    outcome o = {
        .status = EXIT_LATER, .kind = kind, .expire_days = POP3_EXPIRE_NEVER};

    if (!w->busy)
        return;
    (void)snprintf(o.why, sizeof(o.why), "%s", why);
    if (kind == OUTCOME_CRASH)
        report_line(w->name, true, why);
    finish(c, w, &o);
}

static void
take_event(crew *c, worker *w, const job_event *event)
{
    switch (event->kind) {
    case JOB_LINE:
        report_line(w->name, false, event->of.text);
        break;
    case JOB_ERROR:
        report_line(w->name, true, event->of.text);
        break;
    case JOB_PROGRESS:
        w->progress = event->of.progress;
        show_progress(c);
        break;
    case JOB_DONE:
        finish(c, w, &event->of.outcome);
        break;
    case JOB_HOOK:
        report_line(w->name, true, event->of.text);
        if (c->hook_failed != NULL)
            c->hook_failed(c->ctx, w, event->of.text);
        break;
    case JOB_EVENTS:
        break;
    }
}

/* Reads what is there. A socket that is closed was forgotten by then. */
static void
listen_to(crew *c, worker *w)
{
    int fd = w->job.events;
    job_event event;

    while (job_next(&w->job, &event))
        take_event(c, w, &event);
    if (fd != -1 && w->job.events == -1)
        loop_forget(c->loop, fd);
}

static void
on_ready(void *ctx, int fd, short events)
{
    crew *c = ctx;
    worker *w = c->first;

    (void)events;
    while (w != NULL && w->job.events != fd)
        w = w->next;
    if (w != NULL)
        listen_to(c, w);
}

void
crew_start(crew *c, worker *w, session *s, const account *a)
{
    const job_setup setup = {.progress = c->progress, .mask = &c->loop->mask};

    w->progress = (progress_state){0};
    w->busy = true;
    c->busy++;
    if (!job_start(&w->job, s, a, &setup)) {
        char why[200];

        (void)snprintf(why, sizeof(why), "no process can be started: %s",
                       strerror(errno));
        fail(c, w, OUTCOME_CRASH, why);
        c->ended(c->ctx, w);
        return;
    }
    w->next = c->first;
    c->first = w;
    /* Without memory for it, it is heard when it has ended. */
    (void)loop_watch(c->loop, w->job.events, POLLIN, on_ready, c);
}

static void
bury(crew *c, worker *w)
{
    listen_to(c, w);
    if (w->job.events != -1) {
        loop_forget(c->loop, w->job.events);
        close(w->job.events);
        w->job.events = -1;
    }
    add_progress(&c->finished, &w->progress);
    if (c->ending)
        fail(c, w, OUTCOME_INTERRUPTED, "interrupted");
    else
        fail(c, w, OUTCOME_CRASH,
             "the process that fetched ended before its time; what it "
             "delivered is remembered");
}

void
crew_reap(crew *c)
{
    worker **link = &c->first;

    while (*link != NULL) {
        worker *w = *link;

        if (!job_ended(&w->job)) {
            link = &w->next;
            continue;
        }
        bury(c, w);
        *link = w->next;
        c->ended(c->ctx, w);
    }
}

void
crew_kill(crew *c, int signal_number)
{
    const worker *w;

    c->ending = true;
    for (w = c->first; w != NULL; w = w->next)
        job_kill(&w->job, signal_number);
}
