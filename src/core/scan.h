/* SPDX-License-Identifier: MIT */
/*
 * scan - finds the octets that matter at memory speed.
 */
#ifndef CORE_SCAN_H
#define CORE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* The searches as one instruction set does them. All give the same answers,
 * and none touches an octet outside [from, end). */
typedef struct scan {
    const char *name;   /* "avx2" */
    bool (*runs)(void); /* whether this machine has the instructions */

    /* The LF of the first "\n." in [from, end), or NULL. */
    const char *(*newline_dot)(const char *from, const char *end);
} scan;

/* The fastest that runs here. Cheap, but meant for once a handle. */
const scan *scan_best(void);

/* All that were built, best first; NULL past the end. The last one runs
 * everywhere. For tests: ask runs() first. */
const scan *scan_built(size_t index);

/* The first LF in [from, end), or NULL. For single short lines. */
const char *scan_newline(const char *from, const char *end);

#endif
