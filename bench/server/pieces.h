/* SPDX-License-Identifier: MIT */
/*
 * pieces - a queue of octets that wait to be sent, without copying them.
 *
 * A piece is a run of octets, or `unit` octets again and again. Runs that
 * continue each other become one, so that the answers to twenty thousand
 * commands may be a single piece.
 */
#ifndef BENCH_SERVER_PIECES_H
#define BENCH_SERVER_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

typedef struct piece {
    const char *ptr;
    size_t unit;
    uint64_t at, end; /* octet i is ptr[i % unit] */
    char *owned;      /* to be freed; NULL: it belongs to the mailbox */
    size_t room;      /* of `owned`, for more copies behind it; or 0 */
} piece;

typedef struct pieces {
    piece *items;
    size_t first, count, room; /* items[first … count) are waiting */
} pieces;

void pieces_clear(pieces *p);

static inline bool
pieces_empty(const pieces *p)
{
    return p->first == p->count;
}

/* Octets that stay where they are until they are sent. */
void pieces_add(pieces *p, const char *ptr, size_t len);

/* `unit` octets, `times` times. If the last piece repeats the same unit, it
 * goes on. */
void pieces_add_repeated(pieces *p, const char *ptr, size_t unit,
                         uint64_t times);

/* A copy of them. */
void pieces_add_copy(pieces *p, const char *ptr, size_t len);

/* Takes over `ptr`, which came from malloc(). */
void pieces_add_owned(pieces *p, char *ptr, size_t len);

/* What to send next, at most `max` vectors and about `octets` octets.
 * Returns how many vectors there are. */
size_t pieces_peek(const pieces *p, struct iovec *out, size_t max,
                   size_t octets);

/* Says that the first `len` octets were sent. */
void pieces_sent(pieces *p, size_t len);

#endif
