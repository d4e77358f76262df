/* SPDX-License-Identifier: MIT */
/*
 * queue - a ring of commands.
 *
 * Room is made before anything else of a submission happens, so that pushing
 * cannot fail and a command is either submitted whole or not at all. It grows
 * by doubling and keeps its memory: a long session allocates a few times.
 */
#include "core/queue.h"

#include <stdlib.h>
#include <string.h>

enum {
    SMALLEST = 8
};

static size_t
slot(const queue *q, size_t index)
{
    return (q->first + index) & (q->capacity - 1);
}

bool
queue_reserve(queue *q)
{
    size_t capacity = q->capacity == 0 ? SMALLEST : q->capacity * 2;
    queue_entry *ring;

    if (q->length < q->capacity)
        return true;
    ring = calloc(capacity, sizeof(*ring));
    if (ring == NULL)
        return false;
    for (size_t i = 0; i < q->length; i++)
        ring[i] = *queue_at(q, i);
    free(q->ring);
    q->ring = ring;
    q->capacity = capacity;
    q->first = 0;
    return true;
}

void
queue_push(queue *q, const queue_entry *entry)
{
    q->ring[slot(q, q->length)] = *entry;
    q->length++;
}

void
queue_pop(queue *q)
{
    q->first = slot(q, 1);
    q->length--;
}

void
queue_clear(queue *q)
{
    free(q->ring);
    *q = (queue){0};
}
