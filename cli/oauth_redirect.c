/* SPDX-License-Identifier: MIT */
/*
 * oauth_redirect - "GET /?code=…&state=… HTTP/1.1" becomes a code.
 *
 * Anybody on this machine, and any page in the browser, can send requests to
 * the port. Only one is believed: a GET of "/", by the name that the provider
 * was told (no other Host: a page that resolves its own name to 127.0.0.1 is
 * refused), with each parameter once and the state of this very login (RFC
 * 6749 §10.12), which is compared in constant time.
 */
#include "cli/oauth_redirect.h"

#include <stdbool.h>
#include <string.h>

#include "base/percent.h"
#include "base/secret.h"
#include "base/text.h"

#include "base/banned.h"

/* A part of the request. */
typedef struct part {
    const char *ptr;
    size_t len;
} part;

/* Cuts off what stands before `end`, and that too; false: there is none. */
static bool
cut(part *rest, const char *end, part *out)
{
    const char *at = memmem(rest->ptr, rest->len, end, strlen(end));

    if (at == NULL)
        return false;
    *out = (part){rest->ptr, (size_t)(at - rest->ptr)};
    rest->ptr = at + strlen(end);
    rest->len -= out->len + strlen(end);
    return true;
}

static bool
is(part text, const char *string)
{
    return text.len == strlen(string) &&
           memcmp(text.ptr, string, text.len) == 0;
}

/* ---- the query ---- */

/* In a form a "+" is a space. */
static bool
decode(part text, char *out, size_t size)
{
    char buffer[OAUTH_CODE_MAX + 1];
    bool good;
    size_t i;

    if (text.len >= sizeof(buffer))
        return false;
    for (i = 0; i < text.len; i++)
        buffer[i] = text.ptr[i];
    for (i = 0; i < text.len; i++) {
        if (buffer[i] == '+')
            buffer[i] = ' ';
    }
    good = percent_decode(buffer, text.len, out, size) == PERCENT_OK;
    secret_wipe(buffer, sizeof(buffer));
    return good;
}

static bool
take_parameter(oauth_redirect *out, part name, part value)
{
    const struct {
        const char *name;
        char *text;
        size_t size;
    } known[] = {{"code", out->code, sizeof(out->code)},
                 {"state", out->state, sizeof(out->state)},
                 {"error", out->error, sizeof(out->error)},
                 {"error_description", out->error_description,
                  sizeof(out->error_description)}};
    size_t i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!is(name, known[i].name))
            continue;
        return known[i].text[0] == '\0' &&
               decode(value, known[i].text, known[i].size);
    }
    return true;
}

static bool
take_query(oauth_redirect *out, part query)
{
    while (query.len > 0) {
        part pair;
        part name;

        if (!cut(&query, "&", &pair)) {
            pair = query;
            query.len = 0;
        }
        if (cut(&pair, "=", &name) && !take_parameter(out, name, pair))
            return false;
    }
    return (out->code[0] != '\0') != (out->error[0] != '\0');
}

/* ---- the head ---- */

/* There is one line "Host:", and it names us. */
static bool
is_for_us(part lines, const char *host)
{
    static const char name[] = "host:";
    bool found = false;
    part line;

    while (cut(&lines, "\r\n", &line) && line.len > 0) {
        if (line.len < strlen(name) ||
            !text_equal_caseless(line.ptr, strlen(name), name))
            continue;
        line.ptr += strlen(name);
        line.len -= strlen(name);
        while (line.len > 0 && (*line.ptr == ' ' || *line.ptr == '\t')) {
            line.ptr++;
            line.len--;
        }
        if (found || !is(line, host))
            return false;
        found = true;
    }
    return found;
}

static bool
is_state(const oauth_redirect *out, const char *state)
{
    size_t len = strlen(state);

    return strlen(out->state) == len && secret_equal(out->state, state, len);
}

int
oauth_redirect_read(oauth_redirect *out, const char *head, size_t len,
                    const char *host, const char *state)
{
    part rest = {head, len};
    part line;
    part method;
    part target;
    part path;

    *out = (oauth_redirect){.code = ""};
    if (!cut(&rest, "\r\n", &line) || !cut(&line, " ", &method) ||
        !cut(&line, " ", &target) ||
        !(is(line, "HTTP/1.1") || is(line, "HTTP/1.0")) ||
        memchr(head, '\0', len) != NULL)
        return 400;
    if (!is_for_us(rest, host))
        return 421;
    if (!is(method, "GET"))
        return 405;
    if (!cut(&target, "?", &path) || !is(path, "/"))
        return 404;
    if (take_query(out, target) && is_state(out, state))
        return 200;
    secret_wipe(out, sizeof(*out));
    return 400;
}
