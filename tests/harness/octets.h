/* SPDX-License-Identifier: MIT */
/*
 * octets - a growing run of octets, and the escapes of transcripts.
 */
#ifndef HARNESS_OCTETS_H
#define HARNESS_OCTETS_H

#include <stdbool.h>
#include <stddef.h>

/* ptr always has a NUL behind the octets once something was added. */
struct octets {
    char *ptr;
    size_t len;
    size_t room;
};

void octets_add(struct octets *o, const char *ptr, size_t len);
void octets_text(struct octets *o, const char *text);
void octets_format(struct octets *o, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void octets_clear(struct octets *o);
bool octets_same(const struct octets *a, const char *ptr, size_t len);

/* Adds `text` with its escapes resolved: \r \n \t \0 \\ \" \xNN, and
 * \{c*N} or \{(text)*N}, which is c or the text N times. Stops at an unescaped
 * `stop` (0: at the end). Returns what follows it, or NULL when an escape is
 * wrong or the stop never came. */
const char *octets_unescape(struct octets *o, const char *text, char stop);

/* Adds octets in quotes, so that octets_unescape() would give them back. */
void octets_quote(struct octets *o, const char *ptr, size_t len);

#endif
