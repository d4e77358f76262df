/* SPDX-License-Identifier: MIT */
/*
 * tcp - the clear-text transport: recv(2) and send(2) on one socket.
 *
 * A peer that is gone is an error to report, never a SIGPIPE, which would end
 * the program: hence send() with MSG_NOSIGNAL instead of write(). The end of
 * the stream is a result of its own (R38), and whether it may come now is for
 * the core to say (R8). There is no start_tls: tls_wrap() makes another
 * transport out of this one.
 *
 * A read that may sleep does in one system call what takes three otherwise:
 * to be told that nothing is here, poll(2), and to read. It sleeps NAP_US at
 * most, as all that poll(2) would wait for as well waits meanwhile: a cancel,
 * deadlines. No call sleeps but these, though the socket blocks then.
 */
#include "net/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net/net_error.h"
#include "base/banned.h"

static const suseconds_t NAP_US = 10000;

typedef struct tcp {
    int fd;
    const bool *may_sleep; /* NULL: never */
    net_error error;       /* of the last call that failed */
} tcp;

static bool
would_block(int sys)
{
    /* Two names, which are one number on most systems. */
    if (sys == EAGAIN)
        return true;
    return sys == EWOULDBLOCK;
}

static pop3_result
fail(tcp *t, const char *what)
{
    int sys = errno;

    net_error_set(&t->error, sys, "cannot %s the server: %s", what,
                  strerror(sys));
    return POP3_ERR_IO;
}

static pop3_result
tcp_read(void *ctx, void *buf, size_t len, size_t *got, int *want)
{
    tcp *t = ctx;
    bool sleeps = t->may_sleep != NULL && *t->may_sleep;
    ssize_t n = recv(t->fd, buf, len, sleeps ? 0 : MSG_DONTWAIT);

    if (n > 0) {
        *got = (size_t)n;
        return POP3_OK;
    }
    if (n == 0) {
        net_error_set(&t->error, 0, "the server closed the connection");
        return POP3_ERR_CLOSED;
    }
    if (!would_block(errno) && errno != EINTR)
        return fail(t, "read from");
    *want = POP3_POLL_IN;
    return POP3_ERR_AGAIN;
}

static pop3_result
tcp_write(void *ctx, const void *data, size_t len, size_t *sent, int *want)
{
    tcp *t = ctx;
    ssize_t n;

    do {
        n = send(t->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n >= 0) {
        *sent = (size_t)n;
        return POP3_OK;
    }
    if (!would_block(errno))
        return fail(t, "write to");
    *want = POP3_POLL_OUT;
    return POP3_ERR_AGAIN;
}

static int
tcp_fd(void *ctx)
{
    const tcp *t = ctx;

    return t->fd;
}

static const char *
tcp_error_text(void *ctx, int *sys)
{
    const tcp *t = ctx;

    *sys = t->error.sys;
    return t->error.text;
}

static void
tcp_close(void *ctx)
{
    tcp *t = ctx;

    (void)close(t->fd);
    free(t);
}

pop3_result
tcp_transport(pop3_transport *transport, int fd)
{
    tcp *t = calloc(1, sizeof(*t));

    if (t == NULL) {
        (void)close(fd);
        return POP3_ERR_NOMEM;
    }
    t->fd = fd;
    *transport = (pop3_transport){
        .size = sizeof(*transport),
        .ctx = t,
        .read = tcp_read,
        .write = tcp_write,
        .fd = tcp_fd,
        .error_text = tcp_error_text,
        .close = tcp_close,
    };
    return POP3_OK;
}

void
tcp_let_sleep(const pop3_transport *transport, const bool *may_sleep)
{
    const struct timeval nap = {.tv_usec = NAP_US};
    tcp *t = transport->ctx;
    int flags = fcntl(t->fd, F_GETFL);

    if (flags != -1 &&
        setsockopt(t->fd, SOL_SOCKET, SO_RCVTIMEO, &nap, sizeof(nap)) == 0 &&
        fcntl(t->fd, F_SETFL, flags & ~O_NONBLOCK) == 0)
        t->may_sleep = may_sleep;
}
