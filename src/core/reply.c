/* SPDX-License-Identifier: MIT */
/*
 * reply - the grammar of a status line.
 *
 * RFC 1939 §3 knows "+OK" and "-ERR" in capitals; RFC 5034 §4 adds "+ " for
 * challenges. Real servers also send "+" alone (quirk 5), and poplib's users
 * rely on every "+" being success, so the first octet alone decides between
 * success and refusal. A line that begins with neither is no reply.
 *
 * A response code stands in brackets at the start of the text (RFC 2449 §8);
 * codes are case-blind and hierarchical, and a detail that is unknown leaves
 * the known code in force ("[SYS/TEMP/DISK]").
 */
#include "core/reply.h"

#include <string.h>

#include "base/text.h"

static const struct {
    const char *name;
    pop3_resp_code code;
} CODES[] = {
    {"IN-USE", POP3_RESP_IN_USE},     {"LOGIN-DELAY", POP3_RESP_LOGIN_DELAY},
    {"SYS/TEMP", POP3_RESP_SYS_TEMP}, {"SYS/PERM", POP3_RESP_SYS_PERM},
    {"AUTH", POP3_RESP_AUTH},         {"UTF8", POP3_RESP_UTF8},
};

static pop3_span
span_from(pop3_span s, size_t at)
{
    return (pop3_span){s.ptr + at, s.len - at};
}

static pop3_span
skip_spaces(pop3_span s)
{
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = span_from(s, 1);
    return s;
}

/* Whether the line begins with the word, which ends there. */
static bool
has_word(pop3_span line, const char *word)
{
    size_t len = strlen(word);

    if (line.len < len || !text_equal_caseless(line.ptr, len, word))
        return false;
    return line.len == len || line.ptr[len] == ' ' || line.ptr[len] == '\t';
}

static bool
code_matches(pop3_span text, const char *name)
{
    size_t len = strlen(name);

    if (text.len < len || !text_equal_caseless(text.ptr, len, name))
        return false;
    return text.len == len || text.ptr[len] == '/' || text.ptr[len] == ' ';
}

static pop3_resp_code
code_of(pop3_span text)
{
    for (size_t i = 0; i < sizeof(CODES) / sizeof(CODES[0]); i++)
        if (code_matches(text, CODES[i].name))
            return CODES[i].code;
    return POP3_RESP_OTHER;
}

static void
parse_code(reply *r)
{
    const char *close;

    if (r->rest.len == 0 || r->rest.ptr[0] != '[')
        return;
    close = memchr(r->rest.ptr, ']', r->rest.len);
    if (close == NULL || close == r->rest.ptr + 1)
        return;
    r->code_text.ptr = r->rest.ptr + 1;
    r->code_text.len = (size_t)(close - r->code_text.ptr);
    r->code = code_of(r->code_text);
    r->text =
        skip_spaces(span_from(r->rest, (size_t)(close + 1 - r->rest.ptr)));
}

/* As nearly all replies begin. */
static bool
has_ok(pop3_span line)
{
    return line.len >= 3 && memcmp(line.ptr, "+OK", 3) == 0 &&
           (line.len == 3 || line.ptr[3] == ' ');
}

static size_t
indicator(pop3_span line, reply_kind *kind)
{
    if (has_ok(line)) {
        *kind = REPLY_OK;
        return 3;
    }
    if (line.len == 0) {
        *kind = REPLY_INVALID;
        return 0;
    }
    if (line.ptr[0] == '-') {
        *kind = REPLY_ERR;
        return has_word(line, "-ERR") ? 4 : 1;
    }
    if (line.ptr[0] != '+') {
        *kind = REPLY_INVALID;
        return 0;
    }
    if (has_word(line, "+OK")) {
        *kind = REPLY_OK;
        return 3;
    }
    *kind = has_word(line, "+") ? REPLY_CONTINUE : REPLY_OK;
    return 1;
}

reply
reply_parse(pop3_span line)
{
    reply r = {.code = POP3_RESP_NONE};
    size_t skip = indicator(line, &r.kind);

    r.rest = skip_spaces(span_from(line, skip));
    r.text = r.rest;
    r.code_text = (pop3_span){r.rest.ptr, 0};
    parse_code(&r);
    return r;
}
