/* SPDX-License-Identifier: MIT */
/*
 * Any number of accounts at once, in one thread, with epoll(7):
 *
 *     epoll HOST PORT CA-FILE < accounts
 *
 * where each line of the accounts is "USER PASSWORD". Deadlines stand in a
 * heap, so that the next one is found at once and a change costs O(log n): a
 * deadline is asked for after each step, since only a step can change it.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "count.h"

enum {
    BATCH = 256
};

typedef struct session {
    count *account;
    int fd; /* that epoll knows */
    int events;
    int64_t deadline; /* milliseconds; INT64_MAX: none */
    size_t place;     /* in the heap */
} session;

static int epoll;
static session **heap; /* the parent of i is (i - 1) / 2 */
static size_t heap_count;
static bool all_good = true;

/* ---- deadlines ---- */

static int64_t
now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
heap_put(size_t place, session *s)
{
    heap[place] = s;
    s->place = place;
}

/* Lets a session rise or sink to where its deadline belongs. */
static void
heap_settle(session *s)
{
    size_t at = s->place;

    for (; at > 0 && heap[(at - 1) / 2]->deadline > s->deadline;
         at = (at - 1) / 2)
        heap_put(at, heap[(at - 1) / 2]);
    for (;;) {
        size_t child = 2 * at + 1;

        if (child + 1 < heap_count &&
            heap[child + 1]->deadline < heap[child]->deadline)
            child++;
        if (child >= heap_count || heap[child]->deadline >= s->deadline)
            break;
        heap_put(at, heap[child]);
        at = child;
    }
    heap_put(at, s);
}

static void
heap_remove(const session *s)
{
    session *last = heap[--heap_count];

    if (last == s)
        return;
    heap_put(s->place, last);
    heap_settle(last);
}

static int
heap_timeout(void)
{
    int64_t left = heap[0]->deadline - now_ms();

    if (heap[0]->deadline == INT64_MAX)
        return -1;
    return left < 0 ? 0 : (int)left;
}

/* ---- sessions ---- */

/* While it connects, the descriptor may be another one by the same number. */
static void
watch(session *s)
{
    int fd = pop3_conn_fd(s->account->conn);
    int events = pop3_conn_events(s->account->conn);
    struct epoll_event e = {.data.ptr = s};

    if (fd < 0 || (s->account->ready && fd == s->fd && events == s->events))
        return;
    e.events = ((events & POP3_POLL_IN) != 0 ? EPOLLIN : 0U) |
               ((events & POP3_POLL_OUT) != 0 ? EPOLLOUT : 0U);
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &e) != 0 && errno == ENOENT)
        (void)epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
    s->fd = fd;
    s->events = events;
}

static void
end(session *s)
{
    all_good = count_finish(s->account) && all_good;
    heap_remove(s);
    free(s->account);
    free(s);
}

static void
step(session *s)
{
    int timeout;

    if (!count_step(s->account)) {
        end(s);
        return;
    }
    watch(s);
    timeout = pop3_conn_timeout_ms(s->account->conn);
    s->deadline = timeout < 0 ? INT64_MAX : now_ms() + timeout;
    heap_settle(s);
}

static void
start(count *account, const pop3_options *options)
{
    session *s = calloc(1, sizeof(*s));

    if (s == NULL)
        exit(71);
    s->account = account;
    s->fd = -1;
    s->deadline = INT64_MAX;
    heap = realloc(heap, (heap_count + 1) * sizeof(session *));
    if (heap == NULL)
        exit(71);
    heap_put(heap_count++, s);
    account->result = pop3_conn_open(&account->conn, options);
    if (account->result == POP3_OK)
        step(s);
    else
        end(s);
}

static void
run(void)
{
    struct epoll_event events[BATCH];

    while (heap_count > 0) {
        int ready = epoll_wait(epoll, events, BATCH, heap_timeout());

        for (int i = 0; i < ready; i++)
            step(events[i].data.ptr);
        while (heap_count > 0 && heap[0]->deadline <= now_ms())
            step(heap[0]);
    }
}

int
main(int argc, char **argv)
{
    pop3_options options = POP3_OPTIONS_INIT;
    count *account;

    if (argc != 4)
        return 64;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (count_options(&options, argv) == POP3_OK)
        while ((account = count_read()) != NULL)
            start(account, &options);
    else
        all_good = false;
    run();
    pop3_tls_free(options.tls.shared);
    free(heap);
    (void)close(epoll);
    return all_good ? 0 : 1;
}
