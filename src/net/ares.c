/* SPDX-License-Identifier: MIT */
/*
 * ares - a pop3_resolver by c-ares: no thread, and nothing that blocks.
 *
 * Each lookup has a channel of its own, so that handles share nothing. Its
 * sockets, one for each name server that was asked, stand in an epoll
 * descriptor, which is the one that is polled. The hosts file comes before the
 * name servers where the system says so; what else nsswitch.conf names, such
 * as mDNS, is not asked: pop3_resolver_system() does that.
 *
 * Addresses come in the order of RFC 6724, and leave as text, as from any
 * other resolver.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <ares.h>
#include <pop3.h>
#include <pop3/resolver.h>

#include "base/banned.h"

enum {
    ADDRESSES_MAX = 32,
    SOCKETS_MAX = 16 /* that are looked at in one step */
};

typedef struct lookup {
    ares_channel channel;
    int epoll;
    bool done;
    int status; /* ARES_*, once it is done */
    char text[ADDRESSES_MAX][INET6_ADDRSTRLEN];
    const char *addresses[ADDRESSES_MAX + 1];
} lookup;

/* A socket is closed behind the second call, which takes it out of epoll. */
static void
on_socket(void *ctx, ares_socket_t fd, int readable, int writable)
{
    lookup *l = ctx;
    struct epoll_event event = {.data.fd = fd};

    event.events =
        (readable != 0 ? EPOLLIN : 0U) | (writable != 0 ? EPOLLOUT : 0U);
    if (event.events == 0)
        (void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, &event);
    else if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &event) != 0)
        (void)epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void
take_addresses(lookup *l, const struct ares_addrinfo *found)
{
    const struct ares_addrinfo_node *node = found->nodes;

    for (size_t count = 0; node != NULL && count < ADDRESSES_MAX;
         node = node->ai_next) {
        const void *address =
            node->ai_family == AF_INET
                ? (const void *)&((struct sockaddr_in *)node->ai_addr)
                      ->sin_addr
                : (const void *)&((struct sockaddr_in6 *)node->ai_addr)
                      ->sin6_addr;

        if (inet_ntop(node->ai_family, address, l->text[count],
                      sizeof(l->text[count])) == NULL)
            continue;
        l->addresses[count] = l->text[count];
        count++;
    }
}

static void
on_answer(void *ctx, int status, int timeouts, struct ares_addrinfo *found)
{
    lookup *l = ctx;

    (void)timeouts;
    l->done = true;
    l->status = status;
    if (status == ARES_SUCCESS && found != NULL)
        take_addresses(l, found);
    if (found != NULL)
        ares_freeaddrinfo(found);
}

static void
lookup_close(void *query)
{
    lookup *l = query;

    if (l->channel != NULL)
        ares_destroy(l->channel);
    if (l->epoll >= 0)
        (void)close(l->epoll);
    free(l);
}

static pop3_result
lookup_start(void *ctx, const char *host, void **query)
{
    const struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC,
                                              .ai_socktype = SOCK_STREAM};
    struct ares_options options = {.sock_state_cb = on_socket};
    lookup *l = calloc(1, sizeof(*l));

    if (l == NULL)
        return POP3_ERR_NOMEM;
    options.sock_state_cb_data = l;
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll < 0 || ares_init_options(&l->channel, &options,
                                          ARES_OPT_SOCK_STATE_CB) != 0) {
        l->channel = NULL;
        lookup_close(l);
        return POP3_ERR_IO;
    }
    if (ctx != NULL && ares_set_servers_ports_csv(l->channel, ctx) != 0) {
        lookup_close(l);
        return POP3_ERR_ARGUMENT;
    }
    ares_getaddrinfo(l->channel, host, NULL, &hints, on_answer, l);
    *query = l;
    return POP3_OK;
}

/* What moved, or else what came too late. */
static void
process(lookup *l)
{
    struct epoll_event events[SOCKETS_MAX];
    int count = epoll_wait(l->epoll, events, SOCKETS_MAX, 0);

    if (count <= 0)
        ares_process_fd(l->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    for (int i = 0; i < count; i++) {
        bool in = (events[i].events & ~(uint32_t)EPOLLOUT) != 0;
        bool out = (events[i].events & EPOLLOUT) != 0;

        ares_process_fd(l->channel, in ? events[i].data.fd : ARES_SOCKET_BAD,
                        out ? events[i].data.fd : ARES_SOCKET_BAD);
    }
}

static int
eai_of(int status)
{
    switch (status) {
    case ARES_ENOMEM:
        return EAI_MEMORY;
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
    case ARES_SUCCESS: /* without an address */
        return EAI_NONAME;
    case ARES_ETIMEOUT:
    case ARES_ECONNREFUSED:
    case ARES_ESERVFAIL:
        return EAI_AGAIN;
    default:
        return EAI_FAIL;
    }
}

static pop3_result
lookup_step(void *query, const char *const **addresses, int *sys)
{
    lookup *l = query;

    if (!l->done)
        process(l);
    if (!l->done)
        return POP3_ERR_AGAIN;
    *addresses = l->addresses;
    if (l->addresses[0] != NULL)
        return POP3_OK;
    *sys = eai_of(l->status);
    return POP3_ERR_RESOLVE;
}

static int
lookup_fd(void *query)
{
    const lookup *l = query;

    return l->epoll;
}

static int
lookup_timeout_ms(void *query)
{
    lookup *l = query;
    struct timeval left;

    if (l->done)
        return 0;
    if (ares_timeout(l->channel, NULL, &left) == NULL)
        return -1;
    return (int)(left.tv_sec * 1000 + left.tv_usec / 1000 + 1);
}

const pop3_resolver *
pop3_resolver_dns(void)
{
    static const pop3_resolver resolver = {
        .size = sizeof(resolver),
        .start = lookup_start,
        .step = lookup_step,
        .fd = lookup_fd,
        .timeout_ms = lookup_timeout_ms,
        .close = lookup_close,
    };

    return &resolver;
}
