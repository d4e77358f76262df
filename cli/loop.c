/* SPDX-License-Identifier: MIT */
/*
 * loop - poll(2), with a timer that runs on while the machine is suspended.
 *
 * The time-out of poll(2) stops then: after a night with a closed lid the
 * next look for mail would be as far away as before. A timerfd of
 * CLOCK_BOOTTIME does not, and like all that is here it knows nothing of the
 * clock on the wall. A point in time that has passed makes one turn that does
 * not wait.
 *
 * Callbacks may watch and forget descriptors, also others than their own: an
 * entry that was forgotten is skipped, one that is new waits for the next
 * turn.
 */
#include "cli/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

struct loop_entry {
    loop_ready *fn;
    void *ctx;
};

int64_t
loop_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
on_timer(void *ctx, int fd, short events)
{
    uint64_t times;

    (void)ctx;
    (void)events;
    if (read(fd, &times, sizeof(times)) == -1)
        return; /* it was set anew */
}

bool
loop_open(loop *l)
{
    *l = (loop){.signals = -1};
    l->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    return l->timer != -1 && loop_watch(l, l->timer, POLLIN, on_timer, l);
}

void
loop_close(loop *l)
{
    if (l->timer != -1)
        close(l->timer);
    if (l->signals != -1)
        close(l->signals);
    if (l->masked)
        (void)sigprocmask(SIG_SETMASK, &l->mask, NULL);
    free(l->polled);
    free(l->entries);
    *l = (loop){.timer = -1, .signals = -1};
}

static void
on_signals(void *ctx, int fd, short events)
{
    loop *l = ctx;
    struct signalfd_siginfo info;

    (void)events;
    while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        l->on_signal(l->signal_ctx, (int)info.ssi_signo);
}

bool
loop_signals(loop *l, const int *numbers, loop_signal *fn, void *ctx)
{
    struct sigaction old;
    sigset_t wanted;

    sigemptyset(&wanted);
    for (; *numbers != 0; numbers++) {
        if (sigaction(*numbers, NULL, &old) == 0 &&
            (old.sa_handler != SIG_IGN || *numbers == SIGCHLD))
            sigaddset(&wanted, *numbers);
    }
    signal(SIGCHLD, SIG_DFL); /* ignored, children would leave no status */
    l->on_signal = fn;
    l->signal_ctx = ctx;
    l->masked = sigprocmask(SIG_BLOCK, &wanted, &l->mask) == 0;
    l->signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    return l->signals != -1 &&
           loop_watch(l, l->signals, POLLIN, on_signals, l);
}

/* Room for one more. */
static bool
grow(loop *l)
{
    size_t room = l->room * 2 + 8;
    struct pollfd *polled;
    loop_entry *entries;

    if (l->count < l->room)
        return true;
    polled = realloc(l->polled, room * sizeof(*polled));
    if (polled == NULL)
        return false;
    l->polled = polled;
    entries = realloc(l->entries, room * sizeof(*entries));
    if (entries == NULL)
        return false;
    l->entries = entries;
    l->room = room;
    return true;
}

bool
loop_watch(loop *l, int fd, short events, loop_ready *fn, void *ctx)
{
    size_t i;

    for (i = 0; i < l->count && l->polled[i].fd != fd;)
        i++;
    if (i == l->count) {
        if (!grow(l))
            return false;
        l->polled[l->count++] = (struct pollfd){.fd = fd};
    }
    l->polled[i].events = events;
    l->entries[i] = (loop_entry){fn, ctx};
    return true;
}

void
loop_forget(loop *l, int fd)
{
    size_t i;

    for (i = 0; i < l->count; i++) {
        if (l->polled[i].fd == fd)
            l->polled[i] = (struct pollfd){.fd = -1};
    }
}

static void
compact(loop *l)
{
    size_t kept = 0;
    size_t i;

    for (i = 0; i < l->count; i++) {
        if (l->polled[i].fd == -1)
            continue;
        l->polled[kept] = l->polled[i];
        l->polled[kept].revents = 0;
        l->entries[kept++] = l->entries[i];
    }
    l->count = kept;
}

static void
set_timer(const loop *l, int64_t until_ms)
{
    struct itimerspec at = {.it_value = {0, 0}};

    if (until_ms != INT64_MAX) {
        at.it_value.tv_sec = (time_t)(until_ms / 1000);
        at.it_value.tv_nsec = (long)(until_ms % 1000) * 1000000;
        if (until_ms <= 0)
            at.it_value.tv_nsec = 1; /* zero would mean never */
    }
    (void)timerfd_settime(l->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

void
loop_turn(loop *l, int64_t until_ms)
{
    size_t count;
    size_t i;

    compact(l);
    set_timer(l, until_ms);
    count = l->count;
    if (poll(l->polled, (nfds_t)count, -1) == -1)
        return; /* EINTR: signals that are no business of ours */
    l->wakeups++;
    for (i = 0; i < count; i++) {
        struct pollfd ready = l->polled[i];
        loop_entry entry = l->entries[i];

        l->polled[i].revents = 0;
        if (ready.fd != -1 && ready.revents != 0)
            entry.fn(entry.ctx, ready.fd, ready.revents);
    }
}
