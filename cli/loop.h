/* SPDX-License-Identifier: MIT */
/*
 * loop - waits for descriptors, signals and one point in time.
 */
#ifndef CLI_LOOP_H
#define CLI_LOOP_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is called when a descriptor is ready, and for a signal that came. */
typedef void loop_ready(void *ctx, int fd, short events);
typedef void loop_signal(void *ctx, int number);

typedef struct loop_entry loop_entry;

typedef struct loop {
    struct pollfd *polled; /* fd -1: it was forgotten */
    loop_entry *entries;
    size_t count;
    size_t room;
    int timer;
    int signals;
    sigset_t mask; /* as it was before loop_signals() */
    bool masked;
    loop_signal *on_signal;
    void *signal_ctx;
    uint64_t wakeups;
} loop;

/* Milliseconds that also pass while the machine sleeps, and are not changed
 * when somebody sets the clock. */
int64_t loop_now_ms(void);

/* False: errno is set. To be closed in both cases. */
bool loop_open(loop *l);
void loop_close(loop *l);

/* From now on those signals (0 ends the list) come to `fn`; one that is
 * ignored stays so. False: errno is set. */
bool loop_signals(loop *l, const int *numbers, loop_signal *fn, void *ctx);

/* Adds a descriptor, or changes what it is watched for. False: no memory. */
bool loop_watch(loop *l, int fd, short events, loop_ready *fn, void *ctx);
void loop_forget(loop *l, int fd);

/* Waits until something is ready or that time has come (INT64_MAX: never),
 * and calls whom it concerns. */
void loop_turn(loop *l, int64_t until_ms);

#endif
