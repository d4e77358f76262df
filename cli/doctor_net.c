/* SPDX-License-Identifier: MIT */
/*
 * doctor_net - a name becomes addresses, and each is tried alone.
 *
 * The program itself races them (RFC 8305), which hides the one that is dead
 * and costs a quarter of a second each time; here it shows.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/dns.h"
#include "cli/doctor.h"
#include "net/clock.h"
#include "net/resolve.h"

#include "base/banned.h"

static const char *
port_of(const doctor *d)
{
    if (d->s.where.port[0] != '\0')
        return d->s.where.port;
    return d->s.where.scheme == URL_POPS || d->opt->tls == TLS_IMPLICIT
               ? "995"
               : "110";
}

static pop3_result
wait_for_answer(resolve *r, const struct addrinfo **list, int64_t end,
                net_error *error)
{
    pop3_result result = resolve_step(r, list, error);

    while (result == POP3_ERR_AGAIN && clock_ms() < end) {
        struct pollfd p = {.fd = resolve_fd(r), .events = POLLIN};
        int wait = resolve_timeout_ms(r);
        int left = (int)(end - clock_ms());

        (void)poll(&p, 1, wait >= 0 && wait < left ? wait : left);
        result = resolve_step(r, list, error);
    }
    return result;
}

/* 0, or an errno. Closes nothing. */
static int
wait_for_connection(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int sys = 0;
    socklen_t len = sizeof(sys);

    if (poll(&p, 1, timeout_ms) != 1)
        return ETIMEDOUT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &sys, &len) == -1)
        return errno;
    return sys;
}

/* A socket that does not block, or -1. */
static int
connect_one(const struct addrinfo *at, int timeout_ms, int *sys)
{
    int fd =
        socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    *sys = 0;
    if (fd == -1) {
        *sys = errno;
        return -1;
    }
    if (connect(fd, at->ai_addr, at->ai_addrlen) == -1)
        *sys =
            errno == EINPROGRESS ? wait_for_connection(fd, timeout_ms) : errno;
    if (*sys == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static void
name_of(const struct addrinfo *at, char *out, size_t size)
{
    if (getnameinfo(at->ai_addr, at->ai_addrlen, out, (socklen_t)size, NULL, 0,
                    NI_NUMERICHOST) != 0)
        (void)snprintf(out, size, "?");
}

static int
connect_all(doctor *d, const struct addrinfo *list)
{
    int timeout_ms = (int)d->opt->connect_timeout_ms;
    int kept = -1;
    size_t tried;

    for (tried = 0; list != NULL && tried < DOCTOR_ADDRESSES;
         list = list->ai_next, tried++) {
        char name[64];
        doctor_step *step;
        int sys;
        int fd;

        name_of(list, name, sizeof(name));
        step = doctor_begin(d, "connect %s port %s", name, port_of(d));
        fd = connect_one(list, timeout_ms, &sys);
        doctor_end(step, fd != -1, "%s",
                   fd != -1 ? "connected" : strerror(sys));
        if (fd == -1)
            d->dead++;
        if (fd != -1 && kept != -1)
            (void)close(fd);
        else if (fd != -1)
            kept = fd;
    }
    return kept;
}

static void
tell_addresses(doctor *d, doctor_step *step, const struct addrinfo *list)
{
    char text[500] = "";
    size_t len = 0;

    for (; list != NULL; list = list->ai_next) {
        char name[64];

        name_of(list, name, sizeof(name));
        d->addresses++;
        if (d->addresses <= DOCTOR_ADDRESSES && len + 70 < sizeof(text))
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
                                    len == 0 ? "" : ", ", name);
    }
    doctor_end(step, true, "%s%s", text,
               d->addresses > DOCTOR_ADDRESSES ? ", and more" : "");
}

int
doctor_net(doctor *d)
{
    const char *host = d->s.where.host;
    const struct addrinfo *list = NULL;
    net_error error = {0};
    resolve *r = NULL;
    pop3_result result;
    doctor_step *step;
    int fd = -1;

    if (d->s.proxy.url != NULL) {
        doctor_skip(d, "resolve, connect, certificate",
                    "that is the proxy's to do, and is not looked at");
        return -1;
    }
    step = doctor_begin(d, "resolve %s", host);
    result =
        resolve_new(&r, host, port_of(d),
                    dns_resolver(&d->s.resolver, d->opt->dns_server), &error);
    if (result == POP3_OK)
        result = wait_for_answer(
            r, &list, clock_ms() + (int64_t)d->opt->connect_timeout_ms,
            &error);
    if (result == POP3_OK) {
        tell_addresses(d, step, list);
        fd = connect_all(d, list);
    } else {
        doctor_end(step, false, "%s",
                   result == POP3_ERR_AGAIN ? "no answer in time"
                                            : error.text);
    }
    resolve_free(r);
    return fd;
}
