/* SPDX-License-Identifier: MIT */
/*
 * proxy - what is said to a proxy before the mail server is heard.
 *
 * Each step sends what waits, then receives exactly what the stage needs: for
 * SOCKS so many octets, for HTTP a line, which is looked at in the socket
 * before it is taken out of it. So no octet of the server is ever taken, and
 * nothing has to be handed back.
 *
 * The proxy gets the name of the server, not an address, and looks it up (an
 * address is given as it is). It is a stranger like the server: what it says
 * is bounded, parsed strictly and shown printable only. TLS is between us and
 * the server; the name in its certificate is never that of the proxy. User and
 * password go to the proxy in clear text, which is how these protocols are;
 * words of the proxy that repeat them are not shown (R16).
 *
 * Limits: 4,096 octets for a line of HTTP, 32 KiB for all of them. One
 * allocation, which is freed when the connection stands.
 */
#include "net/proxy.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/secret.h"
#include "net/proxy_impl.h"
#include "net/resolve.h"
#include "base/banned.h"

/* ---- failures ---- */

pop3_result
proxy_fail(const proxy *p, net_error *error, pop3_result result, int sys,
           const char *format, ...)
{
    char what[400];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    net_error_set(error, sys, "the proxy %s port %s %s", p->url.host,
                  p->url.port, what);
    return result;
}

pop3_result
proxy_fail_grammar(const proxy *p, net_error *error, const char *what)
{
    return proxy_fail(p, error, POP3_ERR_PROTOCOL, 0,
                      "gave an answer that is none: %s; is it a proxy of %s?",
                      what, p->url.kind == PROXY_HTTP ? "HTTP" : "SOCKS 5");
}

pop3_result
proxy_fail_login(const proxy *p, net_error *error, const char *what)
{
    return proxy_fail(p, error, POP3_ERR_IO, EACCES, "%s; %s", what,
                      p->url.has_user ? "check its user and password"
                                      : "it may want a user and a password");
}

/* ---- octets ---- */

void
proxy_put(proxy *p, const void *data, size_t len)
{
    memcpy(p->out + p->out_len, data, len);
    p->out_len += len;
}

void
proxy_put_octet(proxy *p, unsigned octet)
{
    p->out[p->out_len++] = (char)octet;
}

void
proxy_put_text(proxy *p, const char *text)
{
    proxy_put(p, text, strlen(text));
}

void
proxy_expect(proxy *p, proxy_stage next, size_t need)
{
    p->stage = next;
    p->need = need;
    p->in_len = 0;
}

static pop3_result
fail_io(proxy *p, net_error *error, int want)
{
    int sys = errno;

    if (sys == EAGAIN || sys == EINTR) {
        p->want = want;
        return POP3_ERR_AGAIN;
    }
    if (sys == ECONNRESET || sys == EPIPE)
        return proxy_fail(
            p, error, POP3_ERR_CLOSED, sys,
            "closed the connection before the server was reached");
    return proxy_fail(p, error, POP3_ERR_IO, sys, "cannot be spoken to: %s",
                      strerror(sys));
}

static pop3_result
flush(proxy *p, net_error *error)
{
    while (p->out_sent < p->out_len) {
        ssize_t n = send(p->fd, p->out + p->out_sent, p->out_len - p->out_sent,
                         MSG_NOSIGNAL);

        if (n < 0)
            return fail_io(p, error, POP3_POLL_OUT);
        p->out_sent += (size_t)n;
    }
    secret_wipe(p->out, p->out_len);
    p->out_len = p->out_sent = 0;
    return POP3_OK;
}

static pop3_result
receive(proxy *p, size_t len, int flags, size_t *got, net_error *error)
{
    ssize_t n = recv(p->fd, p->in + p->in_len, len, flags);

    if (n < 0)
        return fail_io(p, error, POP3_POLL_IN);
    if (n == 0)
        return proxy_fail(
            p, error, POP3_ERR_CLOSED, 0,
            "closed the connection before the server was reached");
    *got = (size_t)n;
    return POP3_OK;
}

static pop3_result
receive_needed(proxy *p, net_error *error)
{
    while (p->in_len < p->need) {
        size_t got = 0;
        pop3_result result = receive(p, p->need - p->in_len, 0, &got, error);

        if (result != POP3_OK)
            return result;
        p->in_len += got;
    }
    return POP3_OK;
}

/* A line with its end, and not an octet more. */
static pop3_result
receive_line(proxy *p, net_error *error)
{
    for (;;) {
        size_t room = sizeof(p->in) - p->in_len;
        size_t got = 0;
        const char *end;
        pop3_result result = receive(p, room, MSG_PEEK, &got, error);

        if (result != POP3_OK)
            return result;
        end = memchr(p->in + p->in_len, '\n', got);
        if (end != NULL)
            got = (size_t)(end + 1 - (p->in + p->in_len));
        result = receive(p, got, 0, &got, error);
        if (result != POP3_OK)
            return result;
        p->in_len += got;
        p->head += got;
        if (p->head > PROXY_HEAD_MAX ||
            (end == NULL && p->in_len == sizeof(p->in)))
            return proxy_fail(
                p, error, POP3_ERR_LIMIT, 0,
                "sent more than an answer has: %d octets in a line, "
                "%d in all",
                PROXY_LINE_MAX, PROXY_HEAD_MAX);
        if (p->in[p->in_len - 1] == '\n')
            return POP3_OK;
    }
}

/* ---- steps ---- */

pop3_result
proxy_step(proxy *p, int *fd, net_error *error)
{
    while (p->stage != PROXY_OPEN) {
        pop3_result result = flush(p, error);

        if (result == POP3_OK)
            result = p->url.kind == PROXY_HTTP ? receive_line(p, error)
                                               : receive_needed(p, error);
        if (result == POP3_OK)
            result = p->url.kind == PROXY_HTTP ? http_take(p, error)
                                               : socks_take(p, error);
        if (result != POP3_OK)
            return result;
    }
    *fd = p->fd;
    p->fd = -1;
    return POP3_OK;
}

/* ---- beginning and end ---- */

/* Whether the server can be named to a proxy. */
static pop3_result
set_target(proxy *p, const char *host, const char *port, net_error *error)
{
    pop3_result result = resolve_check_host(host, error);
    unsigned number = resolve_port(port);

    if (result != POP3_OK)
        return result;
    if (strchr(host, '%') != NULL) {
        net_error_set(error, 0,
                      "an address with a zone is one of this "
                      "machine's own links: no proxy can reach it");
        return POP3_ERR_ARGUMENT;
    }
    if (!resolve_is_address(host) && strpbrk(host, ":/?#@\\\"") != NULL) {
        net_error_set(error, 0,
                      "the host has a character that no name of a "
                      "host has, and is not told to a proxy");
        return POP3_ERR_ARGUMENT;
    }
    if (number == 0) {
        net_error_set(error, 0,
                      "the port is no number from 1 to 65535 and "
                      "no service that is known");
        return POP3_ERR_ARGUMENT;
    }
    (void)snprintf(p->host, sizeof(p->host), "%s", host);
    p->port = (uint16_t)number;
    return POP3_OK;
}

pop3_result
proxy_new(proxy **out, const char *url, const char *host, const char *port,
          net_error *error)
{
    proxy *p = calloc(1, sizeof(*p));
    pop3_result result;

    if (p == NULL) {
        net_error_set(error, ENOMEM, "out of memory");
        return POP3_ERR_NOMEM;
    }
    p->fd = -1;
    result = proxy_url_parse(&p->url, url, error);
    if (result == POP3_OK)
        result = set_target(p, host, port, error);
    if (result != POP3_OK) {
        proxy_free(p);
        return result;
    }
    if (p->url.kind == PROXY_HTTP)
        http_begin(p);
    else
        socks_begin(p);
    *out = p;
    return POP3_OK;
}

const char *
proxy_host(const proxy *p)
{
    return p->url.host;
}

const char *
proxy_port(const proxy *p)
{
    return p->url.port;
}

void
proxy_use(proxy *p, int fd)
{
    p->fd = fd;
    p->want = POP3_POLL_OUT;
}

int
proxy_fd(const proxy *p)
{
    return p->fd;
}

int
proxy_events(const proxy *p)
{
    return p->want;
}

void
proxy_free(proxy *p)
{
    if (p == NULL)
        return;
    if (p->fd >= 0)
        (void)close(p->fd);
    secret_wipe(p, sizeof(*p));
    free(p);
}
