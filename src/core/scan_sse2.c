/* SPDX-License-Identifier: MIT */
/*
 * scan_sse2 - scan with vectors of 16 octets, which every x86-64 has.
 *
 * Four of them make a block, whose mask is put together of four.
 */
#include <emmintrin.h>

#include "core/rows_words.h"
#include "core/scan_block.h"

static const size_t VECTOR = 16; /* octets */

static bool
runs(void)
{
    return true;
}

static inline __m128i
equal(const char *p, char c)
{
    __m128i octets = _mm_loadu_si128((const __m128i *)(const void *)p);

    return _mm_cmpeq_epi8(octets, _mm_set1_epi8(c));
}

static inline __m128i
newline_dots(const char *p)
{
    return _mm_and_si128(equal(p - 1, '\n'), equal(p, '.'));
}

static inline uint64_t
bits(__m128i v)
{
    return (uint32_t)_mm_movemask_epi8(v);
}

static inline uint64_t
pairs(const char *p)
{
    return bits(newline_dots(p)) | bits(newline_dots(p + VECTOR)) << VECTOR |
           bits(newline_dots(p + 2 * VECTOR)) << 2 * VECTOR |
           bits(newline_dots(p + 3 * VECTOR)) << 3 * VECTOR;
}

static inline bool
one_of(__m128i a, __m128i b, __m128i c, __m128i d)
{
    __m128i low = _mm_or_si128(a, b);
    __m128i high = _mm_or_si128(c, d);

    return _mm_movemask_epi8(_mm_or_si128(low, high)) != 0;
}

static inline bool
dots(const char *p)
{
    return one_of(equal(p, '.'), equal(p + VECTOR, '.'),
                  equal(p + 2 * VECTOR, '.'), equal(p + 3 * VECTOR, '.'));
}

static inline bool
any(const char *p)
{
    return one_of(newline_dots(p), newline_dots(p + VECTOR),
                  newline_dots(p + 2 * VECTOR), newline_dots(p + 3 * VECTOR));
}

static const char *
newline_dot(const char *from, const char *end)
{
    return block_newline_dot(from, end, BLOCK, dots, any, pairs);
}

static inline uint64_t
newline_mask(const char *p)
{
    return bits(equal(p, '\n')) | bits(equal(p + VECTOR, '\n')) << VECTOR |
           bits(equal(p + 2 * VECTOR, '\n')) << 2 * VECTOR |
           bits(equal(p + 3 * VECTOR, '\n')) << 3 * VECTOR;
}

static void
newlines(const char *from, const char *end, scan_found *found)
{
    block_newlines(from, end, found, newline_mask, block_each_place);
}

static inline __m128i
carriage_returns(const char *p)
{
    return _mm_and_si128(equal(p, '\r'), equal(p + 1, '\n'));
}

static inline uint64_t
line_ends(const char *p)
{
    return bits(carriage_returns(p)) |
           bits(carriage_returns(p + VECTOR)) << VECTOR |
           bits(carriage_returns(p + 2 * VECTOR)) << 2 * VECTOR |
           bits(carriage_returns(p + 3 * VECTOR)) << 3 * VECTOR;
}

static size_t
crlf_to_lf(const char *from, const char *end, char *out)
{
    return block_crlf_to_lf(from, end, out, line_ends);
}

const scan scan_sse2 = {
    .name = "sse2",
    .runs = runs,
    .newline_dot = newline_dot,
    .newlines = newlines,
    .crlf_to_lf = crlf_to_lf,
    .take_sizes = rows_words_sizes,
    .take_uids = rows_words_uids,
};
