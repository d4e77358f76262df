/* SPDX-License-Identifier: MIT */
/*
 * queue - the commands that have had no DONE yet, in the order submitted.
 */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include <stddef.h>

#include <pop3.h>

#include "core/command.h"

typedef struct queue_entry {
    uint64_t number;
    pop3_id id;
    uint32_t octets;   /* of its line */
    uint32_t expected; /* octets of its answer: see window.h; 0: unknown */
    pop3_verb verb;
    command_body body; /* of its +OK */
    bool initial;      /* AUTH with an initial response */
    bool credential;   /* its line holds one, or part of one */
} queue_entry;

/* A ring. Invariant: length <= capacity, a power of two. */
typedef struct queue {
    queue_entry *ring;
    size_t capacity;
    size_t first;
    size_t length;
} queue;

/* Makes room for one more. False when memory is short: nothing changed. */
bool queue_reserve(queue *q);

/* Appends; room was made by queue_reserve(). */
void queue_push(queue *q, const queue_entry *entry);

/* The entry `index` places behind the first; NULL past the end. */
static inline queue_entry *
queue_at(const queue *q, size_t index)
{
    return index < q->length ? &q->ring[(q->first + index) & (q->capacity - 1)]
                             : NULL;
}

/* Takes the first out. */
void queue_pop(queue *q);

void queue_clear(queue *q);

#endif
