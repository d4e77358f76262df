/* SPDX-License-Identifier: MIT */
/*
 * Tests of dial.c: the race of RFC 8305, over sockets on loopback. Names are
 * answered by fake_dns; fake_net sees the order of attempts and lets some fail
 * as they would without a route. An address that never
 * answers is a listening socket whose queue is full.
 *
 * Built twice: as it is, and with -DDIAL_NO_EPOLL.
 */
#include "net/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fake_dns.h"
#include "fake_net.h"
#include "harness/alloc.h"
#include "harness/test.h"
#include "net/clock.h"
#include "support.h"

static const char *
port_text(uint16_t port)
{
    static char text[8];

    snprintf(text, sizeof(text), "%u", (unsigned)port);
    return text;
}

typedef struct outcome {
    pop3_result result;
    int fd;
    net_error error;
    int steps; /* calls of dial_step() */
    int64_t ms;
} outcome;

/* Polls as a caller does who has a deadline of its own. */
static void
wait_as_told(const dial *d)
{
    int timeout = dial_timeout_ms(d);

    (void)wait_for(dial_fd(d), dial_events(d),
                   timeout < 0 ? PATIENCE_MS : timeout);
}

/* Steps until it ends. */
static outcome
run(dial *d)
{
    outcome o = {.fd = -1};
    int64_t start = clock_ms();

    for (;;) {
        o.result = dial_step(d, &o.fd, &o.error);
        o.ms = clock_ms() - start;
        o.steps++;
        if (o.result != POP3_ERR_AGAIN || o.ms > PATIENCE_MS)
            return o;
        wait_as_told(d);
    }
}

static outcome
dial_to(const char *host, const char *port)
{
    net_error error = {0};
    dial *d = NULL;
    outcome o = {.fd = -1};

    o.result = dial_new(&d, host, port, NULL, &error);
    o.error = error;
    if (o.result == POP3_OK)
        o = run(d);
    dial_free(d);
    return o;
}

static void
check_peer(int fd, const char *want)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    char text[INET6_ADDRSTRLEN] = "";

    CHECK_INT(getpeername(fd, (struct sockaddr *)&address, &len), 0);
    (void)getnameinfo((struct sockaddr *)&address, len, text, sizeof(text),
                      NULL, 0, NI_NUMERICHOST);
    CHECK_STR(text, want);
}

static void
check_connected(outcome o, const char *peer)
{
    int nodelay = 0;
    socklen_t len = sizeof(nodelay);

    CHECK_INT(o.result, POP3_OK);
    if (o.result != POP3_OK) {
        fprintf(stderr, "  %s\n", o.error.text);
        return;
    }
    CHECK((fcntl(o.fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((fcntl(o.fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK_INT(getsockopt(o.fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &len), 0);
    CHECK(nodelay != 0);
    check_peer(o.fd, peer);
    close(o.fd);
}

static void
test_literals(void)
{
    static const char *const hosts[] = {"127.0.0.1", "::1"};

    for (int i = 0; i < 2; i++) {
        uint16_t port = 0;
        int listener = listen_on(hosts[i], &port, 5);

        TEST_ROW("%s", hosts[i]);
        if (listener < 0) {
            TEST_SKIP("no address %s on this machine", hosts[i]);
            continue;
        }
        check_connected(dial_to(hosts[i], port_text(port)), hosts[i]);
        close(listener);
    }
    TEST_ROW("%s", "");
}

/* What a caller sees before and between the steps. */
static void
test_what_to_poll(void)
{
    static const char *const addresses[] = {"127.0.0.1"};
    net_error error = {0};
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port, 5);
    dial *d = NULL;

    CHECK_INT(dial_new(&d, "127.0.0.1", port_text(port), NULL, &error),
              POP3_OK);
    CHECK_INT(dial_fd(d), -1);
    CHECK_INT(dial_timeout_ms(d), 0);
    check_connected(run(d), "127.0.0.1");
    CHECK_INT(dial_fd(d), -1);
    CHECK_INT(dial_events(d), 0);
    CHECK_INT(dial_timeout_ms(d), -1);
    dial_free(d);

    fake_dns_answer(addresses, 1);
    fake_dns_hold();
    CHECK_INT(dial_new(&d, "mail.example.test", port_text(port), NULL, &error),
              POP3_OK);
    CHECK(dial_fd(d) >= 0);
    CHECK_INT(dial_events(d), POP3_POLL_IN);
    CHECK_INT(dial_timeout_ms(d), -1);
    fake_dns_release();
    check_connected(run(d), "127.0.0.1");
    dial_free(d);
    close(listener);
}

static void
test_bad_arguments(void)
{
    net_error error = {0};
    dial *d = NULL;

    CHECK_INT(dial_new(&d, "", "110", NULL, &error), POP3_ERR_ARGUMENT);
    CHECK_INT(dial_new(&d, "a b", "110", NULL, &error), POP3_ERR_ARGUMENT);
    CHECK_INT(dial_new(&d, "localhost", "0", NULL, &error), POP3_ERR_ARGUMENT);
    CHECK_INT(dial_new(&d, "localhost", "no-such", NULL, &error),
              POP3_ERR_ARGUMENT);
    CHECK(d == NULL);
}

static void
test_refused(void)
{
    const char *port = port_text(unused_port());
    outcome o = dial_to("127.0.0.1", port);

    CHECK_INT(o.result, POP3_ERR_IO);
    CHECK_INT(o.error.sys, ECONNREFUSED);
    CHECK(strstr(o.error.text, "127.0.0.1") != NULL);
    CHECK(strstr(o.error.text, port) != NULL);
    CHECK(strstr(o.error.text, strerror(ECONNREFUSED)) != NULL);
}

static void
test_names_fail(void)
{
    outcome o;

    fake_dns_fail(EAI_NONAME, 0);
    o = dial_to("nowhere.example.test", "995");
    CHECK_INT(o.result, POP3_ERR_RESOLVE);
    CHECK_INT(o.error.sys, EAI_NONAME);
    CHECK(strstr(o.error.text, "nowhere.example.test") != NULL);
}

/* The next address is tried at once, not after 250 ms. */
static void
test_refused_then_good(void)
{
    static const char *const addresses[] = {"127.0.0.3", "127.0.0.2",
                                            "127.0.0.1"};
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port, 5);
    outcome o;

    fake_net_reset();
    fake_dns_answer(addresses, 3);
    o = dial_to("mail.example.test", port_text(port));
    CHECK(o.ms < 200);
    check_connected(o, "127.0.0.1");
    CHECK_INT(fake_net.count, 3);
    close(listener);
}

static void
check_order(const char *const *want, int count)
{
    CHECK_INT(fake_net.count, count);
    for (int i = 0; i < count && i < fake_net.count; i++)
        CHECK_STR(fake_net.tried[i], want[i]);
}

/* RFC 8305 §4. */
static void
test_families_take_turns(void)
{
    static const struct {
        const char *given[6];
        const char *tried[6];
        size_t count;
    } rows[] = {
        {{"127.0.0.1", "127.0.0.2", "127.0.0.3", "::1", "::2", "::3"},
         {"127.0.0.1", "::1", "127.0.0.2", "::2", "127.0.0.3", "::3"},
         6},
        {{"::1", "::2", "::3", "127.0.0.1"},
         {"::1", "127.0.0.1", "::2", "::3"},
         4},
        {{"::1", "127.0.0.1", "::2", "127.0.0.2"},
         {"::1", "127.0.0.1", "::2", "127.0.0.2"},
         4},
        {{"127.0.0.1", "127.0.0.2"}, {"127.0.0.1", "127.0.0.2"}, 2},
        {{"::1"}, {"::1"}, 1},
    };
    const char *port = port_text(unused_port());

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        outcome o;

        TEST_ROW("row %zu", i);
        fake_net_reset();
        /* ::2 and ::3 are nobody's: keep them inside. */
        fake_net.family = AF_INET6;
        fake_net.sys = ECONNREFUSED;
        fake_dns_answer(rows[i].given, rows[i].count);
        o = dial_to("mail.example.test", port);
        CHECK_INT(o.result, POP3_ERR_IO);
        check_order(rows[i].tried, (int)rows[i].count);
    }
    fake_net_reset();
    TEST_ROW("%s", "");
}

/* A machine without IPv6 is not what the user wants to hear of. */
static void
test_telling_error(void)
{
    static const char *const addresses[] = {"127.0.0.1", "::1"};
    static const char *const v6[] = {"::1"};
    const char *port = port_text(unused_port());
    outcome o;

    fake_net_reset();
    fake_net.family = AF_INET6;
    fake_net.sys = ENETUNREACH;
    fake_dns_answer(addresses, 2);
    o = dial_to("mail.example.test", port);
    CHECK_INT(o.result, POP3_ERR_IO);
    CHECK_INT(o.error.sys, ECONNREFUSED);
    CHECK(strstr(o.error.text, "127.0.0.1, one of 2") != NULL);
    fake_dns_answer(v6, 1);
    o = dial_to("mail.example.test", port);
    CHECK_INT(o.error.sys, ENETUNREACH);
    CHECK(strstr(o.error.text, "(::1)") != NULL);
    CHECK(strstr(o.error.text, "no way") != NULL);

    fake_net_reset();
    fake_net.family = AF_INET6;
    fake_net.socket_sys = EAFNOSUPPORT;
    o = dial_to("mail.example.test", port);
    CHECK_INT(o.result, POP3_ERR_IO);
    CHECK_INT(o.error.sys, EAFNOSUPPORT);
    fake_net_reset();
}

static void
test_no_ipv6_costs_nothing(void)
{
    static const char *const addresses[] = {"::1", "127.0.0.1"};
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port, 5);
    outcome o;

    fake_net_reset();
    fake_net.family = AF_INET6;
    fake_net.sys = ENETUNREACH;
    fake_dns_answer(addresses, 2);
    o = dial_to("mail.example.test", port_text(port));
    CHECK(o.ms < 200);
    check_connected(o, "127.0.0.1");
    fake_net_reset();
    close(listener);
}

static void
test_many_addresses(void)
{
    static const char *addresses[50];
    outcome o;

    for (int i = 0; i < 50; i++)
        addresses[i] = "127.0.0.9";
    fake_net_reset();
    fake_dns_answer(addresses, 50);
    o = dial_to("mail.example.test", port_text(unused_port()));
    CHECK_INT(o.result, POP3_ERR_IO);
    CHECK_INT(fake_net.count, 32);
}

/* Addresses 127.0.0.2 and 127.0.0.3 that never answer, and 127.0.0.1 that
 * does, all on one port. */
typedef struct field {
    int fds[3];
    fill full[2];
    uint16_t port;
} field;

static bool
field_open(field *f)
{
    static const char *const addresses[] = {"127.0.0.2", "127.0.0.3",
                                            "127.0.0.1"};

    memset(f, 0, sizeof(*f));
    if (!listen_on_all(addresses, f->fds, 3, &f->port, 0)) {
        TEST_SKIP("127.0.0.2 and 127.0.0.3 are no addresses here");
        return false;
    }
    if (fill_queue(&f->full[0], addresses[0], f->port) &&
        fill_queue(&f->full[1], addresses[1], f->port))
        return true;
    TEST_SKIP("a full queue does not silence a listening socket here");
    return false;
}

static void
field_close(field *f)
{
    drain(&f->full[0]);
    drain(&f->full[1]);
    for (int i = 0; i < 3; i++)
        close(f->fds[i]);
}

static void
test_silent_then_good(void)
{
    static const char *const addresses[] = {"127.0.0.2", "127.0.0.3",
                                            "127.0.0.1"};
    field f;
    outcome o;

    fake_net_reset();
    if (!field_open(&f))
        return;
    fake_net_reset();
    fake_dns_answer(addresses, 3);
    o = dial_to("mail.example.test", port_text(f.port));
    /* Two of them have 250 ms each before the third begins. */
    CHECK(o.ms >= 495 && o.ms < 2000);
    check_connected(o, "127.0.0.1");
    check_order(addresses, 3);
#ifdef DIAL_NO_EPOLL
    CHECK(o.steps < 60);
#else
    CHECK(o.steps < 12);
#endif
    field_close(&f);
}

/* One descriptor to poll stands for several attempts. */
static void
check_two_under_way(dial *d)
{
    bool no_epoll = fake_net.no_epoll || fake_net.epoll_sys != 0;
    outcome o = {.fd = -1};
    int first;

    CHECK_INT(dial_step(d, &o.fd, &o.error), POP3_ERR_AGAIN);
    while (dial_step(d, &o.fd, &o.error) == POP3_ERR_AGAIN &&
           fake_net.count < 1)
        wait_as_told(d);
    first = dial_fd(d);
    CHECK_INT(dial_events(d), POP3_POLL_OUT);
    CHECK(dial_timeout_ms(d) > 0 && dial_timeout_ms(d) <= 250);
    while (fake_net.count < 2) {
        wait_as_told(d);
        CHECK_INT(dial_step(d, &o.fd, &o.error), POP3_ERR_AGAIN);
    }
    CHECK(dial_fd(d) != first);
#ifdef DIAL_NO_EPOLL
    no_epoll = true;
#endif
    CHECK_INT(dial_events(d), no_epoll ? POP3_POLL_OUT : POP3_POLL_IN);
    CHECK_INT(dial_timeout_ms(d), no_epoll ? 25 : -1);
}

/* The first attempt answers after the second began: the older socket wins,
 * though it is not the one that was started last. */
static void
test_late_winner(bool no_epoll, int epoll_sys)
{
    static const char *const addresses[] = {"127.0.0.2", "127.0.0.3"};
    net_error error = {0};
    field f;
    dial *d = NULL;
    int accepted = 0;

    fake_net_reset();
    if (!field_open(&f))
        return;
    fake_net_reset();
    fake_net.no_epoll = no_epoll;
    fake_net.epoll_sys = epoll_sys;
    fake_dns_answer(addresses, 2);
    CHECK_INT(
        dial_new(&d, "mail.example.test", port_text(f.port), NULL, &error),
        POP3_OK);
    check_two_under_way(d);
    /* Makes room: the kernel asks again within a second or three, and none
     * of those who filled the queue shall be first then. */
    drain(&f.full[0]);
    set_nonblocking(f.fds[0]);
    for (int fd; (fd = accept(f.fds[0], NULL, NULL)) >= 0; accepted++)
        close(fd);
    CHECK(accepted > 0);
    check_connected(run(d), "127.0.0.2");
    dial_free(d);
    field_close(&f);
    fake_net_reset();
}

/* The second attempt fails while the first is still silent. */
static void
test_failure_beside_silence(void)
{
    static const char *const addresses[] = {"127.0.0.2", "127.0.0.4",
                                            "127.0.0.1"};
    field f;
    outcome o;

    fake_net_reset();
    if (!field_open(&f))
        return;
    fake_net_reset();
    fake_dns_answer(addresses, 3);
    o = dial_to("mail.example.test", port_text(f.port));
    CHECK(o.ms >= 245 && o.ms < 480);
    check_connected(o, "127.0.0.1");
    field_close(&f);
}

static void
test_given_up_in_mid_race(void)
{
    static const char *const addresses[] = {"127.0.0.2", "127.0.0.3"};
    net_error error = {0};
    field f;
    dial *d = NULL;

    fake_net_reset();
    if (!field_open(&f))
        return;
    fake_net_reset();
    fake_dns_answer(addresses, 2);
    CHECK_INT(
        dial_new(&d, "mail.example.test", port_text(f.port), NULL, &error),
        POP3_OK);
    check_two_under_way(d);
    dial_free(d);
    field_close(&f);
}

static void
test_allocations(void)
{
    static const char *const addresses[] = {"127.0.0.1"};
    net_error error = {0};
    unsigned long nth = 0;
    bool failed = true;

    fake_dns_answer(addresses, 1);
    while (failed) {
        dial *d = NULL;

        alloc_arm(++nth);
        if (dial_new(&d, "mail.example.test", "995", NULL, &error) == POP3_OK)
            CHECK(!alloc_failed());
        else
            CHECK(d == NULL);
        failed = alloc_failed();
        dial_free(d);
    }
    alloc_arm(0);
    CHECK_INT(nth, 3);
    dial_free(NULL);
}

/* Detached threads end a moment after their answer. */
static void
check_fds(int want)
{
    const struct timespec pause = {0, 2000000};

    for (int i = 0; i < 5000 && count_fds() != want; i++)
        nanosleep(&pause, NULL);
    CHECK_INT(count_fds(), want);
    CHECK_INT(fake_dns_live(), 0);
}

int
main(void)
{
    int before = count_fds();

    test_literals();
    test_what_to_poll();
    test_bad_arguments();
    test_refused();
    test_names_fail();
    test_refused_then_good();
    test_families_take_turns();
    test_telling_error();
    test_no_ipv6_costs_nothing();
    test_many_addresses();
    test_silent_then_good();
    test_late_winner(false, 0);
    test_late_winner(true, 0);
    test_late_winner(false, ENOSPC);
    test_failure_beside_silence();
    test_given_up_in_mid_race();
    test_allocations();
    check_fds(before);
    return test_summary();
}
