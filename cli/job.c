/* SPDX-License-Identifier: MIT */
/*
 * job - a fork, and records that come back through a socket.
 *
 * The process is a copy of ours, not a new program: it has the configuration
 * as it was understood, and the password that was typed. It keeps nothing
 * else of ours: all our other descriptors are closed in it first, so that no
 * lock, no socket and no memory of what was seen is held by two.
 *
 * Each event is one datagram, so whole or not there. The process is the one
 * that talks to servers, so what it says is checked: it could be somebody
 * else's by then (R1).
 *
 * It outlives us by no more than it needs: when we die, the kernel sends it
 * the same SIGTERM by which we would end it, and it ends in order.
 */
#include "cli/job.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/hook.h"
#include "cli/interrupt.h"

#include "base/banned.h"

/* In the process. */
static int events_out = -1;

static bool
send_event(const job_event *event, size_t len)
{
    ssize_t sent;

    do
        sent = send(events_out, event, len, MSG_NOSIGNAL);
    while (sent == -1 && errno == EINTR);
    return sent != -1;
}

static bool
send_text(job_event_kind kind, const char *text)
{
    job_event event;

    memset(&event, 0, offsetof(job_event, of)); /* its padding is sent too */
    event.kind = kind;
    (void)snprintf(event.of.text, sizeof(event.of.text), "%s", text);
    return send_event(&event,
                      offsetof(job_event, of) + strlen(event.of.text) + 1);
}

static bool
send_line(bool error, const char *text)
{
    return send_text(error ? JOB_ERROR : JOB_LINE, text);
}

static void
send_progress(const progress_state *state)
{
    job_event event = {.kind = JOB_PROGRESS};

    event.of.progress = *state;
    (void)send_event(&event, sizeof(event));
}

static void
no_progress(const progress_state *state)
{
    (void)state;
}

static void
close_all_but(int kept)
{
    struct rlimit limit;
    int fd;

    if (kept > STDERR_FILENO + 1)
        (void)syscall(SYS_close_range, STDERR_FILENO + 1U, (unsigned)kept - 1,
                      0U);
    if (syscall(SYS_close_range, (unsigned)kept + 1, ~0U, 0U) == 0)
        return;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return;
    for (fd = STDERR_FILENO + 1; fd < (int)limit.rlim_cur; fd++) {
        if (fd != kept)
            close(fd);
    }
}

/* ^C at a terminal reaches each process: whoever started us says what it
 * means. */
static void
set_signals(const job_setup *setup, pid_t parent)
{
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    interrupt_drains();
    (void)sigprocmask(SIG_SETMASK, setup->mask, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        (void)raise(SIGTERM);
}

static _Noreturn void
run(session *s, const account *a)
{
    job_event event = {.kind = JOB_DONE};
    char why[HOOK_WHY];
    bool prepared = s != NULL;
    session own;

    if (!prepared) {
        s = &own;
        prepared = session_prepare(s, &a->opt, a->url);
    }
    outcome_fetch(&event.of.outcome, s, prepared, NULL);
    (void)send_event(&event, sizeof(event));
    if (!hook_run(a, s, &event.of.outcome, why, sizeof(why)))
        (void)send_text(JOB_HOOK, why);
    _exit(0);
}

bool
job_start(job *j, session *s, const account *a, const job_setup *setup)
{
    pid_t parent = getpid();
    int ends[2];

    *j = (job){.events = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
        return false;
    (void)fflush(NULL);
    j->pid = fork();
    if (j->pid == 0) {
        events_out = ends[1];
        close_all_but(events_out);
        set_signals(setup, parent);
        report_to(send_line);
        progress_to(setup->progress ? send_progress : no_progress);
        run(s, a);
    }
    close(ends[1]);
    if (j->pid == -1) {
        close(ends[0]);
        j->pid = 0;
        return false;
    }
    j->events = ends[0];
    return true;
}

/* No sum of one process may spoil those of all. */
static bool
is_proper(const outcome *o)
{
    const fetch_totals *t = &o->totals;
    const uint64_t most = UINT64_C(1) << 53;

    return outcome_name(o->kind) != NULL &&
           memchr(o->why, '\0', sizeof(o->why)) != NULL && t->fetched < most &&
           t->octets < most && t->known < most && t->too_large < most &&
           t->later < most && t->headers < most && t->left_out < most &&
           t->failed < most && t->deleted < most && t->due < most;
}

static bool
is_valid(job_event *event, size_t len)
{
    const size_t head = offsetof(job_event, of);

    if (len < head)
        return false;
    switch (event->kind) {
    case JOB_LINE:
    case JOB_ERROR:
    case JOB_HOOK:
        return memchr(event->of.text, '\0', len - head) != NULL;
    case JOB_PROGRESS:
        return len == sizeof(*event);
    case JOB_DONE:
        return len == sizeof(*event) && is_proper(&event->of.outcome);
    case JOB_EVENTS:
        break;
    }
    return false;
}

bool
job_next(job *j, job_event *event)
{
    ssize_t len;

    if (j->events == -1)
        return false;
    do
        len = recv(j->events, event, sizeof(*event), MSG_DONTWAIT);
    while (len == -1 && errno == EINTR);
    if (len > 0 && is_valid(event, (size_t)len))
        return true;
    if (len == -1 && errno == EAGAIN)
        return false;
    close(j->events); /* the end, or nonsense */
    j->events = -1;
    return false;
}

bool
job_ended(job *j)
{
    int status;

    if (j->pid == 0 || waitpid(j->pid, &status, WNOHANG) == 0)
        return j->pid == 0;
    j->pid = 0;
    return true;
}

void
job_kill(const job *j, int signal_number)
{
    if (j->pid > 0)
        (void)kill(j->pid, signal_number);
}
