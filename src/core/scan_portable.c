/* SPDX-License-Identifier: MIT */
/*
 * scan_portable - scan in plain C, for every other machine, and for ends that
 * are shorter than a block.
 *
 * memchr(3) of the C library uses the widest vectors the machine has, so a
 * step a line is not far from memory speed.
 */
#include "core/scan_impl.h"

static bool
runs(void)
{
    return true;
}

static const char *
newline_dot(const char *from, const char *end)
{
    const char *lf = scan_newline(from, end);

    while (lf != NULL && lf + 1 < end && lf[1] != '.')
        lf = scan_newline(lf + 1, end);
    return lf != NULL && lf + 1 < end ? lf : NULL;
}

const scan scan_portable = {
    .name = "portable",
    .runs = runs,
    .newline_dot = newline_dot,
};
