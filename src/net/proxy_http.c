/* SPDX-License-Identifier: MIT */
/*
 * proxy_http - CONNECT (RFC 9110 §9.3.6) with Basic (RFC 7617).
 *
 *   STATUS ─▶ FIELD ... ─▶ OPEN     (a status 1xx: STATUS again)
 *
 * The answer is read as strictly as the grammar is (RFC 9112): CRLF, no line
 * that goes on in the next, no control characters. What stands in its header
 * is of no use and is thrown away. Words of the proxy are shown only if they
 * do not repeat what it was told in secret (R16).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/secret.h"
#include "base/text.h"
#include "net/proxy_impl.h"
#include "base/banned.h"

enum {
    BASIC_MAX = 700 /* 511 octets in base64, and a NUL */
};

static void
put_target(proxy *p)
{
    bool ipv6 = strchr(p->host, ':') != NULL;
    char target[sizeof(p->host) + 16];

    (void)snprintf(target, sizeof(target), ipv6 ? "[%s]:%u" : "%s:%u", p->host,
                   (unsigned)p->port);
    proxy_put_text(p, target);
}

/* Writes what follows "Basic" to `out`, with a NUL. */
static void
make_basic(const proxy *p, char *out)
{
    char pair[sizeof(p->url.user) + sizeof(p->url.password)];
    int len =
        snprintf(pair, sizeof(pair), "%s:%s", p->url.user, p->url.password);

    base64_encode(pair, (size_t)len, out);
    out[base64_encoded_len((size_t)len)] = '\0';
    secret_wipe(pair, sizeof(pair));
}

void
http_begin(proxy *p)
{
    char basic[BASIC_MAX];

    proxy_put_text(p, "CONNECT ");
    put_target(p);
    proxy_put_text(p, " HTTP/1.1\r\nHost: ");
    put_target(p);
    if (p->url.has_user) {
        proxy_put_text(p, "\r\nProxy-Authorization: Basic ");
        make_basic(p, basic);
        proxy_put_text(p, basic);
        secret_wipe(basic, sizeof(basic));
    }
    proxy_put_text(p, "\r\n\r\n");
    proxy_expect(p, HTTP_STATUS, 0);
}

/* Takes the line end off. False: it is none, or there are controls. */
static bool
clean_line(proxy *p)
{
    if (p->in_len < 2 || p->in[p->in_len - 2] != '\r')
        return false;
    p->in_len -= 2;
    for (size_t i = 0; i < p->in_len; i++)
        if ((proxy_octet(p, i) < ' ' && p->in[i] != '\t') || p->in[i] == 127)
            return false;
    p->in[p->in_len] = '\0';
    return true;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether the proxy repeats what it must not. */
static bool
repeats_secret(const proxy *p, const char *words)
{
    char basic[BASIC_MAX];
    bool told;

    if (!p->url.has_user)
        return false;
    make_basic(p, basic);
    told =
        strstr(words, basic) != NULL ||
        (p->url.password[0] != '\0' && strstr(words, p->url.password) != NULL);
    secret_wipe(basic, sizeof(basic));
    return told;
}

/* Keeps what follows the number, unless it is not to be shown. */
static void
keep_words(proxy *p, const char *words)
{
    size_t len = strlen(words);

    if (len > PROXY_WORDS_MAX)
        len = PROXY_WORDS_MAX;
    if (repeats_secret(p, words))
        len = 0;
    memcpy(p->words, words, len);
    p->words[len] = '\0';
}

/* RFC 9112 §4: "HTTP/1.1 200 reason"; the last space may be missing. */
static pop3_result
take_status(proxy *p, net_error *error)
{
    const char *line = p->in;
    const size_t len = sizeof("HTTP/1.1 200") - 1;

    if (p->in_len < len || memcmp(line, "HTTP/1.", 7) != 0 ||
        !is_digit(line[7]) || line[8] != ' ' || line[9] < '1' ||
        line[9] > '5' || !is_digit(line[10]) || !is_digit(line[11]) ||
        (line[len] != '\0' && line[len] != ' '))
        return proxy_fail_grammar(p, error,
                                  "its first line is no status of HTTP/1");
    p->status = (unsigned)(line[9] - '0') * 100 +
                (unsigned)(line[10] - '0') * 10 + (unsigned)(line[11] - '0');
    keep_words(p, line + len);
    proxy_expect(p, HTTP_FIELD, 0);
    return POP3_OK;
}

static pop3_result
fail_status(const proxy *p, net_error *error)
{
    char words[4 * PROXY_WORDS_MAX + 1] = "";
    char what[sizeof(words) + 60];
    text_builder t = text_start(words, sizeof(words));
    size_t budget = PROXY_WORDS_MAX;

    text_add_printable(&t, p->words, strlen(p->words), &budget);
    /* tinyproxy says 401 to a login that is wrong. */
    if (p->status == 407 || p->status == 401) {
        (void)snprintf(what, sizeof(what), "wants a login: %u%s", p->status,
                       words);
        return proxy_fail_login(p, error, what);
    }
    return proxy_fail(p, error, POP3_ERR_IO,
                      p->status == 403 ? EACCES : EHOSTUNREACH,
                      "does not connect to %s port %u: %u%s", p->host,
                      (unsigned)p->port, p->status, words);
}

/* The empty line. RFC 9110 §15.2: an answer may follow one of 1xx. */
static pop3_result
take_end(proxy *p, net_error *error)
{
    if (p->status / 100 == 2)
        proxy_expect(p, PROXY_OPEN, 0);
    else if (p->status / 100 == 1 && p->status != 101)
        proxy_expect(p, HTTP_STATUS, 0);
    else
        return fail_status(p, error);
    return POP3_OK;
}

/* RFC 9112 §5: "name: value". What it says is of no use to us: a length or an
 * encoding in a good answer to CONNECT means nothing (RFC 9110 §9.3.6). */
static pop3_result
take_field(proxy *p, net_error *error)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789";
    size_t len = 0;

    if (p->in_len == 0)
        return take_end(p, error);
    while (len < p->in_len &&
           (text_is_letter(p->in[len]) || strchr(token, p->in[len]) != NULL))
        len++;
    if (len == 0 || p->in[len] != ':')
        return proxy_fail_grammar(p, error,
                                  "a line in its header has no name");
    proxy_expect(p, HTTP_FIELD, 0);
    return POP3_OK;
}

pop3_result
http_take(proxy *p, net_error *error)
{
    if (!clean_line(p))
        return proxy_fail_grammar(
            p, error, "a line with control characters, or without CRLF");
    return p->stage == HTTP_STATUS ? take_status(p, error)
                                   : take_field(p, error);
}
