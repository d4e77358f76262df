/* SPDX-License-Identifier: MIT */
/*
 * json - values become JSON text.
 *
 * Strings come from servers and users, so every octet is looked at: controls,
 * quotes, backslash, DEL and the C1 controls are escaped; what is not UTF-8
 * (overlong forms, surrogates and values beyond U+10FFFF too) becomes U+FFFD,
 * so that the document is valid whatever came in. As such a text cannot be
 * turned back, unique-ids that are not UTF-8 are written in hexadecimal.
 */
#include "cli/json.h"

#include <inttypes.h>
#include <string.h>

#include "base/banned.h"

json
json_start(FILE *out)
{
    return (json){.out = out, .first = true};
}

/* Well-formed sequences (Unicode 15, table 3-7): ranges of the first and the
 * second octet; the others are 0x80 to 0xbf. */
static const struct {
    unsigned char first_low, first_high, second_low, second_high;
    size_t len;
} forms[] = {
    {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2},
    {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 4},
};

/* Length of the UTF-8 sequence at p, or 0 if it is none. */
static size_t
utf8_len(const unsigned char *p, size_t left)
{
    size_t form = 0;
    size_t i;

    while (p[0] < forms[form].first_low || p[0] > forms[form].first_high) {
        if (++form == sizeof(forms) / sizeof(forms[0]))
            return 0;
    }
    if (forms[form].len > left)
        return 0;
    for (i = 1; i < forms[form].len; i++) {
        unsigned char low = i == 1 ? forms[form].second_low : 0x80;
        unsigned char high = i == 1 ? forms[form].second_high : 0xbf;

        if (p[i] < low || p[i] > high)
            return 0;
    }
    return forms[form].len;
}

static void
write_ascii(FILE *out, unsigned char c)
{
    if (c == '"' || c == '\\')
        fprintf(out, "\\%c", c);
    else if (c < 32 || c == 127)
        fprintf(out, "\\u%04x", c);
    else
        fputc(c, out);
}

static void
write_string(FILE *out, pop3_span text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    size_t i = 0;

    fputc('"', out);
    while (i < text.len) {
        size_t len = utf8_len(p + i, text.len - i);

        if (len == 0)
            fputs("\\ufffd", out);
        else if (len == 1)
            write_ascii(out, p[i]);
        else if (len == 2 && p[i] == 0xc2 && p[i + 1] < 0xa0)
            fprintf(out, "\\u%04x", p[i + 1]);
        else
            fwrite(p + i, 1, len, out);
        i += len == 0 ? 1 : len;
    }
    fputc('"', out);
}

static void
new_line(json *j)
{
    unsigned i;

    fputc('\n', j->out);
    for (i = 0; i < j->depth; i++)
        fputs("  ", j->out);
}

static void
begin_value(json *j, const char *key)
{
    if (!j->first)
        fputc(',', j->out);
    if (j->depth > 0)
        new_line(j);
    j->first = false;
    if (key != NULL)
        fprintf(j->out, "\"%s\": ", key);
}

void
json_open(json *j, const char *key, char bracket)
{
    begin_value(j, key);
    fputc(bracket, j->out);
    j->depth++;
    j->first = true;
}

void
json_close(json *j, char bracket)
{
    j->depth--;
    if (!j->first)
        new_line(j);
    fputc(bracket, j->out);
    j->first = false;
    if (j->depth == 0)
        fputc('\n', j->out);
}

void
json_number(json *j, const char *key, uint64_t number)
{
    begin_value(j, key);
    fprintf(j->out, "%" PRIu64, number);
}

void
json_bool(json *j, const char *key, bool value)
{
    begin_value(j, key);
    fputs(value ? "true" : "false", j->out);
}

void
json_string(json *j, const char *key, pop3_span text)
{
    begin_value(j, key);
    write_string(j->out, text);
}

void
json_text(json *j, const char *key, const char *text)
{
    json_string(j, key, (pop3_span){text, strlen(text)});
}

static bool
is_utf8(pop3_span text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    size_t i = 0;

    while (i < text.len) {
        size_t len = utf8_len(p + i, text.len - i);

        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

void
json_uid(json *j, pop3_span uid)
{
    size_t i;

    if (uid.len > 0 && is_utf8(uid)) {
        json_string(j, "uid", uid);
        return;
    }
    begin_value(j, "uid");
    fputs("null", j->out);
    if (uid.len == 0)
        return;
    begin_value(j, "uid_hex");
    fputc('"', j->out);
    for (i = 0; i < uid.len; i++)
        fprintf(j->out, "%02x", (unsigned char)uid.ptr[i]);
    fputc('"', j->out);
}
