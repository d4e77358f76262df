/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "peer.h"

enum {
    EVENTS = 256,
    BACKLOG = 4096,
    CONTROL_LINE = 64
};

typedef struct loop {
    server_house *house;
    server_options *options;
    SSL_CTX *ctx;
    int epoll;
    int clear, tls;     /* listening */
    peer *first, *last; /* held, in the order of their time */
    char line[CONTROL_LINE];
    size_t line_len;
} loop;

static volatile sig_atomic_t stopped;

static void
on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static uint64_t
now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int
listen_on_loopback(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd == -1 || bind(fd, (struct sockaddr *)&at, len) != 0 ||
        listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
        if (fd != -1)
            close(fd);
        return -1;
    }
    *port = ntohs(at.sin_port);
    return fd;
}

static bool
watch(loop *l, int fd, uint32_t events, void *ptr)
{
    struct epoll_event event = {.events = events, .data.ptr = ptr};

    return epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void
hold(loop *l, peer *p)
{
    p->held = true;
    p->due_us = now_us() + l->options->delay_us;
    p->next = NULL;
    if (l->last != NULL)
        l->last->next = p;
    else
        l->first = p;
    l->last = p;
}

static void
work(loop *l, peer *p)
{
    peer_work(p);
    if (!p->dead)
        return;
    l->house->seen.open--;
    peer_free(p);
}

static void
work_or_hold(loop *l, peer *p)
{
    if (l->options->delay_us > 0)
        hold(l, p);
    else
        work(l, p);
}

static void
accept_one(loop *l, int fd, bool tls)
{
    peer *p = peer_new(fd, l->house, l->ctx, tls);
    counts *seen = &l->house->seen;
    int one = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    seen->connections++;
    seen->open++;
    if (seen->open > seen->peak)
        seen->peak = seen->open;
    if (watch(l, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, p)) {
        work_or_hold(l, p);
        return;
    }
    seen->open--;
    peer_free(p);
}

static void
accept_all(loop *l, int listener, bool tls)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL,
                         SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1)
        accept_one(l, fd, tls);
}

/* Data for a peer that is quiet begins a turn. */
static void
on_peer(loop *l, peer *p, uint32_t events)
{
    bool input = (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    bool ends = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;

    p->readable = p->readable || input;
    p->ending = p->ending || ends;
    if (p->held)
        return;
    if (p->greeted && input && !ends && peer_is_quiet(p)) {
        l->house->seen.turns++;
        work_or_hold(l, p);
    } else {
        work(l, p);
    }
}

/* What the client of TLS says first waits for a turn of its own, after the
 * one for the connection. */
static void
release(loop *l, peer *p)
{
    bool hello = !p->greeted && p->uses_tls && p->readable && !p->ending;

    p->held = false;
    if (!hello) {
        work(l, p);
        return;
    }
    p->greeted = true;
    l->house->seen.turns++;
    hold(l, p);
}

static void
release_due(loop *l)
{
    uint64_t now = l->first == NULL ? 0 : now_us();

    while (l->first != NULL && l->first->due_us <= now) {
        peer *p = l->first;

        l->first = p->next;
        if (l->first == NULL)
            l->last = NULL;
        release(l, p);
    }
}

static void
obey(loop *l, const char *line)
{
    if (strcmp(line, "report") == 0)
        counts_report(&l->house->seen);
    else if (strcmp(line, "reset") == 0)
        counts_reset(&l->house->seen);
    else if (strncmp(line, "delay ", 6) == 0)
        l->options->delay_us = (uint64_t)(strtod(line + 6, NULL) * 1000);
    else
        fprintf(stderr, "pop3-bench-server: %s: unknown\n", line);
}

static void
on_control(loop *l)
{
    char *end;
    ssize_t got = read(STDIN_FILENO, l->line + l->line_len,
                       sizeof(l->line) - l->line_len);

    if (got <= 0) {
        stopped = 1;
        return;
    }
    l->line_len += (size_t)got;
    while ((end = memchr(l->line, '\n', l->line_len)) != NULL) {
        size_t used = (size_t)(end + 1 - l->line);

        *end = '\0';
        obey(l, l->line);
        l->line_len -= used;
        memmove(l->line, l->line + used, l->line_len);
    }
}

static void
on_event(loop *l, const struct epoll_event *event)
{
    if (event->data.ptr == &l->clear)
        accept_all(l, l->clear, false);
    else if (event->data.ptr == &l->tls)
        accept_all(l, l->tls, true);
    else if (event->data.ptr == l->line)
        on_control(l);
    else
        on_peer(l, event->data.ptr, event->events);
}

/* With the mask that lets SIGTERM and SIGINT through. */
static int
wait_for(loop *l, struct epoll_event *events, const sigset_t *mask)
{
    struct timespec left = {0};
    uint64_t now, us;

    if (l->first == NULL)
        return epoll_pwait2(l->epoll, events, EVENTS, NULL, mask);
    now = now_us();
    us = l->first->due_us > now ? l->first->due_us - now : 0;
    left.tv_sec = (time_t)(us / 1000000);
    left.tv_nsec = (long)(us % 1000000) * 1000;
    return epoll_pwait2(l->epoll, events, EVENTS, &left, mask);
}

static void
serve(loop *l, const sigset_t *mask)
{
    struct epoll_event events[EVENTS];

    while (stopped == 0) {
        int count = wait_for(l, events, mask);

        for (int i = 0; i < count; i++)
            on_event(l, &events[i]);
        release_due(l);
    }
}

static bool
open_all(loop *l)
{
    uint16_t port = 0, tls_port = 0;

    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->clear = listen_on_loopback(&port);
    if (l->epoll == -1 || l->clear == -1 ||
        !watch(l, l->clear, EPOLLIN, &l->clear))
        return false;
    if (l->ctx != NULL) {
        l->tls = listen_on_loopback(&tls_port);
        if (l->tls == -1 || !watch(l, l->tls, EPOLLIN, &l->tls))
            return false;
    }
    if (l->options->control && !watch(l, STDIN_FILENO, EPOLLIN, l->line))
        return false;
    printf("port=%u tls_port=%u\n", port, tls_port);
    (void)fflush(stdout);
    return true;
}

static void
catch_signals(sigset_t *before)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t stop;

    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTERM);
    (void)sigaddset(&stop, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &stop, before);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
}

bool
loop_run(server_house *house, server_options *options, SSL_CTX *ctx)
{
    loop l = {.house = house, .options = options, .ctx = ctx};
    sigset_t before;

    catch_signals(&before);
    if (!open_all(&l)) {
        fprintf(stderr, "pop3-bench-server: %s\n", strerror(errno));
        return false;
    }
    serve(&l, &before);
    return true;
}
