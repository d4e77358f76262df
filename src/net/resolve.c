/* SPDX-License-Identifier: MIT */
/*
 * resolve - getaddrinfo(3) that blocks nobody.
 *
 *   resolve_new ──▶ thread: getaddrinfo ──▶ an octet in the pipe
 *        │                                        │
 *        └── owner polls the pipe ◀───────────────┘
 *
 * There is no way to interrupt getaddrinfo(), so a deadline can only walk
 * away from it (R37). The thread is detached, and it and the owner each hold
 * a reference; memory and pipe go with the last of them. The pipe is open at
 * both ends until then, so its one octet is never lost and never a SIGPIPE.
 * That is the way of pop3_resolver_system(). Any other resolver is asked here,
 * step by step, and its addresses are copied.
 *
 * All signals are blocked in the thread: handlers of the program must not run
 * on a thread that it does not know of.
 *
 * AI_ADDRCONFIG spares machines without IPv6 a question that some name
 * servers never answer. It must not hide a loopback address on a machine that
 * has no other, so it is not used for names below localhost, and a name that
 * was not found is asked for once more without it. localhost itself is this
 * machine, and getaddrinfo() is not asked for it (RFC 6761 §6.3); any other
 * resolver is.
 */
#include "net/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/banned.h"

#define LOCALHOST "localhost"

enum {
    FOUND_MAX = 32,
    HOST_MAX = 255 /* octets: RFC 1035 §2.3.4, and room for a zone */
};

/* An address that a resolver gave. */
typedef struct found {
    struct addrinfo info;
    struct sockaddr_storage address;
} found;

struct resolve {
    atomic_int refs;       /* the owner's, and the thread's while it runs */
    atomic_bool done;      /* what follows `port` is set, for good */
    int pipe[2];           /* -1 if there is no thread */
    char port[12];         /* decimal */
    int status;            /* 0 or EAI_* */
    int sys;               /* errno, if status is EAI_SYSTEM */
    struct addrinfo *list; /* NULL unless status is 0 */
    const pop3_resolver *resolver; /* NULL: the thread, or none is needed */
    void *query;                   /* of the resolver */
    struct found *found;           /* its answer */
    char host[];
};

/* ---- arguments ---- */

static bool
is_printable(const char *host)
{
    for (; *host != '\0'; host++)
        if (*host <= ' ' || *host > '~')
            return false;
    return true;
}

static pop3_result
refuse(net_error *error, const char *why)
{
    net_error_set(error, 0, "%s", why);
    return POP3_ERR_ARGUMENT;
}

pop3_result
resolve_check_host(const char *host, net_error *error)
{
    if (host == NULL || *host == '\0')
        return refuse(error, "a host name is needed, and it is empty");
    if (!text_is_ascii(host, strlen(host)))
        return refuse(error, "the host name has letters outside ASCII: write "
                             "it in its ASCII form (xn--...)");
    if (!is_printable(host))
        return refuse(error, "the host name has a space or a control "
                             "character in it");
    if (strlen(host) > HOST_MAX)
        return refuse(error, "the host name is longer than 255 octets");
    /* In a name check, a dot in front would mean any name below it. */
    if (*host == '.')
        return refuse(error, "the host name begins with a dot");
    if (strpbrk(host, "[]") != NULL)
        return refuse(error, "the host has brackets: write an IPv6 address "
                             "without them");
    return POP3_OK;
}

bool
resolve_is_address(const char *host)
{
    char address[INET6_ADDRSTRLEN];
    unsigned char octets[sizeof(struct in6_addr)];
    size_t len = strcspn(host, "%");

    if (inet_pton(AF_INET, host, octets) == 1)
        return true;
    if (len >= sizeof(address))
        return false;
    memcpy(address, host, len);
    address[len] = '\0';
    return inet_pton(AF_INET6, address, octets) == 1;
}

/* A port in digits; 0 if it is none. */
static unsigned
parse_number(const char *port)
{
    unsigned number = 0;

    for (; *port >= '0' && *port <= '9' && number <= 65535; port++)
        number = number * 10 + (unsigned)(*port - '0');
    return *port == '\0' && number <= 65535 ? number : 0;
}

/* Characters of a service name, at least one letter among them: strtoul()
 * inside getaddrinfo() must not see anything that it takes for a number. */
static bool
is_service(const char *port)
{
    bool letter = false;

    for (; *port != '\0'; port++) {
        if (text_is_letter(*port))
            letter = true;
        else if ((*port < '0' || *port > '9') && strchr("-_.", *port) == NULL)
            return false;
    }
    return letter;
}

/* A service in /etc/services; 0 if it is unknown. */
static unsigned
find_service(const char *port)
{
    struct addrinfo hints = {.ai_family = AF_INET,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICHOST};
    struct addrinfo *list = NULL;
    struct sockaddr_in address = {0};

    if (!is_service(port) || getaddrinfo(NULL, port, &hints, &list) != 0)
        return 0;
    if (list != NULL && list->ai_addrlen == sizeof(address))
        memcpy(&address, list->ai_addr, sizeof(address));
    freeaddrinfo(list);
    return ntohs(address.sin_port);
}

unsigned
resolve_port(const char *port)
{
    unsigned number = parse_number(port);

    if (number != 0)
        return number;
    /* Known also where /etc/services is missing, as in small containers. */
    if (strcmp(port, "pop3") == 0)
        return 110;
    if (strcmp(port, "pop3s") == 0)
        return 995;
    return find_service(port);
}

/* ---- the thread ---- */

static void
unref(resolve *r)
{
    if (atomic_fetch_sub(&r->refs, 1) != 1)
        return;
    if (r->list != NULL)
        freeaddrinfo(r->list);
    for (size_t i = 0; i < 2; i++)
        if (r->pipe[i] >= 0)
            (void)close(r->pipe[i]);
    if (r->query != NULL)
        r->resolver->close(r->query);
    free(r->found);
    free(r);
}

/* Octets of the name without the dot that may end it. */
static size_t
name_len(const char *host)
{
    size_t len = strlen(host);

    return len > 0 && host[len - 1] == '.' ? len - 1 : len;
}

static bool
is_localhost(const char *host)
{
    return text_equal_caseless(host, name_len(host), LOCALHOST);
}

static bool
is_below_localhost(const char *host)
{
    const char *dot = memrchr(host, '.', name_len(host));

    return dot != NULL && is_localhost(dot + 1);
}

/* No address was found, which AI_ADDRCONFIG may be the reason for. */
static bool
is_not_found(int status)
{
#ifdef EAI_NODATA
    if (status == EAI_NODATA)
        return true;
#endif
#ifdef EAI_ADDRFAMILY
    if (status == EAI_ADDRFAMILY)
        return true;
#endif
    return status == EAI_NONAME;
}

static int
look_up(resolve *r, int flags)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV | flags};
    int status = getaddrinfo(r->host, r->port, &hints, &r->list);

    if (status == EAI_SYSTEM)
        r->sys = errno;
    if (status != 0)
        r->list = NULL;
    else if (r->list == NULL)
        status = EAI_NONAME;
    return status;
}

static void *
resolve_thread(void *ctx)
{
    resolve *r = ctx;
    int flags = is_below_localhost(r->host) ? 0 : AI_ADDRCONFIG;
    ssize_t written;

    r->status = look_up(r, flags);
    if (flags != 0 && is_not_found(r->status))
        r->status = look_up(r, 0);
    atomic_store(&r->done, true);
    do {
        written = write(r->pipe[1], "", 1);
    } while (written < 0 && errno == EINTR);
    unref(r);
    return NULL;
}

static int
start_detached(resolve *r)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all;
    sigset_t before;
    int sys = pthread_attr_init(&attr);

    if (sys != 0)
        return sys;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    sys = pthread_create(&thread, &attr, resolve_thread, r);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    return sys;
}

static pop3_result
start_thread(resolve *r, net_error *error)
{
    int sys;

    if (pipe2(r->pipe, O_CLOEXEC | O_NONBLOCK) < 0) {
        sys = errno;
        r->pipe[0] = r->pipe[1] = -1;
        net_error_set(error, sys, "cannot look up %s: no pipe: %s", r->host,
                      strerror(sys));
        return POP3_ERR_IO;
    }
    atomic_fetch_add(&r->refs, 1);
    sys = start_detached(r);
    if (sys == 0)
        return POP3_OK;
    atomic_fetch_sub(&r->refs, 1);
    net_error_set(error, sys, "cannot look up %s: no thread: %s", r->host,
                  strerror(sys));
    return POP3_ERR_IO;
}

/* ---- resolvers ---- */

const pop3_resolver *
pop3_resolver_system(void)
{
    static const pop3_resolver thread = {.size = sizeof(thread)};

    return &thread;
}

static pop3_result
start_query(resolve *r, net_error *error)
{
    void *query = NULL;
    pop3_result result = r->resolver->start(r->resolver->ctx, r->host, &query);

    if (result == POP3_OK) {
        r->query = query;
        return POP3_OK;
    }
    net_error_set(error, 0, "cannot look up %s: %s", r->host,
                  result == POP3_ERR_NOMEM ? "out of memory"
                                           : "the resolver cannot be used");
    return result == POP3_ERR_NOMEM ? result : POP3_ERR_IO;
}

/* What is no address after all is left out. */
static void
add_address(resolve *r, size_t *count, const char *text)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST};
    found *f = &r->found[*count];
    struct addrinfo *list = NULL;

    if (getaddrinfo(text, r->port, &hints, &list) != 0 || list == NULL)
        return;
    if (list->ai_addrlen <= sizeof(f->address)) {
        memcpy(&f->address, list->ai_addr, list->ai_addrlen);
        f->info = (struct addrinfo){.ai_family = list->ai_family,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_addrlen = list->ai_addrlen};
        f->info.ai_addr = (struct sockaddr *)&f->address;
        if (*count > 0)
            f[-1].info.ai_next = &f->info;
        ++*count;
    }
    freeaddrinfo(list);
}

static int
take_addresses(resolve *r, const char *const *addresses)
{
    size_t count = 0;

    r->found = calloc(FOUND_MAX, sizeof(*r->found));
    if (r->found == NULL)
        return EAI_MEMORY;
    for (; *addresses != NULL && count < FOUND_MAX; addresses++)
        add_address(r, &count, *addresses);
    return count > 0 ? 0 : EAI_NONAME;
}

/* Whether the resolver has come to an end. */
static bool
query_is_done(resolve *r)
{
    const char *const *addresses = NULL;
    int sys = EAI_FAIL;
    pop3_result result = r->resolver->step(r->query, &addresses, &sys);

    if (result == POP3_ERR_AGAIN)
        return false;
    if (result == POP3_OK && addresses != NULL)
        r->status = take_addresses(r, addresses);
    else
        r->status = result == POP3_ERR_NOMEM ? EAI_MEMORY
                    : sys == 0               ? EAI_FAIL
                                             : sys;
    r->resolver->close(r->query);
    r->query = NULL;
    atomic_store(&r->done, true);
    return true;
}

/* ---- the owner ---- */

/* Addresses need no thread: the C library asks nobody for them. Nor does
 * localhost, also when memory is short: the status says so then. */
static bool
is_known(resolve *r, bool asks)
{
    static const char *const loopback[] = {"::1", "127.0.0.1", NULL};

    r->status = look_up(r, AI_NUMERICHOST);
    if (r->status == 0)
        return true;
    if (asks || !is_localhost(r->host))
        return false;
    r->status = take_addresses(r, loopback);
    return true;
}

static pop3_result
begin(resolve *r, net_error *error)
{
    bool asks = r->resolver != NULL && r->resolver->start != NULL;

    if (is_known(r, asks)) {
        atomic_store(&r->done, true);
        return POP3_OK;
    }
    if (strpbrk(r->host, ":%") != NULL) {
        net_error_set(error, 0,
                      "%s is neither a host name nor an IPv6 address; if it "
                      "ends in %%ZONE, is that an interface of this machine?",
                      r->host);
        return POP3_ERR_ARGUMENT;
    }
    r->status = 0;
    return asks ? start_query(r, error) : start_thread(r, error);
}

pop3_result
resolve_new(resolve **out, const char *host, const char *port,
            const pop3_resolver *resolver, net_error *error)
{
    pop3_result result = resolve_check_host(host, error);
    unsigned number;
    resolve *r;

    if (result != POP3_OK)
        return result;
    number = port == NULL ? 0 : resolve_port(port);
    if (number == 0)
        return refuse(error, "the port is neither a number from 1 to 65535 "
                             "nor a service that this machine knows");
    r = calloc(1, sizeof(*r) + strlen(host) + 1);
    if (r == NULL) {
        net_error_set(error, ENOMEM, "out of memory");
        return POP3_ERR_NOMEM;
    }
    atomic_init(&r->refs, 1);
    atomic_init(&r->done, false);
    r->pipe[0] = r->pipe[1] = -1;
    memcpy(r->host, host, strlen(host) + 1);
    (void)snprintf(r->port, sizeof(r->port), "%u", number);
    r->resolver = resolver;
    result = begin(r, error);
    if (result == POP3_OK)
        *out = r;
    else
        unref(r);
    return result;
}

int
resolve_fd(const resolve *r)
{
    return r->query != NULL ? r->resolver->fd(r->query) : r->pipe[0];
}

int
resolve_timeout_ms(const resolve *r)
{
    if (r->query != NULL)
        return r->resolver->timeout_ms(r->query);
    /* An address needs no lookup: the answer is there. */
    return r->pipe[0] < 0 ? 0 : -1;
}

static pop3_result
explain(const resolve *r, net_error *error)
{
    const char *advice = "check the network and its name server";

    if (r->status == EAI_MEMORY) {
        net_error_set(error, ENOMEM, "out of memory");
        return POP3_ERR_NOMEM;
    }
    if (is_not_found(r->status))
        advice = "check the spelling of the name";
    else if (r->status == EAI_AGAIN)
        advice = "the name server gave no answer: check the network, or try "
                 "again later";
    net_error_set(error, r->status, "cannot find the host %s: %s; %s", r->host,
                  r->status == EAI_SYSTEM ? strerror(r->sys)
                                          : gai_strerror(r->status),
                  advice);
    return POP3_ERR_RESOLVE;
}

pop3_result
resolve_step(resolve *r, const struct addrinfo **list, net_error *error)
{
    if (r->query != NULL ? !query_is_done(r) : !atomic_load(&r->done))
        return POP3_ERR_AGAIN;
    if (r->status != 0)
        return explain(r, error);
    *list = r->found != NULL ? &r->found->info : r->list;
    return POP3_OK;
}

void
resolve_free(resolve *r)
{
    if (r != NULL)
        unref(r);
}
