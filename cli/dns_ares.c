/* SPDX-License-Identifier: MIT */
/*
 * dns_ares - SRV records by c-ares.
 *
 * getaddrinfo(3) knows no SRV, and libresolv leaves the parsing of hostile
 * octets to its callers; c-ares does both. The answer is judged here once
 * more: a target is a name of letters, digits, "-" and "_", so that nothing
 * else can get into a configuration file, a URL or a certificate check.
 *
 * One channel for one question, with a deadline of ours above the time-outs of
 * c-ares, as a name server may answer for ever with something else.
 */
#define CARES_NO_DEPRECATED /* in newer versions: the way of 1.16 works */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <ares.h>

#include "base/text.h"
#include "cli/dns.h"
#include "net/clock.h"

#include "base/banned.h"

enum {
    WAIT_MS = 2000, /* for a name server, before the next one is asked */
    TRIES = 2,
    DNS_SRV = 33,
    DNS_IN = 1
};

typedef struct question {
    bool done;
    int status;
    dns_srv *out;
    size_t count;
} question;

static bool
is_host_octet(char c)
{
    return text_is_letter(c) || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-_.", c) != NULL);
}

/* Copies a target. False: it can be no host. */
static bool
take_target(char *out, size_t size, const char *target)
{
    size_t len = strlen(target);
    size_t i;

    if (len > 0 && target[len - 1] == '.')
        len--;
    if (len >= size || (len > 0 && target[0] == '.'))
        return false;
    for (i = 0; i < len; i++) {
        if (!is_host_octet(target[i]))
            return false;
        out[i] = text_lower(target[i]);
    }
    out[len] = '\0';
    return true;
}

static void
on_answer(void *ctx, int status, int timeouts, unsigned char *data, int len)
{
    question *q = ctx;
    struct ares_srv_reply *found = NULL;
    const struct ares_srv_reply *at;

    (void)timeouts;
    q->done = true;
    q->status = status;
    if (status != ARES_SUCCESS)
        return;
    q->status = ares_parse_srv_reply(data, len, &found);
    if (q->status != ARES_SUCCESS)
        return;
    for (at = found; at != NULL && q->count < DNS_SRV_MAX; at = at->next) {
        dns_srv *srv = &q->out[q->count];

        srv->priority = at->priority;
        srv->weight = at->weight;
        srv->port = at->port;
        if (take_target(srv->target, sizeof(srv->target), at->host))
            q->count++;
    }
    ares_free_data(found);
}

/* Waits for what c-ares waits for, at most until `end`. */
static void
wait_once(ares_channel channel, int64_t end)
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    struct pollfd polled[ARES_GETSOCK_MAXNUM];
    /* Not the macros of c-ares for these: they shift into the sign. */
    const unsigned bits =
        (unsigned)ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
    int64_t left = end - clock_ms();
    struct timeval limit = {.tv_sec = left / 1000,
                            .tv_usec = left % 1000 * 1000};
    struct timeval room;
    const struct timeval *wait = ares_timeout(channel, &limit, &room);
    nfds_t count = 0;
    nfds_t i;
    int s;

    for (s = 0; s < ARES_GETSOCK_MAXNUM; s++) {
        short events = 0;

        if ((bits >> s & 1U) != 0)
            events |= POLLIN;
        if ((bits >> (s + ARES_GETSOCK_MAXNUM) & 1U) != 0)
            events |= POLLOUT;
        if (events != 0)
            polled[count++] = (struct pollfd){sockets[s], events, 0};
    }
    if (poll(polled, count,
             (int)(wait->tv_sec * 1000 + wait->tv_usec / 1000 + 1)) <= 0)
        ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    else
        for (i = 0; i < count; i++) {
            bool in = (polled[i].revents & ~POLLOUT) != 0;
            bool out = (polled[i].revents & POLLOUT) != 0;

            ares_process_fd(channel, in ? polled[i].fd : ARES_SOCKET_BAD,
                            out ? polled[i].fd : ARES_SOCKET_BAD);
        }
}

static dns_result
judge(const question *q, size_t *count, char *why, size_t why_size)
{
    *count = q->count;
    if (q->done && q->status == ARES_SUCCESS)
        return q->count > 0 ? DNS_FOUND : DNS_NONE;
    if (q->done && (q->status == ARES_ENOTFOUND || q->status == ARES_ENODATA))
        return DNS_NONE;
    (void)snprintf(why, why_size, "%s",
                   q->done ? ares_strerror(q->status)
                           : "no name server answered in time");
    return DNS_FAILED;
}

dns_result
dns_find_srv(const char *name, const char *servers, int timeout_ms,
             dns_srv *out, size_t *count, char *why, size_t why_size)
{
    struct ares_options options = {.timeout = WAIT_MS, .tries = TRIES};
    int64_t end = clock_ms() + timeout_ms;
    question q = {.out = out};
    ares_channel channel;
    dns_result result;

    *count = 0;
    if (ares_init_options(&channel, &options,
                          ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != 0) {
        (void)snprintf(why, why_size, "c-ares could not begin");
        return DNS_FAILED;
    }
    if (servers != NULL && ares_set_servers_ports_csv(channel, servers) != 0) {
        ares_destroy(channel);
        (void)snprintf(why, why_size,
                       "\"%.100s\" is no address of a name server", servers);
        return DNS_FAILED;
    }
    ares_query(channel, name, DNS_IN, DNS_SRV, on_answer, &q);
    while (!q.done && clock_ms() < end)
        wait_once(channel, end);
    result = judge(&q, count, why, why_size);
    ares_destroy(channel); /* an open question is answered by that, too */
    return result;
}

const pop3_resolver *
dns_resolver(pop3_resolver *own, const char *servers)
{
    const pop3_resolver *dns = pop3_resolver_dns();

    if (servers == NULL || dns == NULL)
        return NULL;
    *own = *dns;
    memcpy(&own->ctx, &servers, sizeof(servers)); /* not written to */
    return own;
}
