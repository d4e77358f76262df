/* SPDX-License-Identifier: MIT */
/*
 * rows_stretch - rows whose ends are known. For the files of rows alone.
 */
#ifndef CORE_ROWS_STRETCH_H
#define CORE_ROWS_STRETCH_H

#include <stddef.h>
#include <stdint.h>

#include <pop3.h>

enum {
    ROW_READ = 17 /* octets behind a row's end that may be looked at */
};

/* Rows, and room for what stands in them. Octets are counted from `from`. */
typedef struct rows_stretch {
    const char *from;
    size_t at;           /* where the next row begins */
    const uint32_t *end; /* its LF, less `shift`; behind it those of others */
    size_t shift;        /* modulo SIZE_MAX + 1 */
    size_t left;         /* rows */
    pop3_item *item;     /* room for the next row; then for the others */
} rows_stretch;

/* So many rows were taken, and the next one begins at `at`. */
static inline void
rows_move_on(rows_stretch *s, size_t rows, size_t at)
{
    s->at = at;
    s->end += rows;
    s->item += rows;
    s->left -= rows;
}

#endif
