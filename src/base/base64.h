/* SPDX-License-Identifier: MIT */
/*
 * base64 - RFC 4648 §4, strict: no line ends, no other octets, padding and
 * unused bits exactly as the standard has them.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Octets that encoding `len` octets takes; `len` at most 3/4 of SIZE_MAX. */
static inline size_t
base64_encoded_len(size_t len)
{
    return (len + 2) / 3 * 4;
}

/* Writes base64_encoded_len(len) octets to `out`, without a NUL. */
void base64_encode(const void *data, size_t len, char *out);

/* Decodes to `out`, which has room for len / 4 * 3 octets and may be where
 * `text` is. False, with *out_len unset, for anything not strict. */
bool base64_decode(const char *text, size_t len, char *out, size_t *out_len);

#endif
