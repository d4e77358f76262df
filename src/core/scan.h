/* SPDX-License-Identifier: MIT */
/*
 * scan - finds the octets that matter at memory speed.
 */
#ifndef CORE_SCAN_H
#define CORE_SCAN_H

#include <stddef.h>

/* The first LF in [from, end), or NULL. */
const char *scan_newline(const char *from, const char *end);

/* The LF of the first "\n." in [from, end), or NULL. */
const char *scan_newline_dot(const char *from, const char *end);

#endif
