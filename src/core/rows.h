/* SPDX-License-Identifier: MIT */
/*
 * rows - many rows of LIST and UIDL at once.
 */
#ifndef CORE_ROWS_H
#define CORE_ROWS_H

#include <pop3.h>

#include "core/line.h"

/* What the rows at hand are: how their lines end, and how long they may be. */
typedef struct rows_form {
    bool crlf;
    size_t limit; /* octets, with the line end */
} rows_form;

/* Take rows off the front of *in, at most `room` of them, as long as they
 * stand there whole and in the form that nearly all servers send them in.
 * `ends` goes with *in; octets of it are looked at by `by`. Return how many.
 */
size_t rows_take_list(line_index *ends, const scan *by, rows_form form,
                      pop3_span *in, pop3_item *items, size_t room);
size_t rows_take_uidl(line_index *ends, const scan *by, rows_form form,
                      pop3_span *in, pop3_item *items, size_t room);

/* The same for rows of any form, as lines. One that begins with a dot is not
 * taken. */
size_t rows_take_lines(line_index *ends, const scan *by, rows_form form,
                       pop3_span *in, pop3_span *rows, size_t room);

#endif
