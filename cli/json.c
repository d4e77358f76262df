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

#include "base/text.h"

#include "base/banned.h"

json
json_start(FILE *out)
{
    return (json){.out = out, .first = true};
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
        size_t len = text_utf8_len(text.ptr + i, text.len - i);

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
    size_t i = 0;

    while (i < text.len) {
        size_t len = text_utf8_len(text.ptr + i, text.len - i);

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
