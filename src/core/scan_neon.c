/* SPDX-License-Identifier: MIT */
/*
 * scan_neon - scan with vectors of 16 octets, which every arm64 has.
 *
 * There is no instruction that makes a bit of an octet, so a mask is made by
 * leaving each octet its own bit and adding neighbours three times.
 */
#include <arm_neon.h>

#include "core/rows_words.h"
#include "core/scan_block.h"

static const size_t VECTOR = 16; /* octets */

static bool
runs(void)
{
    return true;
}

static inline uint8x16_t
equal(const char *p, char c)
{
    return vceqq_u8(vld1q_u8((const uint8_t *)p), vdupq_n_u8((uint8_t)c));
}

static inline uint8x16_t
newline_dots(const char *p)
{
    return vandq_u8(equal(p - 1, '\n'), equal(p, '.'));
}

static inline uint64_t
mask_of(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
    static const uint8_t bit[16] = {1, 2, 4, 8, 16, 32, 64, 128,
                                    1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t bits = vld1q_u8(bit);
    uint8x16_t low = vpaddq_u8(vandq_u8(a, bits), vandq_u8(b, bits));
    uint8x16_t high = vpaddq_u8(vandq_u8(c, bits), vandq_u8(d, bits));
    uint8x16_t sum = vpaddq_u8(low, high);

    sum = vpaddq_u8(sum, sum);
    return vgetq_lane_u64(vreinterpretq_u64_u8(sum), 0);
}

static inline uint64_t
pairs(const char *p)
{
    return mask_of(newline_dots(p), newline_dots(p + VECTOR),
                   newline_dots(p + 2 * VECTOR), newline_dots(p + 3 * VECTOR));
}

static inline bool
one_of(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
    return vmaxvq_u8(vorrq_u8(vorrq_u8(a, b), vorrq_u8(c, d))) != 0;
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
    return mask_of(equal(p, '\n'), equal(p + VECTOR, '\n'),
                   equal(p + 2 * VECTOR, '\n'), equal(p + 3 * VECTOR, '\n'));
}

static void
newlines(const char *from, const char *end, scan_found *found)
{
    block_newlines(from, end, found, newline_mask, block_each_place);
}

static inline uint8x16_t
carriage_returns(const char *p)
{
    return vandq_u8(equal(p, '\r'), equal(p + 1, '\n'));
}

static inline uint64_t
line_ends(const char *p)
{
    return mask_of(carriage_returns(p), carriage_returns(p + VECTOR),
                   carriage_returns(p + 2 * VECTOR),
                   carriage_returns(p + 3 * VECTOR));
}

static size_t
crlf_to_lf(const char *from, const char *end, char *out)
{
    return block_crlf_to_lf(from, end, out, line_ends);
}

const scan scan_neon = {
    .name = "neon",
    .runs = runs,
    .newline_dot = newline_dot,
    .newlines = newlines,
    .crlf_to_lf = crlf_to_lf,
    .take_sizes = rows_words_sizes,
    .take_uids = rows_words_uids,
};
