/* SPDX-License-Identifier: MIT */
/*
 * bytes - a queue of octets in one piece of memory.
 *
 * Appending compacts before it grows, and grows by doubling, so that a buffer
 * that is emptied as fast as it is filled never moves or allocates. Growth
 * copies by hand instead of realloc(3), because what is outgrown may hold a
 * password and has to be wiped.
 *
 * Limits: a size_t; sizes that would overflow count as memory being short.
 */
#include "base/bytes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

enum {
    SMALLEST = 256
};

/* At least twice as much, so that appending costs the same for each octet;
 * what is asked for at once is not rounded up. */
static size_t
grown_capacity(size_t capacity, size_t needed)
{
    size_t grown = capacity > SIZE_MAX / 2 ? needed : capacity * 2;

    if (grown < SMALLEST)
        grown = SMALLEST;
    return grown < needed ? needed : grown;
}

static bool
grow(bytes *b, size_t needed)
{
    size_t len = bytes_len(b);
    size_t capacity = grown_capacity(b->capacity, needed);
    char *data = malloc(capacity);

    if (data == NULL)
        return false;
    if (len > 0)
        memcpy(data, b->data + b->start, len);
    bytes_clear(b);
    b->data = data;
    b->end = len;
    b->capacity = capacity;
    return true;
}

void
bytes_clear(bytes *b)
{
    bytes_wipe(b, b->capacity);
    bytes_release(b);
}

void
bytes_release(bytes *b)
{
    free(b->data);
    *b = (bytes){0};
}

void
bytes_wipe(bytes *b, size_t len)
{
    if (b->data != NULL)
        secret_wipe(b->data, len);
}

bool
bytes_make_room(bytes *b, size_t more)
{
    size_t len = bytes_len(b);

    if (more > SIZE_MAX - len)
        return false;
    if (b->capacity - len >= more) {
        size_t end = b->end;

        bytes_compact(b);
        secret_wipe(b->data + b->end, end - b->end);
        return true;
    }
    return grow(b, len + more);
}

bool
bytes_insert(bytes *b, size_t at, const void *data, size_t len)
{
    char *place;

    if (len == 0)
        return true;
    if (!bytes_reserve(b, len))
        return false;
    place = b->data + b->start + at;
    memmove(place + len, place, bytes_len(b) - at);
    memcpy(place, data, len);
    b->end += len;
    return true;
}

void
bytes_remove(bytes *b, size_t at, size_t len)
{
    char *place;

    if (len == 0)
        return;
    place = b->data + b->start + at;
    memmove(place, place + len, bytes_len(b) - at - len);
    b->end -= len;
    secret_wipe(b->data + b->end, len);
}

void
bytes_consume(bytes *b, size_t len)
{
    b->start += len;
    if (b->start == b->end)
        b->start = b->end = 0;
}

void
bytes_consume_wiped(bytes *b, size_t len)
{
    if (len > 0)
        secret_wipe(b->data + b->start, len);
    bytes_consume(b, len);
}

void
bytes_compact(bytes *b)
{
    size_t len = bytes_len(b);

    if (b->start == 0)
        return;
    memmove(b->data, b->data + b->start, len);
    b->start = 0;
    b->end = len;
}
