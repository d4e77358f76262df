/* SPDX-License-Identifier: MIT */
/*
 * window - how much may be in flight.
 */
#ifndef CORE_WINDOW_H
#define CORE_WINDOW_H

#include <pop3.h>

#include "core/queue.h"

typedef struct window {
    uint64_t commands; /* octets of lines that are in flight */
    uint64_t answers;  /* octets of answers that are expected for them */
    uint64_t size;     /* of answers: how many may be expected at once */
    uint64_t answered; /* octets of messages received, in all */
    uint64_t mean;     /* octets of a message whose size nobody told */
    bool filling;      /* from half empty until full */
} window;

/* What the caller tells of an answer, as far as it fits. */
uint32_t window_hint(uint64_t octets);

void window_start(window *w, const pop3_core_options *options);

/* Whether one more may go out beside `in_flight` others. */
bool window_has_room(pop3_core *core, const queue_entry *next);

/* It goes out: notes in it how large its answer is expected to be. */
void window_take(pop3_core *core, queue_entry *entry);

/* It was answered, or never will be. */
void window_give(window *w, const queue_entry *entry);

/* A message came that has so many octets. */
void window_learn(window *w, uint64_t octets);

/* All that came is used up, at the border of two answers: if commands were
 * held back by the window alone, it widens. Whether it did. */
bool window_widen(pop3_core *core);

#endif
