/* SPDX-License-Identifier: MIT */
/*
 * header - the fields of a message's header, as text to compare.
 */
#ifndef CLI_HEADER_H
#define CLI_HEADER_H

#include <pop3.h>

enum {
    HEADER_VALUE_MAX = 8192 /* octets of a value; the rest is left out */
};

typedef struct header {
    pop3_span rest; /* what is left to be read */
    pop3_span name;
    char value[HEADER_VALUE_MAX + 1]; /* one line; ends with NUL */
} header;

/* Reads `text`, which stays valid. */
void header_start(header *h, pop3_span text);

/* The next field; false: there is none. Lines that are none are skipped. The
 * value is unfolded, without blanks around it, and its encoded words
 * (RFC 2047) in UTF-8, US-ASCII and ISO-8859-1 are UTF-8; others stay as they
 * are. Control characters in it are blanks. */
bool header_next(header *h);

#endif
