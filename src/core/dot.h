/* SPDX-License-Identifier: MIT */
/*
 * dot - a multi-line body becomes spans without copying.
 */
#ifndef CORE_DOT_H
#define CORE_DOT_H

#include <stdbool.h>
#include <stddef.h>

#include <pop3.h>

#include "core/scan.h"

typedef enum dot_state {
    DOT_LINE_START, /* behind a line end: a dot here is not data */
    DOT_IN_LINE,
    DOT_AFTER_CR /* in a CRLF body, behind a CR: an LF here ends the line */
} dot_state;

typedef struct dot {
    const scan *scan;
    dot_state state;
    bool crlf; /* lines end by CRLF, and by nothing else; else by LF (R20) */
} dot;

typedef enum dot_status {
    DOT_MORE, /* nothing can be told before more octets come */
    DOT_DATA, /* *data is a part of the body */
    DOT_END   /* the terminator was taken */
} dot_status;

/* A body begins. It is searched by `by`. */
dot dot_start(const scan *by, bool crlf);

/* Looks at the start of `in`. *taken octets of it are done with: they are to
 * be skipped before the next call. After DOT_MORE, at most two octets are
 * left untaken. */
dot_status dot_next(dot *d, pop3_span in, pop3_span *data, size_t *taken);

#endif
