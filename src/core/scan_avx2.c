/* SPDX-License-Identifier: MIT */
/*
 * scan_avx2 - scan with vectors of 32 octets.
 *
 * Nothing outside functions marked AVX2 is compiled for that instruction set,
 * so the library as a whole runs on any x86-64.
 */
#include <immintrin.h>

#include "core/rows_words.h"
#include "core/scan_block.h"

#define AVX2 __attribute__((target("avx2,bmi")))

static const size_t VECTOR = 32; /* octets */

static bool
runs(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}

AVX2 static inline __m256i
equal(const char *p, char c)
{
    __m256i octets = _mm256_loadu_si256((const __m256i *)(const void *)p);

    return _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(c));
}

AVX2 static inline __m256i
newline_dots(const char *p)
{
    return _mm256_and_si256(equal(p - 1, '\n'), equal(p, '.'));
}

AVX2 static inline uint64_t
mask_of(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << VECTOR;
}

AVX2 static inline uint64_t
pairs(const char *p)
{
    return mask_of(newline_dots(p), newline_dots(p + VECTOR));
}

AVX2 static inline bool
one_of(__m256i a, __m256i b, __m256i c, __m256i d)
{
    __m256i all =
        _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d));

    return !_mm256_testz_si256(all, all);
}

AVX2 static inline bool
dots(const char *p)
{
    return one_of(equal(p, '.'), equal(p + VECTOR, '.'),
                  equal(p + 2 * VECTOR, '.'), equal(p + 3 * VECTOR, '.'));
}

AVX2 static inline bool
any(const char *p)
{
    return one_of(newline_dots(p), newline_dots(p + VECTOR),
                  newline_dots(p + 2 * VECTOR), newline_dots(p + 3 * VECTOR));
}

AVX2 static const char *
newline_dot(const char *from, const char *end)
{
    return block_newline_dot(from, end, 4 * VECTOR, dots, any, pairs);
}

AVX2 static inline uint64_t
newline_mask(const char *p)
{
    return mask_of(equal(p, '\n'), equal(p + VECTOR, '\n'));
}

AVX2 static void
newlines(const char *from, const char *end, scan_found *found)
{
    block_newlines(from, end, found, newline_mask, block_each_place);
}

AVX2 static inline __m256i
carriage_returns(const char *p)
{
    return _mm256_and_si256(equal(p, '\r'), equal(p + 1, '\n'));
}

AVX2 static inline uint64_t
line_ends(const char *p)
{
    return mask_of(carriage_returns(p), carriage_returns(p + VECTOR));
}

AVX2 static size_t
crlf_to_lf(const char *from, const char *end, char *out)
{
    return block_crlf_to_lf(from, end, out, line_ends);
}

const scan scan_avx2 = {
    .name = "avx2",
    .runs = runs,
    .newline_dot = newline_dot,
    .newlines = newlines,
    .crlf_to_lf = crlf_to_lf,
    .take_sizes = rows_words_sizes,
    .take_uids = rows_words_uids,
};
