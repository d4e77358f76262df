/* SPDX-License-Identifier: MIT */
/*
 * text - building one printable line in a fixed piece of memory.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line under construction. Invariant: len < size, and buf[len] is NUL. What
 * does not fit is left out. */
typedef struct text_builder {
    char *buf;
    size_t size; /* octets at buf, at least 1 */
    size_t len;
} text_builder;

/* Starts an empty line in buf. */
text_builder text_start(char *buf, size_t size);

/* Append a string, octets or a decimal number as they are. */
void text_add(text_builder *t, const char *string);
void text_add_octets(text_builder *t, const char *data, size_t len);
void text_add_number(text_builder *t, uint64_t number);

/* Octets of a stranger that one line takes at most (R24). */
enum {
    TEXT_STRANGER_MAX = 400
};

/* Appends octets of a stranger, made printable (R24): see pop3_printable().
 * Uses up *budget by the octets taken, and stops when it is 0. */
void text_add_printable(text_builder *t, const char *data, size_t len,
                        size_t *budget);

/* Puts a question mark in the place of each octet that text_add_printable()
 * would not let through; for text that is printable but for what it quotes. */
void text_clean(char *string);

/* Whether `c` is one of the 26 letters of ASCII, and its small form. Not
 * <ctype.h>, which depends on the locale. */
bool text_is_letter(char c);
char text_lower(char c);

/* What a hexadecimal digit stands for, capital or small; -1: it is none. */
int text_hex_value(char c);

/* Octets of the UTF-8 sequence (RFC 3629 §4) that `data` begins with, which
 * has `len` octets, at least one; 0: there is none. */
size_t text_utf8_len(const char *data, size_t len);

/* Whether all octets are below 128; whether one is a control of ASCII. */
bool text_is_ascii(const char *data, size_t len);
bool text_holds_control(const char *data, size_t len);

/* Whether octets are the string, letters compared case-blind. */
bool text_equal_caseless(const char *data, size_t len, const char *string);

/* Whether octets contain the string, which is in small letters; case-blind. */
bool text_contains_caseless(const char *data, size_t len, const char *string);

#endif
