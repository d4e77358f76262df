/* SPDX-License-Identifier: MIT */
/*
 * ini - the grammar of the configuration file.
 *
 *     # a comment; so is a line that begins with ";"
 *     [heading]
 *     key = value          # a comment, behind a blank
 *     key = "a # and blanks at the end  "
 *     key = one that is \
 *           long
 *
 * A value is what stands behind "=", without blanks around it. If it begins
 * with a quotation mark it ends with one, and \" and \\ stand for those
 * characters in it; quotation marks elsewhere are part of the value. A
 * backslash at the end of a line joins the next by one blank, in place of
 * those around it; a comment is never joined. Lines end with LF or CRLF.
 *
 * After an error the rest of the line is skipped, so that all errors of a
 * file can be told at once.
 */
#include "cli/ini.h"

#include <string.h>

#include "base/text.h"

#include "base/banned.h"

static bool
is_blank(int c)
{
    return c == ' ' || c == '\t';
}

/* Octets of the line end at p; 0: there is none. */
static size_t
line_end(const char *p, const char *end)
{
    if (p < end && *p == '\n')
        return 1;
    return end - p > 1 && p[0] == '\r' && p[1] == '\n' ? 2 : 0;
}

/* Looks at the character at ptr. */
static void
look(ini *s)
{
    size_t newline = line_end(s->ptr, s->end);

    if (s->ptr == s->end) {
        s->now = -1;
        s->width = 0;
        return;
    }
    s->now = newline > 0 ? '\n' : (unsigned char)*s->ptr;
    s->width = newline > 0 ? newline : 1;
    if (s->now != '\\' || s->raw)
        return;
    newline = line_end(s->ptr + 1, s->end);
    if (newline > 0) {
        s->now = ' ';
        s->width = 1 + newline;
    }
}

/* Whether the character is a joint of two lines. */
static bool
is_joint(const ini *s)
{
    return s->now == ' ' && s->width > 1;
}

static void
step(ini *s)
{
    bool joined = is_joint(s);

    s->ptr += s->width;
    if (s->now == '\n' || joined)
        s->at = (ini_place){s->at.line + 1, 1};
    else if ((s->now & 0xc0) != 0x80)
        s->at.column++;
    while (joined && s->ptr < s->end && is_blank(*s->ptr)) {
        s->ptr++;
        s->at.column++;
    }
    look(s);
}

static void
skip_blanks(ini *s)
{
    while (is_blank(s->now))
        step(s);
}

static bool
at_line_end(const ini *s)
{
    return s->now == '\n' || s->now == -1;
}

static void
skip_line(ini *s)
{
    while (!at_line_end(s))
        step(s);
}

static void
skip_comment(ini *s)
{
    s->raw = true;
    look(s);
    skip_line(s);
    s->raw = false;
}

static ini_kind
fail(ini *s, ini_place at, const char *why)
{
    s->name_at = at;
    s->why = why;
    skip_line(s);
    return INI_ERROR;
}

/* Nothing but a comment may stand before the end of the line. */
static bool
finish_line(ini *s)
{
    skip_blanks(s);
    if (s->now == '#' || s->now == ';')
        skip_comment(s);
    return at_line_end(s);
}

static void
trim(char *text, size_t len)
{
    while (len > 0 && is_blank(text[len - 1]))
        len--;
    text[len] = '\0';
}

/* Up to `stop`, the end of the line or a comment. False: it is too long. */
static bool
take_name(ini *s, int stop)
{
    size_t len = 0;

    while (!at_line_end(s) && s->now != stop && s->now != '#') {
        if (len == INI_NAME_MAX)
            return false;
        s->name[len++] = (char)s->now;
        step(s);
    }
    trim(s->name, len);
    return true;
}

static ini_kind
take_heading(ini *s)
{
    ini_place open = s->at;

    step(s);
    skip_blanks(s);
    s->name_at = s->at;
    if (!take_name(s, ']'))
        return fail(s, open, "the heading is longer than 100 octets");
    if (s->now != ']')
        return fail(s, open, "\"]\" is missing behind the heading");
    step(s);
    if (!finish_line(s))
        return fail(s, s->at, "only a comment may follow the heading");
    return INI_HEADING;
}

/* Behind the opening mark. NULL, or what is wrong. */
static const char *
take_quoted(ini *s)
{
    size_t len = 0;

    for (step(s); s->now != '"'; step(s)) {
        if (at_line_end(s))
            return "the closing quotation mark is missing";
        if (s->now == '\\') {
            step(s);
            if (s->now != '"' && s->now != '\\')
                return "in quotation marks, a backslash stands only before "
                       "a quotation mark or another backslash";
        }
        if (len == INI_VALUE_MAX)
            return "the value is longer than 4096 octets";
        s->value[len++] = (char)s->now;
    }
    s->value[len] = '\0';
    step(s);
    return finish_line(s) ? NULL
                          : "only a comment may follow the closing quotation "
                            "mark; put the whole value into the marks";
}

static const char *
take_plain(ini *s)
{
    bool after_blank = true;
    size_t len = 0;

    while (!at_line_end(s) && !(after_blank && s->now == '#')) {
        if (len == INI_VALUE_MAX)
            return "the value is longer than 4096 octets";
        if (!is_joint(s) || !after_blank)
            s->value[len++] = (char)s->now;
        after_blank = is_blank(s->now);
        step(s);
    }
    trim(s->value, len);
    if (!at_line_end(s))
        skip_comment(s);
    return NULL;
}

static ini_kind
take_entry(ini *s)
{
    ini_place start = s->at;
    const char *why;

    s->name_at = start;
    if (!take_name(s, '='))
        return fail(s, start, "the key is longer than 100 octets");
    if (s->now != '=')
        return fail(s, s->at, "\"=\" is missing behind the key");
    if (s->name[0] == '\0')
        return fail(s, start, "the key before \"=\" is missing");
    step(s);
    skip_blanks(s);
    s->value_at = s->at;
    why = s->now == '"' ? take_quoted(s) : take_plain(s);
    if (why == NULL && s->value[0] == '\0')
        why = "the value behind \"=\" is missing";
    return why == NULL ? INI_ENTRY : fail(s, s->value_at, why);
}

void
ini_start(ini *s, const char *text, size_t len)
{
    *s = (ini){.ptr = text, .end = text + len, .at = {1, 1}};
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        s->ptr += 3;
    look(s);
}

ini_kind
ini_next(ini *s)
{
    for (;;) {
        skip_blanks(s);
        if (s->now == -1)
            return INI_END;
        if (s->now == '#' || s->now == ';')
            skip_comment(s);
        else if (s->now == '[')
            return take_heading(s);
        else if (s->now != '\n')
            return take_entry(s);
        else
            step(s);
    }
}

static const char *
bad_character(const char *p, const char *end)
{
    unsigned char c = (unsigned char)*p;

    if (c == '\0')
        return "there is a NUL octet: this is no text file";
    if (c == '\r' && line_end(p, end) == 0)
        return "there is a carriage return that ends no line";
    if ((c < 32 && c != '\t' && c != '\n' && c != '\r') || c == 127)
        return "there is a control character";
    return text_utf8_len(p, (size_t)(end - p)) == 0 ? "the text is not UTF-8"
                                                    : NULL;
}

bool
ini_check_text(const char *text, size_t len, ini_place *at, const char **why)
{
    const char *end = text + len;
    const char *p = text;

    *at = (ini_place){1, 1};
    while (p < end) {
        *why = bad_character(p, end);
        if (*why != NULL)
            return false;
        if (*p == '\n')
            *at = (ini_place){at->line + 1, 1};
        else
            at->column++;
        p += text_utf8_len(p, (size_t)(end - p));
    }
    return true;
}

static bool
needs_quotes(const char *value)
{
    size_t len = strlen(value);

    return len == 0 || strchr("\"# \t", value[0]) != NULL ||
           strchr("\\ \t", value[len - 1]) != NULL ||
           strstr(value, " #") != NULL || strstr(value, "\t#") != NULL;
}

void
ini_write(FILE *out, const char *key, const char *value)
{
    fprintf(out, "%s = ", key);
    if (!needs_quotes(value)) {
        fprintf(out, "%s\n", value);
        return;
    }
    fputc('"', out);
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            fputc('\\', out);
        fputc(*value, out);
    }
    fputs("\"\n", out);
}
