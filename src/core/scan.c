/* SPDX-License-Identifier: MIT */
/*
 * scan - the search that every octet of a message goes through.
 *
 * In a body the client needs to see a dot at the start of a line and nothing
 * else; all other octets pass untouched. memchr(3) of the C library uses the
 * widest vectors the machine has, so a step a line is near memory speed.
 */
#include "core/scan.h"

#include <string.h>

const char *
scan_newline(const char *from, const char *end)
{
    return from < end ? memchr(from, '\n', (size_t)(end - from)) : NULL;
}

const char *
scan_newline_dot(const char *from, const char *end)
{
    const char *lf = scan_newline(from, end);

    while (lf != NULL && lf + 1 < end && lf[1] != '.')
        lf = scan_newline(lf + 1, end);
    return lf != NULL && lf + 1 < end ? lf : NULL;
}
