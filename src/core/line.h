/* SPDX-License-Identifier: MIT */
/*
 * line - BYTES → LINES: the first line of what was received.
 */
#ifndef CORE_LINE_H
#define CORE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include <pop3.h>

#include "core/scan.h"

/* What ends a line. The line end of a status line fixes that of its whole
 * reply (R20). */
typedef enum line_end {
    LINE_END_EITHER, /* LF, with or without a CR before it */
    LINE_END_CRLF,
    LINE_END_LF
} line_end;

typedef struct line_reader {
    size_t searched; /* octets known to hold no line end */
} line_reader;

/* The same for many short lines: their ends are found in one pass. */
typedef struct line_index {
    scan_found found;
    size_t next;  /* of found.at: the first that was not given */
    size_t shift; /* found.at + shift counts from the start of the next line;
                   * modulo SIZE_MAX + 1, as that may lie behind */
} line_index;

typedef enum line_status {
    LINE_MORE,    /* no whole line yet */
    LINE_READY,   /* *line is set */
    LINE_TOO_LONG /* no line end within the limit */
} line_status;

typedef struct line_result {
    pop3_span text; /* without its line end */
    size_t octets;  /* with it */
    bool crlf;      /* how it ended */
} line_result;

/* Looks for a line at the start of `in`, which between calls may only grow
 * at its end until a line is READY. */
line_status line_next(line_reader *reader, pop3_span in, line_end end,
                      size_t limit, line_result *out);

/* Forgets all, before other octets are looked at. */
void line_index_reset(line_index *index);

/* As line_peek(), if the next LF is not known yet or does not end the line. */
line_status line_search(line_index *index, const scan *by, pop3_span in,
                        line_end end, size_t limit, line_result *out);

/* The line that ends at `lf` in `in`. */
static inline line_status
line_give(pop3_span in, const char *lf, line_end end, size_t limit,
          line_result *out)
{
    size_t len = (size_t)(lf - in.ptr);

    if (len >= limit)
        return LINE_TOO_LONG;
    out->octets = len + 1;
    out->crlf = len > 0 && lf[-1] == '\r';
    if (out->crlf && end != LINE_END_LF)
        len--;
    out->text = (pop3_span){in.ptr, len};
    return LINE_READY;
}

/* As line_next(), for lines that go by line_take(). */
static inline line_status
line_peek(line_index *index, const scan *by, pop3_span in, line_end end,
          size_t limit, line_result *out)
{
    const char *lf;

    if (index->next == index->found.count)
        return line_search(index, by, in, end, limit, out);
    lf = in.ptr + (index->found.at[index->next] + index->shift);
    if (end == LINE_END_CRLF && (lf == in.ptr || lf[-1] != '\r'))
        return line_search(index, by, in, end, limit, out);
    return line_give(in, lf, end, limit, out);
}

/* The line that was READY is taken: the next one follows in `in`. */
static inline void
line_take(line_index *index, const line_result *line)
{
    index->next++;
    index->shift -= line->octets;
}

#endif
