/* SPDX-License-Identifier: MIT */
/*
 * lmtp_link - a socket, perhaps with TLS, that is waited for with poll(2).
 *
 * The server need not be a friend: each wait ends after timeout_ms without an
 * octet, and all of them together at until_ms; a line has a limit; and the end
 * of the stream is an error wherever it comes.
 */
#include "mail/lmtp_link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/clock.h"
#include "net/dial.h"
#include "net/tcp.h"

#include "base/banned.h"

static const char *
name_of(const lmtp_link *l)
{
    return l->where->path[0] != '\0' ? l->where->path : l->where->host;
}

void
lmtp_link_allow(lmtp_link *l, uint64_t ms)
{
    l->until_ms = ms > INT64_MAX / 2 ? INT64_MAX : clock_ms() + (int64_t)ms;
}

void
lmtp_link_close(lmtp_link *l)
{
    if (l->open)
        l->transport.close(l->transport.ctx);
    l->open = false;
    l->in_len = 0;
    tls_config_free(l->tls);
    l->tls = NULL;
}

static mail_result
fail(lmtp_link *l, mail_result result, const char *why, mail_error *error)
{
    (void)mail_fail(error, result, 0, "the LMTP server %.150s: %.350s",
                    name_of(l), why);
    lmtp_link_close(l);
    return result;
}

/* What the transport says about its last failure. */
static mail_result
fail_transport(lmtp_link *l, pop3_result how, mail_error *error)
{
    int sys = 0;
    const char *why = l->transport.error_text(l->transport.ctx, &sys);

    return fail(l, how == POP3_ERR_CERT ? MAIL_ERR_CONFIG : MAIL_ERR_BUSY, why,
                error);
}

/* Waits for the descriptor. False: the time is over. */
static bool
wait_for(const lmtp_link *l, int fd, int events, int64_t most_ms)
{
    struct pollfd one = {.fd = fd, .events = (short)events};
    int64_t left_ms = l->until_ms - clock_ms();
    int64_t wait_ms = left_ms < most_ms ? left_ms : most_ms;
    int n;

    if (wait_ms <= 0)
        return false;
    n = poll(&one, 1, wait_ms > 1 << 30 ? 1 << 30 : (int)wait_ms);
    return n != 0; /* a signal: it is looked at once more */
}

static short
poll_events(int want)
{
    return (short)(((want & POP3_POLL_IN) != 0 ? POLLIN : 0) |
                   ((want & POP3_POLL_OUT) != 0 ? POLLOUT : 0));
}

static mail_result
wait_transport(lmtp_link *l, int want, mail_error *error)
{
    int fd = l->transport.fd(l->transport.ctx);

    return wait_for(l, fd, poll_events(want), (int64_t)l->timeout_ms)
               ? MAIL_OK
               : fail(l, MAIL_ERR_BUSY, "it did not answer in time", error);
}

/* Connected, non-blocking; -1: `why` tells. */
static int
connect_local(const lmtp_link *l, char *why, size_t size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, l->where->path, strlen(l->where->path) + 1);
    if (fd != -1 &&
        connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    (void)snprintf(why, size, "cannot connect: %s", strerror(errno));
    if (fd != -1)
        close(fd);
    return -1;
}

static int
connect_host(const lmtp_link *l, char *why, size_t size)
{
    net_error failure = {0};
    dial *d = NULL;
    int fd = -1;
    pop3_result result =
        dial_new(&d, l->where->host, l->where->port, NULL, &failure);

    while (result == POP3_OK &&
           (result = dial_step(d, &fd, &failure)) == POP3_ERR_AGAIN) {
        int wait_ms = dial_timeout_ms(d);

        if (!wait_for(l, dial_fd(d), dial_events(d),
                      wait_ms < 0 ? INT64_MAX : wait_ms) &&
            clock_ms() >= l->until_ms)
            break;
        result = POP3_OK;
    }
    if (result == POP3_ERR_AGAIN)
        net_error_set(&failure, 0, "no connection in time");
    dial_free(d);
    if (result != POP3_OK) {
        (void)snprintf(why, size, "%s", failure.text);
        return -1;
    }
    return fd;
}

static mail_result
handshake(lmtp_link *l, mail_error *error)
{
    int want = 0;
    pop3_result result;

    while ((result = l->transport.start_tls(l->transport.ctx, NULL, &want)) ==
           POP3_ERR_AGAIN) {
        mail_result waited = wait_transport(l, want, error);

        if (waited != MAIL_OK)
            return waited;
    }
    return result == POP3_OK ? MAIL_OK : fail_transport(l, result, error);
}

mail_result
lmtp_link_start_tls(lmtp_link *l, mail_error *error)
{
    const char *ca = l->where->ca_file;
    const pop3_tls_options options = {.ca_file = ca[0] == '\0' ? NULL : ca};
    net_error failure = {0};

    if (l->in_len > 0)
        return fail(l, MAIL_ERR_BUSY,
                    "it sent something behind its answer to STARTTLS", error);
    if (tls_config_new(&l->tls, &options, l->where->host, l->where->port,
                       &failure) != POP3_OK ||
        tls_wrap(&l->transport, l->tls, &failure) != POP3_OK)
        return fail(l, MAIL_ERR_CONFIG, failure.text, error);
    return handshake(l, error);
}

mail_result
lmtp_link_open(lmtp_link *l, mail_error *error)
{
    char why[640] = "";
    bool local = l->where->path[0] != '\0';
    int fd = local ? connect_local(l, why, sizeof(why))
                   : connect_host(l, why, sizeof(why));

    l->in_len = 0;
    if (fd == -1)
        return fail(l, MAIL_ERR_BUSY, why, error);
    if (tcp_transport(&l->transport, fd) != POP3_OK)
        return mail_fail_nomem(error);
    l->open = true;
    return l->where->tls == LMTP_TLS_IMPLICIT ? lmtp_link_start_tls(l, error)
                                              : MAIL_OK;
}

mail_result
lmtp_link_send(lmtp_link *l, const char *data, size_t len, mail_error *error)
{
    while (len > 0) {
        size_t sent = 0;
        int want = POP3_POLL_OUT;
        pop3_result result =
            l->transport.write(l->transport.ctx, data, len, &sent, &want);
        mail_result waited = MAIL_OK;

        if (result == POP3_ERR_AGAIN)
            waited = wait_transport(l, want, error);
        else if (result != POP3_OK)
            return fail_transport(l, result, error);
        if (waited != MAIL_OK)
            return waited;
        data += sent;
        len -= sent;
    }
    return MAIL_OK;
}

/* What is there to be read. */
static pop3_result
read_some(lmtp_link *l, int *want)
{
    size_t got = 0;
    pop3_result result =
        l->transport.read(l->transport.ctx, l->in + l->in_len,
                          sizeof(l->in) - l->in_len, &got, want);

    l->in_len += got;
    return result;
}

mail_result
lmtp_link_expect_silence(lmtp_link *l, mail_error *error)
{
    int want = POP3_POLL_IN;
    pop3_result result = l->in_len > 0 ? POP3_OK : read_some(l, &want);

    if (result == POP3_ERR_AGAIN)
        return MAIL_OK;
    if (result != POP3_OK)
        return fail_transport(l, result, error);
    return fail(l, MAIL_ERR_BUSY, "it said something that nobody asked for",
                error);
}

static mail_result
receive(lmtp_link *l, mail_error *error)
{
    for (;;) {
        int want = POP3_POLL_IN;
        mail_result waited;
        pop3_result result = read_some(l, &want);

        if (result == POP3_OK)
            return MAIL_OK;
        if (result != POP3_ERR_AGAIN)
            return fail_transport(l, result, error);
        waited = wait_transport(l, want, error);
        if (waited != MAIL_OK)
            return waited;
    }
}

mail_result
lmtp_link_line(lmtp_link *l, char line[LMTP_LINE_MAX + 1], mail_error *error)
{
    const char *lf;
    size_t len;

    while ((lf = memchr(l->in, '\n', l->in_len)) == NULL) {
        mail_result result;

        if (l->in_len == sizeof(l->in))
            return fail(l, MAIL_ERR_BUSY, "its answer has no end", error);
        result = receive(l, error);
        if (result != MAIL_OK)
            return result;
    }
    len = (size_t)(lf - l->in);
    if (memchr(l->in, '\0', len) != NULL)
        return fail(l, MAIL_ERR_BUSY, "its answer holds a NUL", error);
    memcpy(line, l->in, len);
    l->in_len -= len + 1;
    memmove(l->in, lf + 1, l->in_len);
    if (len > 0 && line[len - 1] == '\r')
        len--;
    line[len] = '\0';
    return MAIL_OK;
}
