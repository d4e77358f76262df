/* SPDX-License-Identifier: MIT */
/*
 * terminal - text of strangers on a screen.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdio.h>

#include <pop3.h>

/* Writes one line, safe to look at, and a line end if `end`. Tabs and
 * backslashes stay; what pop3_printable() escapes is escaped. */
void terminal_line(FILE *out, pop3_span line, bool end);

#endif
