/* SPDX-License-Identifier: MIT */
/*
 * bytes - a queue of octets: appended at the end, consumed at the front.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* All zero is an empty one. Invariant: start <= end <= capacity. */
typedef struct bytes {
    char *data;      /* capacity octets, or NULL */
    size_t start;    /* first octet that was not consumed */
    size_t end;      /* behind the last one */
    size_t capacity; /* octets at data */
} bytes;

/* Wipes and frees; leaves it empty. */
void bytes_clear(bytes *b);

/* Frees without wiping; leaves it empty. */
void bytes_release(bytes *b);

/* Wipes the first `len` octets of the memory, consumed or not. */
void bytes_wipe(bytes *b, size_t len);

static inline size_t
bytes_len(const bytes *b)
{
    return b->end - b->start;
}

static inline const char *
bytes_ptr(const bytes *b)
{
    return b->data == NULL ? "" : b->data + b->start;
}

/* bytes_reserve() where there is not enough room yet. */
bool bytes_make_room(bytes *b, size_t more);

/* Makes room for `more` octets behind the end. What is outgrown is wiped.
 * False when memory is short: nothing changed. */
static inline bool
bytes_reserve(bytes *b, size_t more)
{
    return b->capacity - b->end >= more || bytes_make_room(b, more);
}

/* False when memory is short: nothing changed. */
static inline bool
bytes_append(bytes *b, const void *data, size_t len)
{
    if (!bytes_reserve(b, len))
        return false;
    if (len > 0)
        memcpy(b->data + b->end, data, len);
    b->end += len;
    return true;
}

/* Puts octets in at `at`, counted from the start. As bytes_append(). */
bool bytes_insert(bytes *b, size_t at, const void *data, size_t len);

/* Takes octets out at `at`, counted from the start, and wipes the tail. */
void bytes_remove(bytes *b, size_t at, size_t len);

/* Forgets the first `len` octets; they stay in memory until overwritten. */
void bytes_consume(bytes *b, size_t len);

/* The same, and wipes them. */
void bytes_consume_wiped(bytes *b, size_t len);

/* Moves what is left to the front of the memory; the octets behind it stay
 * there until they are overwritten. */
void bytes_compact(bytes *b);

#endif
