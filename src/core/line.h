/* SPDX-License-Identifier: MIT */
/*
 * line - BYTES → LINES: the first line of what was received.
 */
#ifndef CORE_LINE_H
#define CORE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include <pop3.h>

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

#endif
