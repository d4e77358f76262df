/* SPDX-License-Identifier: MIT */
/*
 * percent - %XX in parts of URLs (RFC 3986 §2.1).
 */
#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include <stddef.h>

typedef enum percent_result {
    PERCENT_OK,
    PERCENT_BAD,     /* two hexadecimal digits do not follow a "%" */
    PERCENT_CONTROL, /* an octet below 32, or 127, also a decoded one */
    PERCENT_LONG     /* it does not fit */
} percent_result;

/* Decodes `len` octets to `out` (size octets, at least 1), with a NUL behind
 * them. Unless it is PERCENT_OK, what stands in `out` means nothing. */
percent_result percent_decode(const char *text, size_t len, char *out,
                              size_t size);

#endif
