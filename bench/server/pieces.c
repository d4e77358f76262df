/* SPDX-License-Identifier: MIT */
#include "pieces.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum {
    COPY_ROOM = 4096 /* of a piece that holds copies of short answers */
};

void
pieces_clear(pieces *p)
{
    for (size_t i = p->first; i < p->count; i++)
        free(p->items[i].owned);
    free(p->items);
    *p = (pieces){0};
}

static piece *
last(pieces *p)
{
    return pieces_empty(p) ? NULL : &p->items[p->count - 1];
}

static void
push(pieces *p, piece item)
{
    if (p->count == p->room && p->first > p->count / 2) {
        p->count -= p->first;
        memmove(p->items, p->items + p->first, p->count * sizeof(piece));
        p->first = 0;
    }
    if (p->count == p->room) {
        p->room = p->room == 0 ? 8 : p->room * 2;
        p->items = need(realloc(p->items, p->room * sizeof(piece)));
    }
    p->items[p->count++] = item;
}

void
pieces_add(pieces *p, const char *ptr, size_t len)
{
    piece *before = last(p);

    if (len == 0)
        return;
    if (before != NULL && before->owned == NULL &&
        before->end == before->unit && before->ptr + before->unit == ptr) {
        before->unit += len;
        before->end += len;
        return;
    }
    push(p, (piece){.ptr = ptr, .unit = len, .end = len});
}

void
pieces_add_repeated(pieces *p, const char *ptr, size_t unit, uint64_t times)
{
    piece *before = last(p);

    if (times == 0)
        return;
    if (before != NULL && before->ptr == ptr && before->unit == unit)
        before->end += unit * times;
    else
        push(p, (piece){.ptr = ptr, .unit = unit, .end = unit * times});
}

void
pieces_add_copy(pieces *p, const char *ptr, size_t len)
{
    piece *before = last(p);

    if (before == NULL || before->end + len > before->room) {
        size_t room = len > COPY_ROOM ? len : COPY_ROOM;
        char *copy = need(malloc(room));

        push(p, (piece){.ptr = copy, .owned = copy, .room = room});
        before = last(p);
    }
    memcpy(before->owned + before->end, ptr, len);
    before->end += len;
    before->unit = (size_t)before->end;
}

void
pieces_add_owned(pieces *p, char *ptr, size_t len)
{
    push(p, (piece){.ptr = ptr, .unit = len, .end = len, .owned = ptr});
}

size_t
pieces_peek(const pieces *p, struct iovec *out, size_t max, size_t octets)
{
    size_t count = 0;

    for (size_t i = p->first; i < p->count && count < max && octets > 0; i++) {
        const piece *item = &p->items[i];
        uint64_t at = item->at;

        while (at < item->end && count < max && octets > 0) {
            size_t offset = (size_t)(at % item->unit);
            size_t len = item->unit - offset;

            if (len > octets)
                len = octets;
            if (len > item->end - at)
                len = (size_t)(item->end - at);
            out[count++] = (struct iovec){(char *)item->ptr + offset, len};
            at += len;
            octets -= len;
        }
    }
    return count;
}

void
pieces_sent(pieces *p, size_t len)
{
    while (len > 0) {
        piece *item = &p->items[p->first];
        uint64_t left = item->end - item->at;

        if (len < left) {
            item->at += len;
            return;
        }
        len -= (size_t)left;
        free(item->owned);
        p->first++;
    }
    if (p->first == p->count)
        p->first = p->count = 0;
}
