/* SPDX-License-Identifier: MIT */
/*
 * greeting - the APOP timestamp (RFC 1939 §7).
 *
 * The timestamp is hashed together with the password, so a server that may
 * choose it freely can mount the MD5 collision attack of CVE-2007-1558. The
 * defence is to take nothing but a real msg-id: dot-atom-text "@" and
 * dot-atom-text or a domain literal, in printable ASCII (RFC 5322 §3.6.4,
 * without its obsolete forms). One pass over the line, whatever it holds.
 */
#include "core/greeting.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

static bool
is_atext(char c)
{
    return text_is_letter(c) || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Atoms joined by single dots, none of them empty. */
static bool
is_dot_atom(const char *from, const char *end)
{
    bool in_atom = false;

    for (; from < end; from++) {
        if (is_atext(*from))
            in_atom = true;
        else if (*from == '.' && in_atom)
            in_atom = false;
        else
            return false;
    }
    return in_atom;
}

/* "[" printable ASCII without brackets and backslash "]". */
static bool
is_domain_literal(const char *from, const char *end)
{
    if (end - from < 2 || *from != '[' || end[-1] != ']')
        return false;
    for (from++; from < end - 1; from++)
        if (*from < 33 || *from > 126 || strchr("[]\\", *from) != NULL)
            return false;
    return true;
}

static bool
is_msg_id(const char *from, const char *end)
{
    const char *at = memchr(from, '@', (size_t)(end - from));

    if (at == NULL || !is_dot_atom(from, at))
        return false;
    return is_dot_atom(at + 1, end) || is_domain_literal(at + 1, end);
}

pop3_span
greeting_timestamp(pop3_span line)
{
    const pop3_span none = {NULL, 0};
    const char *open;
    const char *close;

    if (line.len == 0)
        return none;
    open = memchr(line.ptr, '<', line.len);
    if (open == NULL)
        return none;
    close = memchr(open, '>', (size_t)(line.ptr + line.len - open));
    if (close == NULL || !is_msg_id(open + 1, close))
        return none;
    return (pop3_span){open, (size_t)(close + 1 - open)};
}
