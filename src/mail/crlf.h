/* SPDX-License-Identifier: MIT */
/*
 * crlf - CRLF becomes LF, piece by piece.
 */
#ifndef MAIL_CRLF_H
#define MAIL_CRLF_H

#include <stdbool.h>
#include <stddef.h>

struct scan;

typedef struct crlf {
    const struct scan *scan;
    bool cr; /* a CR was read that was not written yet */
} crlf;

/* A message begins. It is copied by `by`; NULL: by the fastest. */
crlf crlf_start(const struct scan *by);

/* Converts `len` octets of `in`; `out` has room for len + 1. Returns how many
 * were written. */
size_t crlf_to_lf(crlf *state, const char *in, size_t len, char *out);

/* The end of the message: writes at most one octet to `out`. */
size_t crlf_finish(crlf *state, char *out);

#endif
