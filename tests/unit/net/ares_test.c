/* SPDX-License-Identifier: MIT */
/*
 * Tests of ares.c, and of resolvers in general: names are asked of a name
 * server in this process, no thread is started, and giving up is safe.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ares.h>

#include "harness/test.h"
#include "net/dial.h"
#include "net/resolve.h"
#include "support.h"

int __real_ares_init_options(ares_channel *channel,
                             struct ares_options *options, int mask);
int __wrap_ares_init_options(ares_channel *channel,
                             struct ares_options *options, int mask);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*start)(void *), void *ctx);

static int name_server;
static char name_server_address[40];
static int questions;
static int threads;

int
__wrap_ares_init_options(ares_channel *channel, struct ares_options *options,
                         int mask)
{
    int status = __real_ares_init_options(channel, options, mask);

    if (status == ARES_SUCCESS)
        status = ares_set_servers_ports_csv(*channel, name_server_address);
    return status;
}

int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                      void *(*start)(void *), void *ctx)
{
    (void)thread;
    (void)attr;
    (void)start;
    (void)ctx;
    threads++;
    return EAGAIN;
}

/* ---- the name server ---- */

static void
open_name_server(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name_server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(name_server, (struct sockaddr *)&address, len), 0);
    CHECK_INT(getsockname(name_server, (struct sockaddr *)&address, &len), 0);
    snprintf(name_server_address, sizeof(name_server_address), "127.0.0.1:%d",
             ntohs(address.sin_port));
}

/* RFC 1035 §4.1: the question once more, and one address or none. "mail" has
 * both kinds, "silent" gets no answer, all else does not exist. */
static size_t
make_answer(unsigned char *packet, size_t len)
{
    static const unsigned char four[] = {0xc0, 12, 0, 1, 0,   1, 0, 0,
                                         0,    9,  0, 4, 127, 0, 0, 9};
    static const unsigned char six[] = {0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 9,
                                        0,    16, 0, 0,  0, 0, 0, 0, 0, 0,
                                        0,    0,  0, 0,  0, 0, 0, 1};
    const char *name = (const char *)packet + 13;
    size_t end = 12 + strlen((const char *)packet + 12) + 1 + 4;
    bool mail = strncmp(name, "mail", 4) == 0;
    bool is_six = packet[end - 3] == 28;

    if (len < end || strncmp(name, "silent", 6) == 0)
        return 0;
    packet[2] = 0x81;
    packet[3] = mail ? 0x80 : 0x83;
    memset(packet + 6, 0, 6);
    if (!mail)
        return end;
    packet[7] = 1;
    memcpy(packet + end, is_six ? six : four,
           is_six ? sizeof(six) : sizeof(four));
    return end + (is_six ? sizeof(six) : sizeof(four));
}

/* Answers what was asked up to now. */
static void
serve(void)
{
    unsigned char packet[600] = {0};
    struct sockaddr_storage from;
    socklen_t len = sizeof(from);
    ssize_t got;

    while ((got = recvfrom(name_server, packet, 500, MSG_DONTWAIT,
                           (struct sockaddr *)&from, &len)) > 12) {
        size_t answer = make_answer(packet, (size_t)got);

        questions++;
        if (answer > 0)
            (void)sendto(name_server, packet, answer, 0,
                         (struct sockaddr *)&from, len);
    }
}

static pop3_result
finish(resolve *r, const struct addrinfo **list, net_error *error)
{
    for (int i = 0; i < 100; i++) {
        pop3_result result;

        serve();
        result = resolve_step(r, list, error);
        if (result != POP3_ERR_AGAIN)
            return result;
        CHECK(resolve_timeout_ms(r) > 0);
        (void)wait_for(resolve_fd(r), POP3_POLL_IN, 20);
    }
    return POP3_ERR_TIMEOUT;
}

static resolve *
start(const char *host)
{
    resolve *r = NULL;
    net_error error = {0};

    CHECK_INT(resolve_new(&r, host, "110", pop3_resolver_dns(), &error),
              POP3_OK);
    CHECK_STR(error.text, "");
    return r;
}

/* ---- tests ---- */

static void
test_found(void)
{
    const struct addrinfo *list = NULL;
    net_error error = {0};
    resolve *r = start("mail.example");
    bool four = false;
    bool six = false;

    CHECK_INT(finish(r, &list, &error), POP3_OK);
    for (; list != NULL; list = list->ai_next) {
        char text[INET6_ADDRSTRLEN] = "";
        char port[8] = "";

        CHECK_INT(getnameinfo(list->ai_addr, list->ai_addrlen, text,
                              sizeof(text), port, sizeof(port),
                              NI_NUMERICHOST | NI_NUMERICSERV),
                  0);
        CHECK_STR(port, "110");
        four = four || strcmp(text, "127.0.0.9") == 0;
        six = six || strcmp(text, "::1") == 0;
    }
    CHECK(four && six);
    CHECK_INT(questions, 2);
    resolve_free(r);
}

static void
test_not_found(void)
{
    const struct addrinfo *list = NULL;
    net_error error = {0};
    resolve *r = start("none.example");

    CHECK_INT(finish(r, &list, &error), POP3_ERR_RESOLVE);
    CHECK_INT(error.sys, EAI_NONAME);
    CHECK(strstr(error.text, "none.example") != NULL);
    resolve_free(r);
}

/* The hosts file, and addresses: nobody is asked. */
static void
test_not_asked(void)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "::1"};

    questions = 0;
    for (int i = 0; i < 3; i++) {
        const struct addrinfo *list = NULL;
        net_error error = {0};
        resolve *r = start(hosts[i]);

        TEST_ROW("%s", hosts[i]);
        CHECK_INT(resolve_timeout_ms(r), 0);
        CHECK_INT(resolve_step(r, &list, &error), POP3_OK);
        CHECK(list != NULL);
        resolve_free(r);
    }
    TEST_ROW("%s", "");
    serve();
    CHECK_INT(questions, 0);
}

/* A name server that is silent blocks nobody, and is asked again. */
static void
test_silent(void)
{
    const struct addrinfo *list = NULL;
    net_error error = {0};
    resolve *r = start("silent.example");
    dial *d = NULL;

    questions = 0;
    for (int i = 0; i < 3; i++) {
        CHECK_INT(resolve_step(r, &list, &error), POP3_ERR_AGAIN);
        CHECK(resolve_fd(r) >= 0);
        CHECK(resolve_timeout_ms(r) > 0);
        CHECK(!wait_for(resolve_fd(r), POP3_POLL_IN, 1));
        serve();
    }
    CHECK(questions > 0);
    resolve_free(r);
    CHECK_INT(
        dial_new(&d, "silent.example", "110", pop3_resolver_dns(), &error),
        POP3_OK);
    CHECK(dial_fd(d) >= 0);
    CHECK_INT(dial_events(d), POP3_POLL_IN);
    CHECK(dial_timeout_ms(d) > 0);
    dial_free(d);
}

/* ---- a resolver of the caller's ---- */

static struct {
    pop3_result start;
    pop3_result step;
    int sys;
    const char *addresses[4];
    int closed;
} own;

static pop3_result
own_start(void *ctx, const char *host, void **query)
{
    CHECK(ctx == &own);
    CHECK_STR(host, "anything.example");
    *query = &own;
    return own.start;
}

static pop3_result
own_step(void *query, const char *const **addresses, int *sys)
{
    CHECK(query == &own);
    *addresses = own.addresses;
    *sys = own.sys;
    return own.step;
}

static int
own_fd(void *query)
{
    (void)query;
    return -1;
}

static int
own_timeout_ms(void *query)
{
    (void)query;
    return 1234;
}

static void
own_close(void *query)
{
    (void)query;
    own.closed++;
}

static void
test_own(void)
{
    static const pop3_resolver resolver = {
        sizeof(resolver), &own,           own_start, own_step,
        own_fd,           own_timeout_ms, own_close};
    static const struct {
        pop3_result start, step;
        int sys;
        const char *addresses[3];
        pop3_result result;
        int error_sys, count;
    } rows[] = {
        {0, 0, 0, {"192.0.2.1", "2001:db8::1"}, POP3_OK, 0, 2},
        {0, 0, 0, {"a name", "192.0.2.1"}, POP3_OK, 0, 1},
        {0, 0, 0, {"a name"}, POP3_ERR_RESOLVE, EAI_NONAME, 0},
        {0, 0, 0, {NULL}, POP3_ERR_RESOLVE, EAI_NONAME, 0},
        {0, POP3_ERR_RESOLVE, EAI_AGAIN, {0}, POP3_ERR_RESOLVE, EAI_AGAIN, 0},
        {0, POP3_ERR_RESOLVE, 0, {0}, POP3_ERR_RESOLVE, EAI_FAIL, 0},
        {0, POP3_ERR_NOMEM, 0, {0}, POP3_ERR_NOMEM, ENOMEM, 0},
        {0, POP3_ERR_AGAIN, 0, {0}, POP3_ERR_AGAIN, 0, 0},
        {POP3_ERR_NOMEM, 0, 0, {0}, POP3_ERR_NOMEM, 0, 0},
        {POP3_ERR_IO, 0, 0, {0}, POP3_ERR_IO, 0, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct addrinfo *list = NULL;
        net_error error = {0};
        resolve *r = NULL;
        pop3_result result;
        int count = 0;

        TEST_ROW("row %zu", i);
        own.start = rows[i].start;
        own.step = rows[i].step;
        own.sys = rows[i].sys;
        own.closed = 0;
        memcpy(own.addresses, rows[i].addresses, sizeof(rows[i].addresses));
        result = resolve_new(&r, "anything.example", "110", &resolver, &error);
        if (result == POP3_OK) {
            CHECK_INT(resolve_timeout_ms(r), 1234);
            CHECK_INT(resolve_fd(r), -1);
            result = resolve_step(r, &list, &error);
        }
        CHECK_INT(result, rows[i].result);
        CHECK_INT(error.sys, rows[i].error_sys);
        for (; list != NULL; list = list->ai_next)
            count++;
        CHECK_INT(count, rows[i].count);
        resolve_free(r);
        CHECK_INT(own.closed, rows[i].start == POP3_OK);
    }
    TEST_ROW("%s", "");
}

int
main(void)
{
    int before;

    open_name_server();
    before = count_fds();
    test_found();
    test_not_found();
    test_not_asked();
    test_silent();
    test_own();
    CHECK_INT(threads, 0);
    CHECK_INT(count_fds(), before);
    return test_summary();
}
