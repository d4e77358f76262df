/* SPDX-License-Identifier: MIT */
/*
 * lines - the line-wise view of a body, for callers who want lines.
 *
 * A line that stands whole in one span is handed on as a part of that span. A
 * line that is cut by the end of a span is put together in `carry`, which
 * grows to the longest such line and is used again for the next; past the
 * limit, or when memory is short, the line is handed on in parts instead.
 *
 * Lines are short and many: a call to search for each would cost more than the
 * line. So their ends are found many in one pass, and kept.
 *
 * An LF ends a line and one CR before it is dropped. That CR may have been
 * the last octet of a span, so a trailing CR is always carried.
 */
#include <stdlib.h>

#include <pop3.h>
#include <pop3/lines.h>

#include "base/bytes.h"
#include "core/scan.h"

enum {
    DEFAULT_MAX_LINE = 1024 * 1024,
    LOOK_MAX = 1 << 30 /* octets in one pass */
};

struct pop3_lines {
    const scan *scan;
    pop3_span part;   /* what is left of the span that was pushed */
    scan_found ends;  /* LFs of it, counted from `base` on */
    const char *base; /* up to here it was searched before */
    size_t next;      /* of ends.at: the first that is left */
    bytes carry;      /* the line so far, from spans before */
    bool used;        /* carry was handed out: forget it on the next call */
    size_t max_line;  /* octets in carry at most */
};

pop3_result
pop3_lines_new(pop3_lines **lines, size_t max_line)
{
    pop3_lines *made = calloc(1, sizeof(*made));

    if (made == NULL)
        return POP3_ERR_NOMEM;
    made->scan = scan_best();
    made->max_line = max_line == 0 ? DEFAULT_MAX_LINE : max_line;
    *lines = made;
    return POP3_OK;
}

void
pop3_lines_free(pop3_lines *lines)
{
    if (lines == NULL)
        return;
    bytes_clear(&lines->carry);
    free(lines);
}

pop3_result
pop3_lines_push(pop3_lines *lines, pop3_span part)
{
    if (lines->part.len > 0)
        return POP3_ERR_USAGE;
    lines->part = part;
    lines->base = part.ptr;
    lines->ends.count = lines->ends.looked = lines->next = 0;
    return POP3_OK;
}

/* Looks behind what was looked at. False: there is nothing. */
static bool
look_on(pop3_lines *lines)
{
    const char *end = lines->part.ptr + lines->part.len;
    size_t left;

    lines->base += lines->ends.looked;
    lines->ends.count = lines->ends.looked = lines->next = 0;
    left = (size_t)(end - lines->base);
    if (left > LOOK_MAX)
        left = LOOK_MAX;
    if (left > 0)
        lines->scan->newlines(lines->base, lines->base + left, &lines->ends);
    return left > 0;
}

/* The first LF of the part; NULL if there is none. */
static const char *
first_end(pop3_lines *lines)
{
    while (lines->next == lines->ends.count) {
        if (!look_on(lines))
            return NULL;
    }
    return lines->base + lines->ends.at[lines->next];
}

static void
forget_used(pop3_lines *lines)
{
    if (lines->used)
        bytes_consume(&lines->carry, bytes_len(&lines->carry));
    lines->used = false;
}

static pop3_span
without_cr(pop3_span line)
{
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* Moves `len` octets of the part to the carry, or says that they do not fit:
 * then what is carried has to be handed on first. */
static bool
carry_on(pop3_lines *lines, size_t len)
{
    if (bytes_len(&lines->carry) + len > lines->max_line ||
        !bytes_append(&lines->carry, lines->part.ptr, len))
        return false;
    lines->part.ptr += len;
    lines->part.len -= len;
    return true;
}

static bool
give_carry(pop3_lines *lines, pop3_line *line, bool end)
{
    line->text =
        (pop3_span){bytes_ptr(&lines->carry), bytes_len(&lines->carry)};
    line->end = end;
    lines->used = true;
    return true;
}

/* Hands on the first `len` octets of the part as they are. */
static bool
give_part(pop3_lines *lines, pop3_line *line, size_t len, bool end)
{
    line->text = (pop3_span){lines->part.ptr, len};
    line->end = end;
    lines->part.ptr += len;
    lines->part.len -= len;
    return true;
}

/* The part holds the end of the line, at `len`. */
static bool
next_whole(pop3_lines *lines, pop3_line *line, size_t len)
{
    bool carried = bytes_len(&lines->carry) > 0;

    if (carried && !carry_on(lines, len))
        return give_carry(lines, line, false);
    if (carried)
        (void)give_carry(lines, line, true);
    else
        (void)give_part(lines, line, len, true);
    lines->part.ptr++;
    lines->part.len--;
    lines->next++;
    line->text = without_cr(line->text);
    return true;
}

/* The part ends within the line. */
static bool
next_cut(pop3_lines *lines, pop3_line *line)
{
    size_t len = lines->part.len;

    if (carry_on(lines, len))
        return false;
    if (bytes_len(&lines->carry) > 0)
        return give_carry(lines, line, false);
    if (len > 1 && lines->part.ptr[len - 1] == '\r')
        len--; /* it may belong to the line end: carried alone */
    return give_part(lines, line, len, false);
}

bool
pop3_lines_next(pop3_lines *lines, pop3_line *line)
{
    const char *lf;

    forget_used(lines);
    if (lines->part.len == 0)
        return false;
    lf = first_end(lines);
    if (lf == NULL)
        return next_cut(lines, line);
    return next_whole(lines, line, (size_t)(lf - lines->part.ptr));
}

bool
pop3_lines_finish(pop3_lines *lines, pop3_line *line)
{
    forget_used(lines);
    lines->part = (pop3_span){NULL, 0};
    if (bytes_len(&lines->carry) == 0)
        return false;
    return give_carry(lines, line, true);
}
