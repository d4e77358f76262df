/* SPDX-License-Identifier: MIT */
/*
 * scan_portable - scan in plain C, for every other machine, and for ends that
 * are shorter than a block.
 *
 * memchr(3) of the C library uses the widest vectors the machine has, so a
 * step a line is not far from memory speed.
 */
#include <string.h>

#include "core/rows_words.h"
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

void
scan_rest_of_newlines(const char *from, const char *end, scan_found *found)
{
    const char *lf;

    while (found->count < SCAN_FOUND_MAX) {
        lf = scan_newline(from + found->looked, end);
        if (lf == NULL) {
            found->looked = (size_t)(end - from);
            return;
        }
        found->at[found->count++] = (uint32_t)(lf - from);
        found->looked = (size_t)(lf - from) + 1;
    }
}

static void
newlines(const char *from, const char *end, scan_found *found)
{
    found->count = 0;
    found->looked = 0;
    scan_rest_of_newlines(from, end, found);
}

static size_t
crlf_to_lf(const char *from, const char *end, char *out)
{
    size_t written = 0;

    while (from < end) {
        const char *cr = memchr(from, '\r', (size_t)(end - from));
        const char *stop = cr == NULL ? end : cr;

        memcpy(out + written, from, (size_t)(stop - from));
        written += (size_t)(stop - from);
        from = stop;
        if (cr != NULL && (cr + 1 == end || cr[1] != '\n'))
            out[written++] = '\r';
        if (cr != NULL)
            from++;
    }
    return written;
}

const scan scan_portable = {
    .name = "portable",
    .runs = runs,
    .newline_dot = newline_dot,
    .newlines = newlines,
    .crlf_to_lf = crlf_to_lf,
    .take_sizes = rows_words_sizes,
    .take_uids = rows_words_uids,
};
