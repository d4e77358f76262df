/* SPDX-License-Identifier: MIT */
/*
 * octets - text of transcripts to octets, and back for messages.
 *
 * Everything in a transcript that a server or a caller says passes through
 * octets_unescape(); everything that a test shows passes through
 * octets_quote(). The two are each other's inverse, except that the quoted
 * form never uses \{c*N}: events are compared in the quoted form, which is
 * therefore the normal form.
 */
#include "octets.h"

#include "alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
octets_add(struct octets *o, const char *ptr, size_t len)
{
    if (o->len + len + 1 > o->room) {
        o->room = (o->len + len + 1) * 2;
        o->ptr = test_realloc(o->ptr, o->room);
    }
    if (len > 0)
        memcpy(o->ptr + o->len, ptr, len);
    o->len += len;
    o->ptr[o->len] = '\0';
}

void
octets_text(struct octets *o, const char *text)
{
    octets_add(o, text, strlen(text));
}

void
octets_format(struct octets *o, const char *format, ...)
{
    char line[256];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (len > 0)
        octets_text(o, line);
}

void
octets_clear(struct octets *o)
{
    test_free(o->ptr);
    memset(o, 0, sizeof(*o));
}

bool
octets_same(const struct octets *a, const char *ptr, size_t len)
{
    return a->len == len && (len == 0 || memcmp(a->ptr, ptr, len) == 0);
}

static const char *
unescape_hex(struct octets *o, const char *digits)
{
    char pair[3] = {0};
    char *end;
    char octet;

    memcpy(pair, digits, strnlen(digits, 2));
    octet = (char)strtoul(pair, &end, 16);
    if (end != pair + 2)
        return NULL;
    octets_add(o, &octet, 1);
    return digits + 2;
}

static const char *unescape_one(struct octets *o, const char *text);

/* \{c*N} or \{(text)*N}: text points behind the brace. */
static const char *
unescape_repeat(struct octets *o, const char *text)
{
    struct octets one = {0};
    unsigned long count;
    char *end;

    if (*text == '(')
        text = octets_unescape(&one, text + 1, ')');
    else
        text = unescape_one(&one, text);
    if (text == NULL || *text != '*') {
        octets_clear(&one);
        return NULL;
    }
    count = strtoul(text + 1, &end, 10);
    while (count-- > 0)
        octets_add(o, one.ptr, one.len);
    octets_clear(&one);
    return *end == '}' ? end + 1 : NULL;
}

/* One character or escape; returns what follows it. */
static const char *
unescape_one(struct octets *o, const char *text)
{
    static const char names[] = "rnt0\\\"";
    static const char values[] = "\r\n\t\0\\\"";
    const char *name;

    if (*text == '\0')
        return NULL;
    if (*text != '\\') {
        octets_add(o, text, 1);
        return text + 1;
    }
    text++;
    if (*text == 'x')
        return unescape_hex(o, text + 1);
    if (*text == '{')
        return unescape_repeat(o, text + 1);
    if (*text == '\0' || (name = strchr(names, *text)) == NULL)
        return NULL;
    octets_add(o, values + (name - names), 1);
    return text + 1;
}

const char *
octets_unescape(struct octets *o, const char *text, char stop)
{
    octets_add(o, "", 0);
    while (text != NULL && *text != stop)
        text = unescape_one(o, text);
    if (text == NULL)
        return NULL;
    return stop != '\0' ? text + 1 : text;
}

static bool
is_plain(char c)
{
    return c >= ' ' && c <= '~' && c != '\\' && c != '"';
}

static void
quote_one(struct octets *o, char c)
{
    if (c == '\r')
        octets_text(o, "\\r");
    else if (c == '\n')
        octets_text(o, "\\n");
    else if (c == '\\' || c == '"')
        octets_format(o, "\\%c", c);
    else
        octets_format(o, "\\x%02x", (unsigned char)c);
}

void
octets_quote(struct octets *o, const char *ptr, size_t len)
{
    size_t from = 0;
    size_t i;

    octets_add(o, "\"", 1);
    for (i = 0; i < len; i++) {
        if (is_plain(ptr[i]))
            continue;
        octets_add(o, ptr + from, i - from);
        quote_one(o, ptr[i]);
        from = i + 1;
    }
    if (len > from)
        octets_add(o, ptr + from, len - from);
    octets_add(o, "\"", 1);
}
