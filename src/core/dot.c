/* SPDX-License-Identifier: MIT */
/*
 * dot - removes the byte-stuffing of a multi-line reply (RFC 1939 §3).
 *
 * A line that begins with a dot loses that dot; a line that is a dot alone
 * ends the body (R22). All other octets are handed on as spans of the receive
 * buffer, line ends included, exactly as the server sent them. Which octets
 * end a line was fixed by the status line (R20): in a CRLF body a bare LF is
 * data, and so is a dot behind it, so that no text inside a message can end
 * the message.
 *
 * Between two calls the state is a dot_state, and the octets ".", ".\r" that
 * might yet be the terminator, which stay in the caller's buffer.
 */
#include "core/dot.h"

typedef enum lead {
    LEAD_UNKNOWN,
    LEAD_TERMINATOR,
    LEAD_STUFFED
} lead;

dot
dot_start(const scan *by, bool crlf)
{
    return (dot){by, DOT_LINE_START, crlf};
}

/* What a dot at the start of a line is, by the octets behind it. */
static lead
classify_dot(const dot *d, pop3_span in)
{
    if (in.len < 2)
        return LEAD_UNKNOWN;
    if (!d->crlf)
        return in.ptr[1] == '\n' ? LEAD_TERMINATOR : LEAD_STUFFED;
    if (in.ptr[1] != '\r')
        return LEAD_STUFFED;
    if (in.len < 3)
        return LEAD_UNKNOWN;
    return in.ptr[2] == '\n' ? LEAD_TERMINATOR : LEAD_STUFFED;
}

/* The end of the line that is followed by a dot; `end` if there is none. */
static const char *
find_dot_line(const dot *d, const char *from, const char *end)
{
    const char *lf = from;

    if (d->state == DOT_AFTER_CR && end - from > 1 && from[0] == '\n' &&
        from[1] == '.')
        return from + 1;
    while ((lf = d->scan->newline_dot(lf, end)) != NULL) {
        if (!d->crlf || (lf > from && lf[-1] == '\r'))
            return lf + 1;
        lf++;
    }
    return end;
}

static bool
ends_line(const dot *d, pop3_span data)
{
    if (data.ptr[data.len - 1] != '\n')
        return false;
    if (!d->crlf)
        return true;
    if (data.len == 1)
        return d->state == DOT_AFTER_CR;
    return data.ptr[data.len - 2] == '\r';
}

static dot_state
state_behind(const dot *d, pop3_span data)
{
    if (ends_line(d, data))
        return DOT_LINE_START;
    if (d->crlf && data.ptr[data.len - 1] == '\r')
        return DOT_AFTER_CR;
    return DOT_IN_LINE;
}

dot_status
dot_next(dot *d, pop3_span in, pop3_span *data, size_t *taken)
{
    size_t skipped = 0;

    *taken = 0;
    if (in.len == 0)
        return DOT_MORE;
    if (d->state == DOT_LINE_START && in.ptr[0] == '.') {
        lead what = classify_dot(d, in);

        if (what == LEAD_UNKNOWN)
            return DOT_MORE;
        if (what == LEAD_TERMINATOR) {
            *taken = d->crlf ? 3 : 2;
            return DOT_END;
        }
        skipped = 1;
    }
    data->ptr = in.ptr + skipped;
    data->len =
        (size_t)(find_dot_line(d, data->ptr, in.ptr + in.len) - data->ptr);
    d->state = state_behind(d, *data);
    *taken = skipped + data->len;
    return DOT_DATA;
}
