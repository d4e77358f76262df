/* SPDX-License-Identifier: MIT */
/*
 * plan - how the octets of a server are cut on their way in.
 */
#ifndef HARNESS_PLAN_H
#define HARNESS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum plan_kind {
    PLAN_WHOLE,
    PLAN_OCTETS,
    PLAN_SPLIT,
    PLAN_RANDOM
};

struct plan {
    enum plan_kind kind;
    size_t split;    /* PLAN_SPLIT: all before this octet, then the rest */
    uint64_t random; /* PLAN_RANDOM: state of the generator, not 0 */
};

/* How many of `len` octets, of which `at` went before, come next: 1 ... len.
 */
size_t plan_next(struct plan *plan, size_t at, size_t len);

/* True half of the time with PLAN_RANDOM, else never. */
bool plan_coin(struct plan *plan);

/* A number below `limit`. */
size_t plan_random(struct plan *plan, size_t limit);

/* The seed of this run: TEST_SEED in the environment, or the time. It is
 * printed once, so that a failure can be seen again. */
uint64_t plan_seed(void);

#endif
