/* SPDX-License-Identifier: MIT */
/*
 * duration - the largest unit of which there are two or more, but for one
 * minute, hour or day that is meant so.
 */
#include "cli/duration.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

const char *
duration_words(uint64_t seconds, char *out, size_t size)
{
    static const struct {
        uint64_t seconds;
        const char *name;
    } units[] = {
        {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    size_t i = 0;
    uint64_t number;

    while (i < 3 && seconds < units[i].seconds)
        i++;
    /* 119 minutes are no hour. */
    if (i < 3 && seconds < 2 * units[i].seconds && seconds != units[i].seconds)
        i++;
    number = seconds / units[i].seconds;
    (void)snprintf(out, size, "%" PRIu64 " %s%s", number, units[i].name,
                   number == 1 ? "" : "s");
    return out;
}
