/* SPDX-License-Identifier: MIT */
/*
 * dial - a race of connect(2) calls (RFC 8305).
 *
 *   resolving ─▶ racing ─▶ one socket
 *                  ├─ the next address after 250 ms, or as soon as one failed
 *                  └─ the first that is connected wins; the others are closed
 *
 * Addresses come in the order of RFC 6724 from the C library and are put in
 * turns of family, the family of the first one leading (§4), so that a broken
 * IPv6 or IPv4 costs a quarter of a second and not a timeout.
 *
 * The owner polls one descriptor. With one attempt under way that is its
 * socket; with several an epoll instance that holds them all. Where there is
 * none (another system, or no descriptors left) it is the newest socket, and
 * the timeout is short enough to look after the others.
 *
 * Which error is told when all failed: the last one, except that "no route"
 * never hides a server that answered, since half of all hosts lack IPv6.
 */
#include "net/dial.h"

#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#if defined(__linux__) && !defined(DIAL_NO_EPOLL)
#define DIAL_HAS_EPOLL 1
#include <sys/epoll.h>
#else
#define DIAL_HAS_EPOLL 0
#endif

#include "net/clock.h"
#include "net/resolve.h"
#include "base/banned.h"

enum {
    STAGGER_MS = 250,   /* RFC 8305 §5: Connection Attempt Delay */
    LOOK_AFTER_MS = 25, /* how often, where there is no epoll */
    ATTEMPTS_MAX = 32   /* a name with more addresses is no mail server */
};

typedef struct attempt {
    struct sockaddr_storage address;
    socklen_t len;
    int fd;       /* -1 before it began and after it failed */
    bool unbound; /* it failed as it could not be bound */
} attempt;

/* Invariants: started <= count; active of the started ones have a socket. */
struct dial {
    resolve *resolve; /* NULL once the addresses are known */
    attempt attempts[ATTEMPTS_MAX];
    size_t count;
    size_t started;
    size_t active;
    int64_t next_at; /* clock_ms() when the next attempt is due */
    int epoll;       /* holds the sockets if active > 1; -1: there is none */
    size_t failed;   /* the attempt to tell of, if sys is not 0 */
    int sys;         /* its errno */
    struct sockaddr_storage from; /* to be bound to, if from_len is not 0 */
    socklen_t from_len;
    char interface[IF_NAMESIZE]; /* the same; "" for none */
    char *port;                  /* as given; stands behind host */
    char host[];
};

/* ---- epoll, or none ---- */

#if DIAL_HAS_EPOLL
static void
drop_epoll(dial *d)
{
    if (d->epoll >= 0)
        (void)close(d->epoll);
    d->epoll = -1;
}

/* Puts every socket of the race in. Without epoll the race goes on all the
 * same, so failures are no errors. */
static void
watch_all(dial *d)
{
    if (d->epoll < 0)
        d->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < d->started && d->epoll >= 0; i++) {
        struct epoll_event event = {.events = EPOLLOUT};

        if (d->attempts[i].fd >= 0 &&
            epoll_ctl(d->epoll, EPOLL_CTL_ADD, d->attempts[i].fd, &event) <
                0 &&
            errno != EEXIST)
            drop_epoll(d);
    }
}

/* Closing alone is not enough: a forked child may hold the socket too. */
static void
unwatch(const dial *d, int fd)
{
    struct epoll_event event = {0};

    if (d->epoll >= 0)
        (void)epoll_ctl(d->epoll, EPOLL_CTL_DEL, fd, &event);
}
#else
static void
drop_epoll(dial *d)
{
    d->epoll = -1;
}

static void
watch_all(dial *d)
{
    (void)d;
}

static void
unwatch(const dial *d, int fd)
{
    (void)d;
    (void)fd;
}
#endif

/* ---- addresses ---- */

static const struct addrinfo *
skip_to(const struct addrinfo *at, int family, bool equal)
{
    while (at != NULL && (at->ai_family == family) != equal)
        at = at->ai_next;
    return at;
}

static void
add_address(dial *d, const struct addrinfo *info)
{
    attempt *a = &d->attempts[d->count];

    if (info->ai_addrlen > sizeof(a->address))
        return;
    memcpy(&a->address, info->ai_addr, info->ai_addrlen);
    a->len = info->ai_addrlen;
    a->fd = -1;
    d->count++;
}

/* RFC 8305 §4: the families take turns. */
static void
take_addresses(dial *d, const struct addrinfo *list)
{
    int family = list->ai_family;
    const struct addrinfo *next[2] = {list, skip_to(list, family, false)};

    for (size_t turn = 0; next[0] != NULL || next[1] != NULL;
         turn = 1 - turn) {
        if (d->count == ATTEMPTS_MAX)
            return;
        if (next[turn] == NULL)
            continue;
        add_address(d, next[turn]);
        next[turn] = skip_to(next[turn]->ai_next, family, turn == 0);
    }
}

static pop3_result
take_answer(dial *d, net_error *error)
{
    const struct addrinfo *list = NULL;
    pop3_result result = resolve_step(d->resolve, &list, error);

    if (result != POP3_OK)
        return result;
    take_addresses(d, list);
    resolve_free(d->resolve);
    d->resolve = NULL;
    return POP3_OK;
}

/* ---- attempts ---- */

/* This machine has no way to such an address: says nothing of the server. */
static bool
is_no_route(int sys)
{
    return sys == ENETUNREACH || sys == EADDRNOTAVAIL || sys == EAFNOSUPPORT;
}

static void
note_failure(dial *d, size_t index, int sys)
{
    d->next_at = 0;
    if (d->sys != 0 && is_no_route(sys) && !is_no_route(d->sys))
        return;
    d->sys = sys;
    d->failed = index;
}

static void
end_attempt(dial *d, attempt *a)
{
    unwatch(d, a->fd);
    (void)close(a->fd);
    a->fd = -1;
    d->active--;
}

static void
end_all(dial *d)
{
    for (size_t i = 0; i < d->started; i++)
        if (d->attempts[i].fd >= 0)
            end_attempt(d, &d->attempts[i]);
    drop_epoll(d);
}

static int
open_socket(int family)
{
    const int on = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    IPPROTO_TCP);

    /* Commands are small and answers are waited for. */
    if (fd >= 0)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

#ifdef SO_BINDTODEVICE
static int
bind_to_interface(int fd, const char *name)
{
    return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name,
                      (socklen_t)strlen(name) + 1);
}
#else
static int
bind_to_interface(int fd, const char *name)
{
    (void)fd;
    (void)name;
    errno = ENOPROTOOPT;
    return -1;
}
#endif

/* As dial_from() asked. An address of one family has no way to those of the
 * other. -1: errno is set. */
static int
bind_attempt(const dial *d, const attempt *a)
{
    if (d->interface[0] != '\0')
        return bind_to_interface(a->fd, d->interface);
    if (d->from_len == 0)
        return 0;
    if (d->from.ss_family != a->address.ss_family) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return bind(a->fd, (const struct sockaddr *)&d->from, d->from_len);
}

static void
start_next(dial *d)
{
    size_t index = d->started++;
    attempt *a = &d->attempts[index];

    a->fd = open_socket(a->address.ss_family);
    if (a->fd < 0) {
        note_failure(d, index, errno);
        return;
    }
    d->active++;
    if (bind_attempt(d, a) < 0) {
        int sys = errno;

        a->unbound = true;
        end_attempt(d, a);
        note_failure(d, index, sys);
        return;
    }
    /* After EINTR the connection goes on in the background (POSIX). */
    if (connect(a->fd, (const struct sockaddr *)&a->address, a->len) < 0 &&
        errno != EINPROGRESS && errno != EINTR) {
        int sys = errno;

        end_attempt(d, a);
        note_failure(d, index, sys);
        return;
    }
    d->next_at = clock_ms() + STAGGER_MS;
    if (d->active > 1)
        watch_all(d);
}

/* What became of a socket that poll(2) has something to tell of. */
static bool
is_connected(dial *d, size_t index)
{
    int sys = 0;
    socklen_t len = sizeof(sys);
    attempt *a = &d->attempts[index];

    if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &sys, &len) < 0)
        sys = errno;
    if (sys == 0)
        return true;
    end_attempt(d, a);
    note_failure(d, index, sys);
    return false;
}

/* Looks at all attempts. True: *fd is connected, and out of the race. */
static bool
harvest(dial *d, int *fd)
{
    struct pollfd polled[ATTEMPTS_MAX];

    for (size_t i = 0; i < d->started; i++)
        polled[i] = (struct pollfd){d->attempts[i].fd, POLLOUT, 0};
    if (d->active == 0 || poll(polled, d->started, 0) <= 0)
        return false;
    for (size_t i = 0; i < d->started; i++) {
        if (polled[i].revents == 0 || !is_connected(d, i))
            continue;
        *fd = d->attempts[i].fd;
        unwatch(d, *fd);
        d->attempts[i].fd = -1;
        d->active--;
        return true;
    }
    return false;
}

/* ---- what went wrong ---- */

static const char *
advice_for(int sys)
{
    switch (sys) {
    case ECONNREFUSED:
        return "nothing listens there: check host and port";
    case ETIMEDOUT:
        return "nobody answers: check host, port and firewalls";
    case ENETUNREACH:
    case EHOSTUNREACH:
        return "there is no way to it: check the network";
    case EMFILE:
    case ENFILE:
        return "too many files and sockets are open";
    default:
        return "check host, port and network";
    }
}

static pop3_result
explain_unbound(const dial *d, net_error *error)
{
    const char *advice = "see the addresses of this machine";

    if (d->sys == EAFNOSUPPORT)
        advice = "the server has no address of that family";
    else if (d->sys == EPERM)
        advice = "this needs a right here that you lack: bind to the address "
                 "of the interface instead";
    net_error_set(error, d->sys,
                  "cannot connect to %s port %s from the %s that was asked "
                  "for: %s; %s",
                  d->host, d->port,
                  d->interface[0] == '\0' ? "address" : "interface",
                  strerror(d->sys), advice);
    return POP3_ERR_IO;
}

static pop3_result
explain(const dial *d, net_error *error)
{
    char address[NI_MAXHOST] = "?";
    char tried[NI_MAXHOST + 64] = "";
    const attempt *a = &d->attempts[d->failed];

    if (a->unbound)
        return explain_unbound(d, error);
    (void)getnameinfo((const struct sockaddr *)&a->address, a->len, address,
                      sizeof(address), NULL, 0, NI_NUMERICHOST);
    if (d->count > 1)
        (void)snprintf(tried, sizeof(tried), " (%s, one of %zu addresses)",
                       address, d->count);
    else if (strcmp(address, d->host) != 0)
        (void)snprintf(tried, sizeof(tried), " (%s)", address);
    net_error_set(error, d->sys, "cannot connect to %s port %s%s: %s; %s",
                  d->host, d->port, tried, strerror(d->sys),
                  advice_for(d->sys));
    return POP3_ERR_IO;
}

/* ---- public ---- */

pop3_result
dial_new(dial **out, const char *host, const char *port,
         const pop3_resolver *resolver, net_error *error)
{
    resolve *r = NULL;
    pop3_result result = resolve_new(&r, host, port, resolver, error);
    size_t host_size;
    dial *d;

    if (result != POP3_OK)
        return result;
    host_size = strlen(host) + 1;
    d = calloc(1, sizeof(*d) + host_size + strlen(port) + 1);
    if (d == NULL) {
        resolve_free(r);
        net_error_set(error, ENOMEM, "out of memory");
        return POP3_ERR_NOMEM;
    }
    d->resolve = r;
    d->epoll = -1;
    d->port = d->host + host_size;
    memcpy(d->host, host, host_size);
    memcpy(d->port, port, strlen(port) + 1);
    *out = d;
    return POP3_OK;
}

/* A numeric address, with a zone or without. */
static bool
take_from(dial *d, const char *where)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICHOST};
    struct addrinfo *list = NULL;
    bool good = getaddrinfo(where, NULL, &hints, &list) == 0 && list != NULL &&
                list->ai_addrlen <= sizeof(d->from);

    if (good) {
        memcpy(&d->from, list->ai_addr, list->ai_addrlen);
        d->from_len = list->ai_addrlen;
    }
    if (list != NULL)
        freeaddrinfo(list);
    return good;
}

pop3_result
dial_from(dial *d, const char *where, net_error *error)
{
    if (resolve_is_address(where) && take_from(d, where))
        return POP3_OK;
    if (*where == '\0' || strlen(where) >= sizeof(d->interface) ||
        if_nametoindex(where) == 0) {
        net_error_set(error, 0,
                      "what to connect from is neither an address "
                      "nor an interface of this machine");
        return POP3_ERR_ARGUMENT;
    }
    memcpy(d->interface, where, strlen(where) + 1);
    return POP3_OK;
}

pop3_result
dial_step(dial *d, int *fd, net_error *error)
{
    if (d->resolve != NULL) {
        pop3_result result = take_answer(d, error);

        if (result != POP3_OK)
            return result;
    }
    for (;;) {
        if (harvest(d, fd)) {
            end_all(d);
            d->started = d->count;
            return POP3_OK;
        }
        if (d->started == d->count)
            break;
        if (d->active > 0 && clock_ms() < d->next_at)
            break;
        start_next(d);
    }
    return d->active > 0 ? POP3_ERR_AGAIN : explain(d, error);
}

static const attempt *
newest(const dial *d)
{
    for (size_t i = d->started; i > 0; i--)
        if (d->attempts[i - 1].fd >= 0)
            return &d->attempts[i - 1];
    return NULL;
}

int
dial_fd(const dial *d)
{
    if (d->resolve != NULL)
        return resolve_fd(d->resolve);
    if (d->active == 0)
        return -1;
    return d->active > 1 && d->epoll >= 0 ? d->epoll : newest(d)->fd;
}

int
dial_events(const dial *d)
{
    if (d->resolve != NULL)
        return POP3_POLL_IN;
    if (d->active == 0)
        return 0;
    return d->active > 1 && d->epoll >= 0 ? POP3_POLL_IN : POP3_POLL_OUT;
}

int
dial_timeout_ms(const dial *d)
{
    int64_t left = -1;

    if (d->resolve != NULL)
        return resolve_timeout_ms(d->resolve);
    if (d->started < d->count) {
        left = d->next_at - clock_ms();
        if (left < 0)
            left = 0;
    }
    if (d->active > 1 && d->epoll < 0 && (left < 0 || left > LOOK_AFTER_MS))
        left = LOOK_AFTER_MS;
    return (int)left;
}

void
dial_free(dial *d)
{
    if (d == NULL)
        return;
    resolve_free(d->resolve);
    end_all(d);
    free(d);
}
