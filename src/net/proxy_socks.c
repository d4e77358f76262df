/* SPDX-License-Identifier: MIT */
/*
 * proxy_socks - SOCKS 5 (RFC 1928), with user and password (RFC 1929).
 *
 *   METHOD ─▶ (LOGIN) ─▶ REPLY ─▶ (LENGTH) ─▶ BOUND ─▶ OPEN
 *
 * A login is offered beside none if the user has one, and the proxy chooses;
 * a choice that was not offered ends it. A refusal is told as soon as its code
 * is there: some proxies close before the address that should follow.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "net/proxy_impl.h"
#include "base/banned.h"

enum {
    VERSION = 5,
    LOGIN_VERSION = 1, /* RFC 1929 §2 */
    METHOD_NONE = 0,
    METHOD_PASSWORD = 2,
    METHOD_REFUSED = 0xff,
    ADDRESS_IPV4 = 1,
    ADDRESS_NAME = 3,
    ADDRESS_IPV6 = 4
};

void
socks_begin(proxy *p)
{
    proxy_put_octet(p, VERSION);
    proxy_put_octet(p, p->url.has_user ? 2 : 1);
    proxy_put_octet(p, METHOD_NONE);
    if (p->url.has_user)
        proxy_put_octet(p, METHOD_PASSWORD);
    proxy_expect(p, SOCKS_METHOD, 2);
}

static void
socks_login(proxy *p)
{
    proxy_put_octet(p, LOGIN_VERSION);
    proxy_put_octet(p, (unsigned)strlen(p->url.user));
    proxy_put_text(p, p->url.user);
    proxy_put_octet(p, (unsigned)strlen(p->url.password));
    proxy_put_text(p, p->url.password);
    proxy_expect(p, SOCKS_LOGIN, 2);
}

static void
put_address(proxy *p)
{
    unsigned char octets[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, p->host, octets) == 1) {
        proxy_put_octet(p, ADDRESS_IPV4);
        proxy_put(p, octets, sizeof(struct in_addr));
    } else if (inet_pton(AF_INET6, p->host, octets) == 1) {
        proxy_put_octet(p, ADDRESS_IPV6);
        proxy_put(p, octets, sizeof(struct in6_addr));
    } else {
        proxy_put_octet(p, ADDRESS_NAME);
        proxy_put_octet(p, (unsigned)strlen(p->host));
        proxy_put_text(p, p->host);
    }
}

static void
socks_connect(proxy *p)
{
    proxy_put_octet(p, VERSION);
    proxy_put_octet(p, 1); /* CONNECT */
    proxy_put_octet(p, 0);
    put_address(p);
    proxy_put_octet(p, p->port >> 8);
    proxy_put_octet(p, p->port & 0xffU);
    proxy_expect(p, SOCKS_REPLY, 4);
}

static pop3_result
take_method(proxy *p, net_error *error)
{
    unsigned method = proxy_octet(p, 1);

    if (proxy_octet(p, 0) != VERSION)
        return proxy_fail_grammar(p, error, "it is not of version 5");
    if (method == METHOD_REFUSED)
        return proxy_fail_login(p, error,
                                p->url.has_user
                                    ? "takes neither a password nor none"
                                    : "lets nobody in without a login");
    if (method == METHOD_PASSWORD && p->url.has_user)
        socks_login(p);
    else if (method == METHOD_NONE)
        socks_connect(p);
    else
        return proxy_fail_grammar(p, error,
                                  "a way to log in that was not offered");
    return POP3_OK;
}

static pop3_result
take_login(proxy *p, net_error *error)
{
    if (proxy_octet(p, 0) != LOGIN_VERSION)
        return proxy_fail_grammar(p, error, "its login is not of version 1");
    if (proxy_octet(p, 1) != 0)
        return proxy_fail_login(p, error, "refused user and password");
    socks_connect(p);
    return POP3_OK;
}

/* RFC 1928 §6. */
static pop3_result
fail_reply(const proxy *p, unsigned code, net_error *error)
{
    static const struct {
        int sys;
        const char *words;
    } replies[] = {
        {EIO, "general failure"},
        {EACCES, "its rules do not allow this connection"},
        {ENETUNREACH, "the network is unreachable"},
        {EHOSTUNREACH, "the host is unreachable, or its name unknown"},
        {ECONNREFUSED, "the connection was refused"},
        {ETIMEDOUT, "the time to live expired"},
        {EOPNOTSUPP, "it does not know this command"},
        {EAFNOSUPPORT, "it does not know this kind of address"},
    };
    bool known = code <= sizeof(replies) / sizeof(replies[0]);

    return proxy_fail(
        p, error, POP3_ERR_IO, known ? replies[code - 1].sys : EIO,
        "cannot connect to %s port %u: %s (reply %u)", p->host,
        (unsigned)p->port, known ? replies[code - 1].words : "it says not why",
        code);
}

static pop3_result
take_reply(proxy *p, net_error *error)
{
    if (proxy_octet(p, 0) != VERSION)
        return proxy_fail_grammar(p, error, "it is not of version 5");
    if (proxy_octet(p, 1) != 0)
        return fail_reply(p, proxy_octet(p, 1), error);
    switch (proxy_octet(p, 3)) {
    case ADDRESS_IPV4:
        proxy_expect(p, SOCKS_BOUND, sizeof(struct in_addr) + 2);
        return POP3_OK;
    case ADDRESS_IPV6:
        proxy_expect(p, SOCKS_BOUND, sizeof(struct in6_addr) + 2);
        return POP3_OK;
    case ADDRESS_NAME:
        proxy_expect(p, SOCKS_LENGTH, 1);
        return POP3_OK;
    default:
        return proxy_fail_grammar(p, error,
                                  "a kind of address that does not exist");
    }
}

pop3_result
socks_take(proxy *p, net_error *error)
{
    switch (p->stage) {
    case SOCKS_METHOD:
        return take_method(p, error);
    case SOCKS_LOGIN:
        return take_login(p, error);
    case SOCKS_REPLY:
        return take_reply(p, error);
    case SOCKS_LENGTH:
        proxy_expect(p, SOCKS_BOUND, proxy_octet(p, 0) + 2U);
        break;
    case SOCKS_BOUND:
        proxy_expect(p, PROXY_OPEN, 0);
        break;
    case HTTP_STATUS:
    case HTTP_FIELD:
    case PROXY_OPEN:
        break;
    }
    return POP3_OK;
}
