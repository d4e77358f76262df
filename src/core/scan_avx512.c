/* SPDX-License-Identifier: MIT */
/*
 * scan_avx512 - scan with vectors of 64 octets, a block each.
 *
 * Asked for are byte operations (BW) and the compression of bytes (VBMI2),
 * which came with processors that do not slow down for wide vectors; the ones
 * before them are served by AVX2.
 */
#include <immintrin.h>

#include "core/rows_avx512.h"
#include "core/scan_block.h"

#define AVX512                                                         \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi," \
                          "popcnt")))

static bool
runs(void)
{
    return __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi2") &&
           __builtin_cpu_supports("avx512vpopcntdq") &&
           __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
}

AVX512 static inline uint64_t
dot_mask(const char *p)
{
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p),
                                  _mm512_set1_epi8('.'));
}

AVX512 static inline bool
dots(const char *p)
{
    return (dot_mask(p) | dot_mask(p + BLOCK) | dot_mask(p + 2 * BLOCK) |
            dot_mask(p + 3 * BLOCK)) != 0;
}

AVX512 static inline uint64_t
pairs(const char *p)
{
    return _mm512_mask_cmpeq_epi8_mask(dot_mask(p), _mm512_loadu_si512(p - 1),
                                       _mm512_set1_epi8('\n'));
}

AVX512 static inline bool
any(const char *p)
{
    return (pairs(p) | pairs(p + BLOCK) | pairs(p + 2 * BLOCK) |
            pairs(p + 3 * BLOCK)) != 0;
}

AVX512 static const char *
newline_dot(const char *from, const char *end)
{
    return block_newline_dot(from, end, 4 * BLOCK, dots, any, pairs);
}

AVX512 static inline uint64_t
newline_mask(const char *p)
{
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p),
                                  _mm512_set1_epi8('\n'));
}

/* The numbers of all octets of a block are compressed to those of the LFs: the
 * same work whether there are none or eight, so that there is nothing that a
 * processor could guess wrongly. */
AVX512 static inline size_t
places(uint32_t *out, size_t at, uint64_t lfs)
{
    const __m512i numbers = _mm512_set_epi8(
        63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46,
        45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28,
        27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10,
        9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i found = _mm512_maskz_compress_epi8(lfs, numbers);
    const __m256i eight = _mm256_cvtepu8_epi32(_mm512_castsi512_si128(found));
    const size_t count = (size_t)__builtin_popcountll(lfs);

    if (count > 8)
        return block_each_place(out, at, lfs);
    _mm256_storeu_si256((__m256i *)(void *)out,
                        _mm256_add_epi32(eight, _mm256_set1_epi32((int)at)));
    return count;
}

AVX512 static void
newlines(const char *from, const char *end, scan_found *found)
{
    block_newlines(from, end, found, newline_mask, places);
}

AVX512 static inline uint64_t
line_ends(const char *p)
{
    __mmask64 crs =
        _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), _mm512_set1_epi8('\r'));

    return _mm512_mask_cmpeq_epi8_mask(crs, _mm512_loadu_si512(p + 1),
                                       _mm512_set1_epi8('\n'));
}

/* What is kept of a block is moved together, and the whole vector stored: the
 * store that compresses by itself is slow on some processors. */
AVX512 static size_t
crlf_to_lf(const char *from, const char *end, char *out)
{
    char *to = out;

    for (; (size_t)(end - from) > BLOCK; from += BLOCK) {
        uint64_t kept = ~line_ends(from);
        __m512i octets = _mm512_loadu_si512(from);

        _mm512_storeu_si512(to, _mm512_maskz_compress_epi8(kept, octets));
        to += __builtin_popcountll(kept);
    }
    return (size_t)(to - out) + scan_portable.crlf_to_lf(from, end, to);
}

const scan scan_avx512 = {
    .name = "avx512",
    .runs = runs,
    .newline_dot = newline_dot,
    .newlines = newlines,
    .crlf_to_lf = crlf_to_lf,
    .take_sizes = rows_avx512_sizes,
    .take_uids = rows_avx512_uids,
};
