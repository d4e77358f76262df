/* SPDX-License-Identifier: MIT */
/*
 * plan - cuts a stream whole, octet by octet, in two, or at random.
 *
 * The random numbers are xorshift64*: a few lines, the same everywhere, and
 * good enough to choose where to cut.
 */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t
next_random(struct plan *plan)
{
    uint64_t x = plan->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    plan->random = x;
    return x * UINT64_C(2685821657736338717);
}

size_t
plan_random(struct plan *plan, size_t limit)
{
    return (size_t)((next_random(plan) >> 20) % limit);
}

bool
plan_coin(struct plan *plan)
{
    return plan->kind == PLAN_RANDOM && plan_random(plan, 2) == 1;
}

size_t
plan_next(struct plan *plan, size_t at, size_t len)
{
    size_t most;

    switch (plan->kind) {
    case PLAN_WHOLE:
        return len;
    case PLAN_OCTETS:
        return 1;
    case PLAN_SPLIT:
        if (at < plan->split && plan->split - at < len)
            return plan->split - at;
        return len;
    case PLAN_RANDOM:
        most = plan_random(plan, 4) == 0 ? len : 12;
        most = most < len ? most : len;
        return 1 + plan_random(plan, most);
    }
    return len;
}

uint64_t
plan_seed(void)
{
    static uint64_t seed;
    const char *given = getenv("TEST_SEED");

    if (seed != 0)
        return seed;
    seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    if (seed == 0)
        seed = 1;
    printf("seed=%llu\n", (unsigned long long)seed);
    return seed;
}
