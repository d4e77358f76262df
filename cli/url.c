/* SPDX-License-Identifier: MIT */
/*
 * url - "pops://alice;AUTH=PLAIN@mail.example.org:995/" becomes its parts.
 *
 * RFC 2384 §3 and §4: pop://<user>;AUTH=<mechanism>@<host>:<port>, where
 * <mechanism> may be "*" (any), "+APOP" or a SASL mechanism; there is no path
 * and no place for a password. pops:// and pop3s:// are not in the RFC, but
 * are what everybody writes for TLS from the first octet. More is accepted
 * than the RFC has in two places: a user may hold an unescaped "@", as many
 * login names are addresses, and one slash may stand at the end.
 *
 * The name of the server becomes what DNS has: letters outside ASCII turn into
 * an xn-- form (RFC 3986 §3.2.2).
 *
 * A decoded control character is refused, as it could end a command line.
 * Whoever calls this may show `why`: it never repeats user or password.
 */
#include "cli/url.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/percent.h"
#include "base/text.h"
#include "net/idn.h"

#include "base/banned.h"

typedef struct parser {
    char *why;
    size_t why_size;
} parser;

/* A part of the text. */
typedef struct part {
    const char *ptr;
    size_t len;
} part;

static bool
fail(const parser *p, const char *why)
{
    (void)snprintf(p->why, p->why_size, "%s", why);
    return false;
}

/* Decodes %XX. Refuses controls, also encoded ones, and what is too long. */
static bool
decode(const parser *p, part in, char *out, size_t size)
{
    switch (percent_decode(in.ptr, in.len, out, size)) {
    case PERCENT_BAD:
        return fail(p, "two hexadecimal digits must follow \"%\"; write %25 "
                       "for the sign itself");
    case PERCENT_CONTROL:
        return fail(p, "it holds a control character");
    case PERCENT_LONG:
        return fail(p, "a part of it is too long");
    case PERCENT_OK:
        break;
    }
    return true;
}

static bool
parse_scheme(const parser *p, part *rest, url *out)
{
    static const struct {
        const char *prefix;
        url_scheme scheme;
    } schemes[] = {{"pop", URL_POP},
                   {"pops", URL_POPS},
                   {"pop3", URL_POP},
                   {"pop3s", URL_POPS}};
    const char *colon = memchr(rest->ptr, ':', rest->len);
    size_t len = colon == NULL ? 0 : (size_t)(colon - rest->ptr);
    size_t i;

    if (rest->len - len < 3 || memcmp(rest->ptr + len, "://", 3) != 0)
        return fail(p, "it is not a URL; one looks like "
                       "pops://user@mail.example.org");
    for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (text_equal_caseless(rest->ptr, len, schemes[i].prefix)) {
            out->scheme = schemes[i].scheme;
            rest->ptr += len + 3;
            rest->len -= len + 3;
            return true;
        }
    }
    return fail(p, "its scheme is not known; use pops:// for TLS, or pop:// "
                   "for STLS");
}

static bool
parse_auth(const parser *p, part text, url *out)
{
    size_t i;

    if (text.len < 5 || !text_equal_caseless(text.ptr, 5, "auth="))
        return fail(p, "only ;AUTH= may follow the user; write %3B for \";\" "
                       "in a user's name");
    text.ptr += 5;
    text.len -= 5;
    if (!decode(p, text, out->auth, sizeof(out->auth)))
        return false;
    for (i = 0; out->auth[i] != '\0'; i++) {
        char c = out->auth[i];

        if (text_is_letter(c))
            out->auth[i] = (char)(text_lower(c) - 'a' + 'A');
        else if (strchr("0123456789-_+*", c) == NULL)
            return fail(p, "the mechanism after ;AUTH= has a character that "
                           "no mechanism has");
    }
    if (strcmp(out->auth, "+APOP") == 0)
        memcpy(out->auth, "APOP", sizeof("APOP"));
    else if (strcmp(out->auth, "*") == 0)
        out->auth[0] = '\0';
    else if (out->auth[0] == '\0' || strpbrk(out->auth, "+*") != NULL)
        return fail(p, "the mechanism after ;AUTH= is none; use *, +APOP, or "
                       "PLAIN");
    return true;
}

static bool
parse_user(const parser *p, part text, url *out)
{
    const char *semicolon = memchr(text.ptr, ';', text.len);
    part user = text;

    if (semicolon != NULL)
        user.len = (size_t)(semicolon - text.ptr);
    if (memchr(user.ptr, ':', user.len) != NULL)
        return fail(p, "a password does not belong into a URL, where others "
                       "can read it (ps, history, logs): leave it out to be "
                       "asked, or use --password-file or --password-command; "
                       "write %3A for \":\" in a user's name");
    if (user.len == 0)
        return fail(p, "a user must stand before \"@\"");
    if (!decode(p, user, out->user, sizeof(out->user)))
        return false;
    if (semicolon == NULL)
        return true;
    text.len -= user.len + 1;
    text.ptr = semicolon + 1;
    return parse_auth(p, text, out);
}

static bool
parse_port(const parser *p, part text, url *out)
{
    uint32_t port = 0;
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || port > 65535)
            return fail(p, "the port must be a number from 1 to 65535");
        port = port * 10 + (uint32_t)(text.ptr[i] - '0');
    }
    if (port < 1 || port > 65535)
        return fail(p, "the port must be a number from 1 to 65535");
    (void)snprintf(out->port, sizeof(out->port), "%u", port & 0xffff);
    return true;
}

/* One name, however it is written: state and keyrings know it by this. */
static bool
to_ascii(const parser *p, url *out)
{
    net_error error = {0};
    char *name = NULL;
    bool fits;

    if (idn_to_ascii(out->host, &name, &error) != POP3_OK)
        return fail(p, error.text);
    fits = strlen(name) < sizeof(out->host);
    if (fits)
        memcpy(out->host, name, strlen(name) + 1);
    free(name);
    return fits || fail(p, "a part of it is too long");
}

static bool
set_host(const parser *p, part text, const char *allowed, url *out)
{
    size_t i;

    if (!decode(p, text, out->host, sizeof(out->host)) || !to_ascii(p, out))
        return false;
    if (out->host[0] == '\0')
        return fail(p, "the name of the server is missing");
    for (i = 0; out->host[i] != '\0'; i++) {
        char c = out->host[i];

        if (!text_is_letter(c) && strchr(allowed, c) == NULL)
            return fail(p, "the name of the server has a character that no "
                           "such name has; an international name is written "
                           "in its xn-- form");
        out->host[i] = text_lower(c);
    }
    return true;
}

/* What follows the "%" of "fe80::1%25eth0" (RFC 6874 §2), or of
 * "fe80::1%eth0", as people write it: the name of an interface, whose
 * capitals count. */
static bool
add_zone(const parser *p, part zone, url *out)
{
    size_t len = strlen(out->host);
    size_t i;

    if (zone.len >= 2 && memcmp(zone.ptr, "25", 2) == 0) {
        zone.ptr += 2;
        zone.len -= 2;
    }
    out->host[len++] = '%';
    if (zone.len == 0 || len + zone.len >= sizeof(out->host))
        return fail(p, "the name of an interface must follow the \"%\" of the "
                       "address");
    for (i = 0; i < zone.len; i++) {
        char c = zone.ptr[i];

        if (!text_is_letter(c) && strchr("0123456789.-_", c) == NULL)
            return fail(p, "the zone of the address has a character that no "
                           "interface has");
        out->host[len++] = c;
    }
    out->host[len] = '\0';
    return true;
}

/* Between the brackets. */
static bool
set_address(const parser *p, part text, url *out)
{
    const char *percent = memchr(text.ptr, '%', text.len);
    part address = text;

    if (percent == NULL)
        return set_host(p, text, "0123456789:.", out);
    address.len = (size_t)(percent - text.ptr);
    text.ptr = percent + 1;
    text.len -= address.len + 1;
    return set_host(p, address, "0123456789:.", out) && add_zone(p, text, out);
}

/* What follows the bracket of an IPv6 address, or the name: ":port" or
 * nothing. */
static bool
parse_tail(const parser *p, part text, url *out)
{
    if (text.len == 0)
        return true;
    if (text.ptr[0] != ':')
        return fail(p, "only a port may follow the address in brackets");
    text.ptr++;
    text.len--;
    return parse_port(p, text, out);
}

static bool
parse_server(const parser *p, part text, url *out)
{
    const char *end;
    part host = text;

    if (text.len > 0 && text.ptr[text.len - 1] == '/')
        text.len--;
    if (memchr(text.ptr, '/', text.len) != NULL ||
        memchr(text.ptr, '?', text.len) != NULL ||
        memchr(text.ptr, '#', text.len) != NULL)
        return fail(p, "a POP URL ends with the server: there are no folders "
                       "in POP3");
    if (text.len > 0 && text.ptr[0] == '[') {
        end = memchr(text.ptr, ']', text.len);
        if (end == NULL)
            return fail(p, "the closing bracket of the address is missing");
        host.ptr = text.ptr + 1;
        host.len = (size_t)(end - host.ptr);
        text.len -= (size_t)(end + 1 - text.ptr);
        text.ptr = end + 1;
        return set_address(p, host, out) && parse_tail(p, text, out);
    }
    end = memchr(text.ptr, ':', text.len);
    host.len = end == NULL ? text.len : (size_t)(end - text.ptr);
    text.ptr += host.len;
    text.len -= host.len;
    return set_host(p, host, "0123456789.-_", out) && parse_tail(p, text, out);
}

bool
url_parse(const char *text, url *out, char *why, size_t why_size)
{
    parser p = {why, why_size};
    part rest = {text, strlen(text)};
    const char *at;

    *out = (url){.scheme = URL_POP};
    if (!parse_scheme(&p, &rest, out))
        return false;
    at = memrchr(rest.ptr, '@', rest.len);
    if (at != NULL) {
        part user = {rest.ptr, (size_t)(at - rest.ptr)};

        if (!parse_user(&p, user, out))
            return false;
        rest.len -= user.len + 1;
        rest.ptr = at + 1;
    }
    return parse_server(&p, rest, out);
}
