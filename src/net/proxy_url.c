/* SPDX-License-Identifier: MIT */
/*
 * proxy_url - "socks5h://alice:secret@proxy.example.org:1080" becomes its
 * parts.
 *
 * socks5:// is the same as socks5h://: the proxy looks names up in both, as a
 * question to a name server here would tell where the user goes. A port that
 * is missing is 1080 for SOCKS; proxies of HTTP have no usual one, so it is
 * asked for. Nothing may follow the port but one slash. What is not known is
 * refused and never ignored: a connection that was to be hidden behind a proxy
 * must not go there directly.
 */
#include "net/proxy_url.h"

#include <string.h>

#include "base/percent.h"
#include "base/secret.h"
#include "base/text.h"
#include "net/resolve.h"
#include "base/banned.h"

/* A part of the text. */
typedef struct part {
    const char *ptr;
    size_t len;
} part;

static pop3_result
refuse(net_error *error, const char *why)
{
    net_error_set(error, 0, "the URL of the proxy cannot be used: %s", why);
    return POP3_ERR_ARGUMENT;
}

static pop3_result
decode(part in, char *out, size_t size, net_error *error)
{
    switch (percent_decode(in.ptr, in.len, out, size)) {
    case PERCENT_BAD:
        return refuse(error, "two hexadecimal digits must follow \"%\"; write "
                             "%25 for the sign itself");
    case PERCENT_CONTROL:
        return refuse(error, "it holds a control character");
    case PERCENT_LONG:
        return refuse(error, "a part of it is longer than 255 octets");
    case PERCENT_OK:
        break;
    }
    return POP3_OK;
}

static pop3_result
parse_scheme(proxy_url *out, part *rest, net_error *error)
{
    static const struct {
        const char *prefix;
        proxy_kind kind;
    } schemes[] = {{"socks5h://", PROXY_SOCKS5},
                   {"socks5://", PROXY_SOCKS5},
                   {"http://", PROXY_HTTP}};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = strlen(schemes[i].prefix);

        if (rest->len < len ||
            !text_equal_caseless(rest->ptr, len, schemes[i].prefix))
            continue;
        out->kind = schemes[i].kind;
        rest->ptr += len;
        rest->len -= len;
        return POP3_OK;
    }
    return refuse(error, "it begins with socks5h:// or http://, and no other "
                         "kind of proxy is known");
}

static pop3_result
parse_user(proxy_url *out, part text, net_error *error)
{
    const char *colon = memchr(text.ptr, ':', text.len);
    part user = text;
    part password = {text.ptr + text.len, 0};
    pop3_result result;

    if (colon != NULL) {
        user.len = (size_t)(colon - text.ptr);
        password = (part){colon + 1, text.len - user.len - 1};
    }
    result = decode(user, out->user, sizeof(out->user), error);
    if (result == POP3_OK)
        result = decode(password, out->password, sizeof(out->password), error);
    if (result != POP3_OK)
        return result;
    if (out->user[0] == '\0')
        return refuse(error, "a user must stand before \"@\"");
    /* RFC 7617 §2: the first colon ends the name. */
    if (out->kind == PROXY_HTTP && strchr(out->user, ':') != NULL)
        return refuse(error, "a user's name has no colon in HTTP");
    out->has_user = true;
    return POP3_OK;
}

static pop3_result
parse_port(proxy_url *out, part text, net_error *error)
{
    const char *why = "its port must be a number from 1 to 65535";
    unsigned port = 0;

    if (text.len == 0 || text.len >= sizeof(out->port))
        return refuse(error, why);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return refuse(error, why);
        port = port * 10 + (unsigned)(text.ptr[i] - '0');
    }
    if (port < 1 || port > 65535)
        return refuse(error, why);
    memcpy(out->port, text.ptr, text.len);
    out->port[text.len] = '\0';
    return POP3_OK;
}

/* "host", "host:port", "[address]" and "[address]:port". */
static pop3_result
split_server(part text, part *host, part *port, net_error *error)
{
    bool bracket = text.len > 0 && text.ptr[0] == '[';
    const char *end = memchr(text.ptr, bracket ? ']' : ':', text.len);
    part tail = {text.ptr + text.len, 0};

    *host = text;
    if (bracket && end == NULL)
        return refuse(error, "the closing bracket of the address is missing");
    if (end != NULL) {
        const char *after = bracket ? end + 1 : end;

        host->ptr += bracket ? 1 : 0;
        host->len = (size_t)(end - host->ptr);
        tail.ptr = after;
        tail.len = text.len - (size_t)(after - text.ptr);
    }
    if (tail.len > 0 && tail.ptr[0] != ':')
        return refuse(error, "only a port may follow the address");
    *port =
        tail.len > 0 ? (part){tail.ptr + 1, tail.len - 1} : (part){NULL, 0};
    return POP3_OK;
}

static pop3_result
parse_server(proxy_url *out, part text, net_error *error)
{
    part host;
    part port;
    net_error why = {0};
    pop3_result result;

    if (text.len > 0 && text.ptr[text.len - 1] == '/')
        text.len--;
    result = split_server(text, &host, &port, error);
    if (result == POP3_OK)
        result = decode(host, out->host, sizeof(out->host), error);
    if (result != POP3_OK)
        return result;
    if (resolve_check_host(out->host, &why) != POP3_OK)
        return refuse(error, why.text);
    if (strpbrk(out->host, "/?#") != NULL)
        return refuse(error, "nothing may follow its port");
    if (port.ptr != NULL)
        return parse_port(out, port, error);
    if (out->kind == PROXY_HTTP)
        return refuse(error, "a port must follow the host of a proxy of HTTP, "
                             "as in http://proxy.example.org:3128");
    memcpy(out->port, "1080", sizeof("1080"));
    return POP3_OK;
}

pop3_result
proxy_url_parse(proxy_url *out, const char *text, net_error *error)
{
    part rest = {text, strlen(text)};
    pop3_result result;
    const char *at;

    *out = (proxy_url){.kind = PROXY_SOCKS5};
    result = parse_scheme(out, &rest, error);
    if (result != POP3_OK)
        return result;
    at = memrchr(rest.ptr, '@', rest.len);
    if (at != NULL) {
        part user = {rest.ptr, (size_t)(at - rest.ptr)};

        result = parse_user(out, user, error);
        rest.len -= user.len + 1;
        rest.ptr = at + 1;
    }
    if (result == POP3_OK)
        result = parse_server(out, rest, error);
    if (result != POP3_OK)
        secret_wipe(out, sizeof(*out));
    return result;
}
