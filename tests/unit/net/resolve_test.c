/* SPDX-License-Identifier: MIT */
/*
 * Tests of resolve.c: which hosts and ports are refused, when a thread is
 * used, what lookups ask for, and that walking away from one is safe.
 */
#include "net/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "fake_dns.h"
#include "harness/alloc.h"
#include "harness/test.h"
#include "support.h"

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*start)(void *), void *ctx);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*start)(void *), void *ctx);
int __real_pipe2(int ends[2], int flags);
int __wrap_pipe2(int ends[2], int flags);

static int thread_error; /* not 0: no thread is to be had */
static int pipe_error;
static int threads;

int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                      void *(*start)(void *), void *ctx)
{
    if (thread_error != 0)
        return thread_error;
    threads++;
    return __real_pthread_create(thread, attr, start, ctx);
}

int
__wrap_pipe2(int ends[2], int flags)
{
    if (pipe_error == 0)
        return __real_pipe2(ends, flags);
    errno = pipe_error;
    return -1;
}

/* Waits for the answer. */
static pop3_result
finish(resolve *r, const struct addrinfo **list, net_error *error)
{
    pop3_result result = resolve_step(r, list, error);

    while (result == POP3_ERR_AGAIN) {
        bool in_time = wait_for(resolve_fd(r), POP3_POLL_IN, PATIENCE_MS);

        CHECK(in_time);
        if (!in_time)
            return POP3_ERR_TIMEOUT;
        result = resolve_step(r, list, error);
    }
    return result;
}

static int idle_fds; /* descriptors of a process that looks nothing up */

/* Threads end after their answer: nothing tells the moment. */
static void
wait_until_idle(void)
{
    const struct timespec pause = {0, 2000000};

    for (int i = 0; i < PATIENCE_MS / 2 && count_fds() != idle_fds; i++)
        nanosleep(&pause, NULL);
    CHECK_INT(count_fds(), idle_fds);
}

static void
test_bad_hosts(void)
{
    static char longer[300];
    static const struct {
        const char *host;
        const char *words;
    } rows[] = {
        {NULL, "empty"},
        {"", "empty"},
        {"mail example", "space"},
        {"mail\r\nQUIT", "control"},
        {"mail\x7f", "control"},
        {"b\xc3\xbc"
         "cher.example.test",
         "xn--"},
        {".example.test", "dot"},
        {"[::1]", "brackets"},
        {"::1::2", "neither"},
        {"fe80::1%no-such-if", "ZONE"},
        {"pops://localhost", "neither"},
        {longer, "255"},
    };

    memset(longer, 'a', 256);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        net_error error = {0};
        resolve *r = NULL;

        TEST_ROW("%.40s", rows[i].host == NULL ? "NULL" : rows[i].host);
        CHECK_INT(resolve_new(&r, rows[i].host, "110", NULL, &error),
                  POP3_ERR_ARGUMENT);
        CHECK(r == NULL);
        CHECK(strstr(error.text, rows[i].words) != NULL);
    }
    TEST_ROW("%s", "");
}

static void
test_ports(void)
{
    static const struct {
        const char *port;
        int number; /* 0: refused */
    } rows[] = {
        {"1", 1},          {"110", 110},
        {"65535", 65535},  {"0110", 110},
        {"pop3", 110},     {"pop3s", 995},
        {"0", 0},          {"65536", 0},
        {"-1", 0},         {"+110", 0},
        {" 110", 0},       {"110 ", 0},
        {"", 0},           {"110x", 0},
        {"0x6e", 0},       {"no-such", 0},
        {"4294967406", 0}, {"pop3\r\n", 0},
        {"-", 0},          {"pop 3", 0},
        {NULL, 0},         {"99999999999999999999", 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        net_error error = {0};
        const struct addrinfo *list = NULL;
        struct sockaddr_in address = {0};
        resolve *r = NULL;
        pop3_result result =
            resolve_new(&r, "127.0.0.1", rows[i].port, NULL, &error);

        TEST_ROW("%s", rows[i].port == NULL ? "NULL" : rows[i].port);
        CHECK_INT(result, rows[i].number > 0 ? POP3_OK : POP3_ERR_ARGUMENT);
        if (result != POP3_OK) {
            CHECK(strstr(error.text, "65535") != NULL);
            continue;
        }
        CHECK_INT(finish(r, &list, &error), POP3_OK);
        memcpy(&address, list->ai_addr, sizeof(address));
        CHECK_INT(ntohs(address.sin_port), rows[i].number);
        resolve_free(r);
    }
    TEST_ROW("%s", "");
}

static void
test_addresses_need_no_thread(void)
{
    static const struct {
        const char *host;
        int family;
    } rows[] = {{"127.0.0.1", AF_INET},
                {"::1", AF_INET6},
                {"::ffff:127.0.0.1", AF_INET6},
                {"fe80::1%lo", AF_INET6}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        net_error error = {0};
        const struct addrinfo *list = NULL;
        resolve *r = NULL;

        TEST_ROW("%s", rows[i].host);
        threads = 0;
        CHECK_INT(resolve_new(&r, rows[i].host, "995", NULL, &error), POP3_OK);
        CHECK_INT(resolve_fd(r), -1);
        CHECK_INT(resolve_step(r, &list, &error), POP3_OK);
        CHECK_INT(list->ai_family, rows[i].family);
        CHECK_INT(threads, 0);
        resolve_free(r);
    }
    TEST_ROW("%s", "");
}

static void
test_is_address(void)
{
    CHECK(resolve_is_address("127.0.0.1"));
    CHECK(resolve_is_address("::1"));
    CHECK(resolve_is_address("fe80::1%eth0"));
    CHECK(!resolve_is_address("localhost"));
    CHECK(!resolve_is_address("127.0.0.1.example.test"));
    CHECK(!resolve_is_address("127.1"));
    CHECK(!resolve_is_address("1::2::3"));
    CHECK(!resolve_is_address(""));
    CHECK(!resolve_is_address("11111111111111111111111111111111111111111111"
                              "::1"));
}

static void
test_name(void)
{
    static const char *const addresses[] = {"127.0.0.7", "::1"};
    net_error error = {0};
    const struct addrinfo *list = NULL;
    resolve *r = NULL;
    sigset_t mask;

    fake_dns_answer(addresses, 2);
    fake_dns_hold();
    CHECK_INT(resolve_new(&r, "mail.example.test", "995", NULL, &error),
              POP3_OK);
    CHECK_INT(resolve_step(r, &list, &error), POP3_ERR_AGAIN);
    CHECK(!wait_for(resolve_fd(r), POP3_POLL_IN, 0));
    fake_dns_release();
    CHECK_INT(finish(r, &list, &error), POP3_OK);
    CHECK(list != NULL && list->ai_family == AF_INET);
    CHECK(list->ai_next != NULL && list->ai_next->ai_family == AF_INET6);
    CHECK_INT(fake_dns_count(), 1);
    CHECK((fake_dns_flags(0) & AI_ADDRCONFIG) != 0);
    CHECK(fake_dns_signals_blocked());
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    CHECK(sigismember(&mask, SIGINT) == 0);
    resolve_free(r);
    wait_until_idle();
    CHECK_INT(fake_dns_live(), 0);
}

/* On a machine that has loopback addresses alone, AI_ADDRCONFIG may hide all
 * of them. */
static void
test_flags_below_localhost(void)
{
    static const char *const addresses[] = {"127.0.0.1"};
    static const struct {
        const char *host;
        bool plain;
    } rows[] = {{"pop.localhost", true}, {"pop.LocalHost.", true},
                {"a.b.localhost", true}, {"notlocalhost", false},
                {"ocalhost", false},     {"pop.notlocalhost", false},
                {"localhost..", false},  {"localhost.example.test", false},
                {"localhost.x.", false}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        net_error error = {0};
        const struct addrinfo *list = NULL;
        resolve *r = NULL;

        TEST_ROW("%s", rows[i].host);
        fake_dns_answer(addresses, 1);
        CHECK_INT(resolve_new(&r, rows[i].host, "995", NULL, &error), POP3_OK);
        CHECK_INT(finish(r, &list, &error), POP3_OK);
        CHECK_INT(fake_dns_count(), 1);
        CHECK_INT((fake_dns_flags(0) & AI_ADDRCONFIG) == 0, rows[i].plain);
        resolve_free(r);
    }
    TEST_ROW("%s", "");
}

/* It is this machine, whatever the name servers say. */
static void
test_localhost(void)
{
    static const char *const rows[] = {"localhost", "LocalHost", "localhost."};
    static const int families[] = {AF_INET6, AF_INET};
    static const char *const elsewhere[] = {"192.0.2.1"};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        net_error error = {0};
        const struct addrinfo *list = NULL;
        resolve *r = NULL;

        TEST_ROW("%s", rows[i]);
        fake_dns_answer(elsewhere, 1);
        threads = 0;
        CHECK_INT(
            resolve_new(&r, rows[i], "995", pop3_resolver_system(), &error),
            POP3_OK);
        CHECK_INT(resolve_fd(r), -1);
        CHECK_INT(resolve_timeout_ms(r), 0);
        CHECK_INT(resolve_step(r, &list, &error), POP3_OK);
        for (size_t j = 0; j < 2; j++, list = list->ai_next) {
            char text[INET6_ADDRSTRLEN] = "";
            char port[8] = "";

            CHECK_INT(list->ai_family, families[j]);
            CHECK_INT(getnameinfo(list->ai_addr, list->ai_addrlen, text,
                                  sizeof(text), port, sizeof(port),
                                  NI_NUMERICHOST | NI_NUMERICSERV),
                      0);
            CHECK_STR(text, j == 0 ? "::1" : "127.0.0.1");
            CHECK_STR(port, "995");
        }
        CHECK(list == NULL);
        CHECK_INT(fake_dns_count(), 0);
        CHECK_INT(threads, 0);
        resolve_free(r);
    }
    TEST_ROW("%s", "");
}

/* Short memory is no reason to ask a name server for it. */
static void
test_localhost_without_memory(void)
{
    net_error error = {0};
    const struct addrinfo *list = NULL;
    resolve *r = NULL;

    fake_dns_fail(EAI_FAIL, 0);
    threads = 0;
    alloc_arm(2);
    CHECK_INT(resolve_new(&r, "localhost", "995", NULL, &error), POP3_OK);
    CHECK(alloc_failed());
    alloc_arm(0);
    CHECK_INT(resolve_step(r, &list, &error), POP3_ERR_NOMEM);
    CHECK_INT(fake_dns_count(), 0);
    CHECK_INT(threads, 0);
    resolve_free(r);
}

static void
test_failures(void)
{
    static const struct {
        int status;
        int sys;
        pop3_result result;
        int lookups;
        const char *words;
    } rows[] = {
        {EAI_NONAME, 0, POP3_ERR_RESOLVE, 2, "spelling"},
        {EAI_NODATA, 0, POP3_ERR_RESOLVE, 2, "spelling"},
        {EAI_ADDRFAMILY, 0, POP3_ERR_RESOLVE, 2, "spelling"},
        {EAI_AGAIN, 0, POP3_ERR_RESOLVE, 1, "later"},
        {EAI_FAIL, 0, POP3_ERR_RESOLVE, 1, "name server"},
        {EAI_SYSTEM, EMFILE, POP3_ERR_RESOLVE, 1, "Too many open files"},
        {EAI_MEMORY, 0, POP3_ERR_NOMEM, 1, "memory"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        net_error error = {0};
        const struct addrinfo *list = NULL;
        resolve *r = NULL;

        TEST_ROW("status %d", rows[i].status);
        fake_dns_fail(rows[i].status, rows[i].sys);
        CHECK_INT(resolve_new(&r, "mail.example.test", "995", NULL, &error),
                  POP3_OK);
        CHECK_INT(finish(r, &list, &error), rows[i].result);
        if (rows[i].result == POP3_ERR_RESOLVE) {
            CHECK_INT(error.sys, rows[i].status);
            CHECK(strstr(error.text, "mail.example.test") != NULL);
        }
        CHECK(strstr(error.text, rows[i].words) != NULL);
        CHECK_INT(fake_dns_count(), rows[i].lookups);
        CHECK(list == NULL);
        resolve_free(r);
    }
    /* No addresses at all, which getaddrinfo() ought never to say. */
    {
        net_error error = {0};
        const struct addrinfo *list = NULL;
        resolve *r = NULL;

        TEST_ROW("%s", "an empty list");
        fake_dns_answer(NULL, 0);
        CHECK_INT(resolve_new(&r, "mail.example.test", "995", NULL, &error),
                  POP3_OK);
        CHECK_INT(finish(r, &list, &error), POP3_ERR_RESOLVE);
        resolve_free(r);
    }
    TEST_ROW("%s", "");
}

static void
test_abandoned(void)
{
    static const char *const addresses[] = {"127.0.0.1"};
    net_error error = {0};

    fake_dns_answer(addresses, 1);
    fake_dns_hold();
    for (int i = 0; i < 5; i++) {
        resolve *r = NULL;

        CHECK_INT(resolve_new(&r, "slow.example.test", "995", NULL, &error),
                  POP3_OK);
        resolve_free(r);
    }
    fake_dns_release();
    wait_until_idle();
    CHECK_INT(fake_dns_count(), 5);
    resolve_free(NULL);
}

static void
test_nothing_left(void)
{
    net_error error = {0};
    resolve *r = NULL;

    thread_error = EAGAIN;
    CHECK_INT(resolve_new(&r, "mail.example.test", "995", NULL, &error),
              POP3_ERR_IO);
    CHECK_INT(error.sys, EAGAIN);
    CHECK(strstr(error.text, "thread") != NULL);
    thread_error = 0;
    pipe_error = EMFILE;
    CHECK_INT(resolve_new(&r, "mail.example.test", "995", NULL, &error),
              POP3_ERR_IO);
    CHECK_INT(error.sys, EMFILE);
    pipe_error = 0;
    alloc_arm(1);
    CHECK_INT(resolve_new(&r, "mail.example.test", "995", NULL, &error),
              POP3_ERR_NOMEM);
    CHECK(alloc_failed());
    alloc_arm(0);
    CHECK(r == NULL);
    wait_until_idle();
}

int
main(void)
{
    idle_fds = count_fds();
    fake_dns_fail(EAI_FAIL, 0);
    test_bad_hosts();
    test_ports();
    test_addresses_need_no_thread();
    test_is_address();
    test_name();
    test_flags_below_localhost();
    test_localhost();
    test_localhost_without_memory();
    test_failures();
    test_abandoned();
    test_nothing_left();
    return test_summary();
}
