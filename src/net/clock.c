/* SPDX-License-Identifier: MIT */
/*
 * clock - milliseconds that only go forward.
 *
 * Deadlines are differences of this clock, never of the time of day, which
 * people and NTP set back and forth (R37). CLOCK_MONOTONIC cannot fail where
 * it exists, so nothing here has an error to report.
 */
#include "net/clock.h"

#include <time.h>

#include "base/banned.h"

int64_t
clock_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
