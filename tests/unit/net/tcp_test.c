/* SPDX-License-Identifier: MIT */
/*
 * Tests of tcp.c: waits, sleep, ends, resets, interrupted calls, and no
 * SIGPIPE.
 */
#include "net/tcp.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/alloc.h"
#include "harness/test.h"
#include "net/clock.h"
#include "support.h"

ssize_t __real_recv(int fd, void *buf, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags);
ssize_t __real_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);

int __real_setsockopt(int fd, int level, int name, const void *value,
                      socklen_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *value,
                      socklen_t len);

static bool no_timeouts;  /* SO_RCVTIMEO is refused */
static int interruptions; /* this many calls fail with EINTR first */
static int recv_flags;    /* of the last call */

static bool
interrupted(void)
{
    if (interruptions == 0)
        return false;
    interruptions--;
    errno = EINTR;
    return true;
}

ssize_t
__wrap_recv(int fd, void *buf, size_t len, int flags)
{
    recv_flags = flags;
    return interrupted() ? -1 : __real_recv(fd, buf, len, flags);
}

ssize_t
__wrap_send(int fd, const void *data, size_t len, int flags)
{
    return interrupted() ? -1 : __real_send(fd, data, len, flags);
}

int
__wrap_setsockopt(int fd, int level, int name, const void *value,
                  socklen_t len)
{
    if (!no_timeouts || name != SO_RCVTIMEO)
        return __real_setsockopt(fd, level, name, value, len);
    errno = ENOPROTOOPT;
    return -1;
}

static pop3_transport
open_pair(int *peer)
{
    pop3_transport t = POP3_TRANSPORT_INIT;
    int ends[2];

    tcp_pair(ends);
    CHECK_INT(tcp_transport(&t, ends[0]), POP3_OK);
    CHECK_INT(t.size, sizeof(t));
    CHECK_INT(t.fd(t.ctx), ends[0]);
    CHECK(t.start_tls == NULL);
    CHECK(!t.secure);
    *peer = ends[1];
    return t;
}

/* Closes so that the other end is reset. */
static void
reset_peer(int peer)
{
    const struct linger now = {1, 0};

    CHECK_INT(setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
    close(peer);
}

static void
test_both_ways(void)
{
    char buf[16] = "";
    size_t n = 99;
    int want = 0;
    int peer;
    pop3_transport t = open_pair(&peer);

    CHECK_INT(t.read(t.ctx, buf, sizeof(buf), &n, &want), POP3_ERR_AGAIN);
    CHECK_INT(want, POP3_POLL_IN);
    CHECK_INT(n, 99);
    CHECK_INT(send(peer, "+OK\r\n", 5, 0), 5);
    CHECK(wait_for(t.fd(t.ctx), POP3_POLL_IN, PATIENCE_MS));
    interruptions = 1;
    want = 0;
    CHECK_INT(t.read(t.ctx, buf, sizeof(buf), &n, &want), POP3_ERR_AGAIN);
    CHECK_INT(want, POP3_POLL_IN);
    CHECK_INT(t.read(t.ctx, buf, sizeof(buf), &n, &want), POP3_OK);
    CHECK_MEM(buf, n, "+OK\r\n", 5);
    interruptions = 2;
    CHECK_INT(t.write(t.ctx, "QUIT\r\n", 6, &n, &want), POP3_OK);
    CHECK_INT(n, 6);
    CHECK_INT(interruptions, 0);
    CHECK(wait_for(peer, POP3_POLL_IN, PATIENCE_MS));
    CHECK_INT(recv(peer, buf, sizeof(buf), 0), 6);
    CHECK_MEM(buf, 6, "QUIT\r\n", 6);
    close(peer);
    CHECK(wait_for(t.fd(t.ctx), POP3_POLL_IN, PATIENCE_MS));
    CHECK_INT(t.read(t.ctx, buf, sizeof(buf), &n, &want), POP3_ERR_CLOSED);
    CHECK_INT(t.read(t.ctx, buf, sizeof(buf), &n, &want), POP3_ERR_CLOSED);
    t.close(t.ctx);
}

static size_t
swallow(int peer)
{
    static char buf[65536];
    size_t total = 0;

    for (;;) {
        ssize_t n = recv(peer, buf, sizeof(buf), 0);

        if (n <= 0)
            return total;
        total += (size_t)n;
    }
}

/* Writes more than the system takes, and waits outside. */
static void
write_much(const pop3_transport *t, int peer)
{
    const size_t size = 32U * 1024 * 1024;
    char *data = calloc(1, size);
    size_t at = 0;
    size_t taken = 0;
    int waits = 0;

    while (at < size) {
        size_t n = 0;
        int want = 0;
        pop3_result result = t->write(t->ctx, data + at, size - at, &n, &want);

        if (result == POP3_OK) {
            CHECK(n > 0 && n <= size - at);
            at += n;
            continue;
        }
        CHECK_INT(result, POP3_ERR_AGAIN);
        CHECK_INT(want, POP3_POLL_OUT);
        waits++;
        taken += swallow(peer);
        CHECK(wait_for(t->fd(t->ctx), want, PATIENCE_MS));
        if (result != POP3_ERR_AGAIN)
            break;
    }
    CHECK(waits > 0);
    while (taken < size && wait_for(peer, POP3_POLL_IN, PATIENCE_MS))
        taken += swallow(peer);
    CHECK_INT(taken, size);
    free(data);
}

static void
test_partial_writes(void)
{
    int peer;
    pop3_transport t = open_pair(&peer);

    write_much(&t, peer);
    t.close(t.ctx);
    close(peer);
}

/* A read may sleep when it is told so, but not for long; nothing else does,
 * though the socket blocks: else this would never end. */
static void
test_sleep(void)
{
    bool may_sleep = true;
    int64_t begin = clock_ms();
    char buf[16];
    size_t n = 0;
    int want = 0;
    int peer;
    pop3_transport t = open_pair(&peer);

    tcp_let_sleep(&t, &may_sleep);
    CHECK_INT(t.read(t.ctx, buf, sizeof(buf), &n, &want), POP3_ERR_AGAIN);
    CHECK_INT(want, POP3_POLL_IN);
    CHECK_INT(recv_flags & MSG_DONTWAIT, 0);
    CHECK(clock_ms() > begin);
    interruptions = 1;
    CHECK_INT(t.read(t.ctx, buf, sizeof(buf), &n, &want), POP3_ERR_AGAIN);
    may_sleep = false;
    CHECK_INT(t.read(t.ctx, buf, sizeof(buf), &n, &want), POP3_ERR_AGAIN);
    CHECK_INT(recv_flags & MSG_DONTWAIT, MSG_DONTWAIT);
    may_sleep = true;
    write_much(&t, peer);
    CHECK_INT(send(peer, "+OK\r\n", 5, 0), 5);
    CHECK_INT(t.read(t.ctx, buf, sizeof(buf), &n, &want), POP3_OK);
    CHECK_MEM(buf, n, "+OK\r\n", 5);
    t.close(t.ctx);
    close(peer);
}

/* Without a limit it would sleep for ever: then not at all. */
static void
test_no_sleep(void)
{
    const bool may_sleep = true;
    char buf[16];
    size_t n = 0;
    int want = 0;
    int peer;
    pop3_transport t = open_pair(&peer);

    no_timeouts = true;
    tcp_let_sleep(&t, &may_sleep);
    no_timeouts = false;
    CHECK_INT(t.read(t.ctx, buf, sizeof(buf), &n, &want), POP3_ERR_AGAIN);
    CHECK_INT(recv_flags & MSG_DONTWAIT, MSG_DONTWAIT);
    t.close(t.ctx);
    close(peer);
}

static void
check_error(const pop3_transport *t, int want, const char *words)
{
    int sys = 0;
    const char *text = t->error_text(t->ctx, &sys);

    CHECK_INT(sys, want);
    CHECK(strstr(text, words) != NULL);
    CHECK(strstr(text, strerror(want)) != NULL);
}

static void
test_reset(void)
{
    char buf[16];
    size_t n = 0;
    int want = 0;
    int peer;
    pop3_transport t = open_pair(&peer);

    reset_peer(peer);
    CHECK(wait_for(t.fd(t.ctx), POP3_POLL_IN, PATIENCE_MS));
    CHECK_INT(t.read(t.ctx, buf, sizeof(buf), &n, &want), POP3_ERR_IO);
    check_error(&t, ECONNRESET, "read");
    t.close(t.ctx);
}

/* SIGPIPE has its default action here: it would end this program. */
static void
test_no_sigpipe(void)
{
    size_t n = 0;
    int want = 0;
    int peer;
    pop3_transport t = open_pair(&peer);
    pop3_result result = POP3_OK;

    signal(SIGPIPE, SIG_DFL);
    reset_peer(peer);
    CHECK(wait_for(t.fd(t.ctx), POP3_POLL_IN, PATIENCE_MS));
    result = t.write(t.ctx, "x", 1, &n, &want);
    CHECK_INT(result, POP3_ERR_IO);
    check_error(&t, ECONNRESET, "write");
    CHECK_INT(t.write(t.ctx, "x", 1, &n, &want), POP3_ERR_IO);
    check_error(&t, EPIPE, "write");
    t.close(t.ctx);
}

/* The descriptor is owned from the start, also when memory is short. */
static void
test_ownership(void)
{
    pop3_transport t = POP3_TRANSPORT_INIT;
    int before = count_fds();
    int ends[2];

    tcp_pair(ends);
    alloc_arm(1);
    CHECK_INT(tcp_transport(&t, ends[0]), POP3_ERR_NOMEM);
    alloc_arm(0);
    CHECK(t.read == NULL);
    close(ends[1]);
    CHECK_INT(count_fds(), before);
    tcp_pair(ends);
    CHECK_INT(tcp_transport(&t, ends[0]), POP3_OK);
    t.close(t.ctx);
    close(ends[1]);
    CHECK_INT(count_fds(), before);
}

int
main(void)
{
    test_both_ways();
    test_partial_writes();
    test_sleep();
    test_no_sleep();
    test_reset();
    test_no_sigpipe();
    test_ownership();
    return test_summary();
}
