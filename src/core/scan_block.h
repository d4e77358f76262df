/* SPDX-License-Identifier: MIT */
/*
 * scan_block - the loops of scan, over what an instruction set says of a
 * block of octets at once.
 *
 * An instruction set's file calls these with its own functions, which are
 * constants there, so that all of it becomes one loop without calls. Fewer
 * octets than a block are left to the portable twin.
 */
#ifndef CORE_SCAN_BLOCK_H
#define CORE_SCAN_BLOCK_H

#include <stdint.h>
#include <string.h>

#include "core/scan_impl.h"

#define SCAN_INLINE static inline __attribute__((always_inline))

/* Octets: a bit of a mask each, the first one the lowest. */
#define BLOCK ((size_t)64)

/* Of the octets p[0] to p[BLOCK - 1], which are so. */
typedef uint64_t block_mask(const char *p);

/* Whether any of the octets of a step, some blocks, is so. */
typedef bool step_test(const char *p);

/* The place of the lowest bit of a mask that is not 0. */
SCAN_INLINE size_t
lowest(uint64_t mask)
{
    return (size_t)__builtin_ctzll(mask);
}

/* The first block boundary behind p. A load that straddles one touches two
 * lines of the cache. */
SCAN_INLINE const char *
next_boundary(const char *p)
{
    return p + (BLOCK - (uintptr_t)p % BLOCK);
}

/* `dots` tells whether there is any dot in the step at p; `any` and `pairs`
 * tell of those that stand behind an LF, so they look at p[-1] too. Most of
 * what is large is base64, which has no dots: it is loaded once and passed. */
SCAN_INLINE const char *
block_newline_dot(const char *from, const char *end, size_t step,
                  step_test *dots, step_test *any, block_mask *pairs)
{
    const char *at = from + 1;
    uint64_t found;

    if (end - from <= (ptrdiff_t)BLOCK)
        return scan_portable.newline_dot(from, end);
    found = pairs(at);
    if (found != 0)
        return at - 1 + lowest(found);
    at = next_boundary(at);
    while ((size_t)(end - at) >= step && !(dots(at) && any(at)))
        at += step;
    for (; (size_t)(end - at) >= BLOCK; at += BLOCK) {
        found = pairs(at);
        if (found != 0)
            return at - 1 + lowest(found);
    }
    at = end - BLOCK; /* a part of it was looked at: there was none */
    found = pairs(at);
    return found == 0 ? NULL : at - 1 + lowest(found);
}

/* Writes where in the block at `at` the LFs are: for each bit of the mask,
 * from the lowest on, its place plus `at`. There is room for BLOCK of them.
 * Returns how many there are. */
typedef size_t block_places(uint32_t *out, size_t at, uint64_t lfs);

SCAN_INLINE size_t
block_each_place(uint32_t *out, size_t at, uint64_t lfs)
{
    size_t count = 0;

    for (; lfs != 0; lfs &= lfs - 1)
        out[count++] = (uint32_t)(at + lowest(lfs));
    return count;
}

/* `newlines` tells which octets are LFs. */
SCAN_INLINE void
block_newlines(const char *from, const char *end, scan_found *found,
               block_mask *newlines, block_places *places)
{
    size_t len = (size_t)(end - from);
    size_t at = 0;
    size_t count = 0;

    for (; len - at >= BLOCK && count <= SCAN_FOUND_MAX - BLOCK; at += BLOCK)
        count += places(&found->at[count], at, newlines(from + at));
    found->count = count;
    found->looked = at;
    if (len - at < BLOCK)
        scan_rest_of_newlines(from, end, found);
}

/* `pairs` tells which octets are a CR before an LF. What stands between them
 * is copied a block at a time, as far as that may reach: the octets too many
 * are written over by the next copy. */
SCAN_INLINE size_t
block_crlf_to_lf(const char *from, const char *end, char *out,
                 block_mask *pairs)
{
    char *to = out;

    for (; (size_t)(end - from) >= 2 * BLOCK; from += BLOCK) {
        const char *run = from;
        uint64_t left = pairs(from);

        for (; left != 0; left &= left - 1) {
            const char *cr = from + lowest(left);

            memcpy(to, run, BLOCK);
            to += cr - run;
            run = cr + 1;
        }
        memcpy(to, run, BLOCK);
        to += from + BLOCK - run;
    }
    return (size_t)(to - out) + scan_portable.crlf_to_lf(from, end, to);
}

#endif
