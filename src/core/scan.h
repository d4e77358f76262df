/* SPDX-License-Identifier: MIT */
/*
 * scan - finds the octets that matter at memory speed.
 */
#ifndef CORE_SCAN_H
#define CORE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCAN_FOUND_MAX = 128
};

/* The line ends of a stretch of octets, in one pass. */
typedef struct scan_found {
    size_t count;
    size_t looked;               /* octets that were looked at */
    uint32_t at[SCAN_FOUND_MAX]; /* of each LF, counted from the start */
} scan_found;

struct rows_stretch;

/* The searches as one instruction set does them. All give the same answers,
 * and none touches an octet outside [from, end). */
typedef struct scan {
    const char *name;   /* "avx2" */
    bool (*runs)(void); /* whether this machine has the instructions */

    /* The LF of the first "\n." in [from, end), or NULL. */
    const char *(*newline_dot)(const char *from, const char *end);

    /* LFs from `from` on: all of the octets, or as far as *found has surely
     * room for one more block. At least one octet is looked at if there is
     * one. At most UINT32_MAX octets. */
    void (*newlines)(const char *from, const char *end, scan_found *found);

    /* Copies [from, end) to `out`, which lies elsewhere and has room for all
     * of it, and leaves each CR out that stands before an LF. Returns how many
     * octets were written; what is behind them in that room is undefined. */
    size_t (*crlf_to_lf)(const char *from, const char *end, char *out);

    /* Take rows of LIST and of UIDL as long as they are in the usual form
     * (rows.h). */
    void (*take_sizes)(struct rows_stretch *rows);
    void (*take_uids)(struct rows_stretch *rows);
} scan;

/* The fastest that runs here. Cheap, but meant for once a handle. */
const scan *scan_best(void);

/* All that were built, best first; NULL past the end. The last one runs
 * everywhere. For tests: ask runs() first. */
const scan *scan_built(size_t index);

/* The first LF in [from, end), or NULL. For single short lines. */
const char *scan_newline(const char *from, const char *end);

#endif
