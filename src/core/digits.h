/* SPDX-License-Identifier: MIT */
/*
 * digits - a decimal number of up to eight digits, read at once: as a word in
 * which each octet is a digit.
 */
#ifndef CORE_DIGITS_H
#define CORE_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    WORD = 8 /* octets */
};

#define EACH(octet) (UINT64_MAX / 0xff * (octet))
#define INLINE static inline __attribute__((always_inline))

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

/* The octets at `at`, the first one the lowest; 0 in the place of those past
 * the end. What is shorter than a word is put together of parts that overlap.
 */
INLINE uint64_t
word_at(const char *at, const char *end)
{
    size_t len = (size_t)(end - at);
    uint64_t word = 0;
    uint32_t low;
    uint32_t high;

    if (len >= WORD) {
        memcpy(&word, at, WORD);
    } else if (len >= sizeof(low)) {
        memcpy(&low, at, sizeof(low));
        memcpy(&high, end - sizeof(high), sizeof(high));
        word = low | (uint64_t)high << 8 * (len - sizeof(high));
    } else if (len > 0) {
        word = (uint64_t)(unsigned char)at[0] |
               (uint64_t)(unsigned char)at[len / 2] << 8 * (len / 2) |
               (uint64_t)(unsigned char)end[-1] << 8 * (len - 1);
    }
    return word;
}

#else

INLINE uint64_t
word_at(const char *at, const char *end)
{
    uint64_t word = 0;
    unsigned i;

    for (i = 0; i < WORD && at + i < end; i++)
        word |= (uint64_t)(unsigned char)at[i] << 8 * i;
    return word;
}

#endif

/* The first `len` octets of the word, 1 to 8, as number_of() wants them. */
INLINE uint64_t
digits_of(uint64_t word, size_t len)
{
    return (word ^ EACH('0')) << ((0 - 8 * len) & 63);
}

/* Whether they are digits. */
INLINE bool
are_digits(uint64_t digits)
{
    return (((digits + EACH(0x80 - 10)) | digits) & EACH(0x80)) == 0;
}

/* The number whose digits are the octets of the word, the first one the
 * lowest: neighbours are added to pairs, pairs to fours, fours to eight. */
INLINE uint64_t
number_of(uint64_t digits)
{
    digits = digits * 10 + (digits >> 8);
    digits = (digits & 0x00ff00ff00ff00ff) * (1 + (100 << 16)) >> 16;
    return (digits & 0x0000ffff0000ffff) * (1 + (10000ull << 32)) >> 32;
}

/* Bits of the octets of the word that are digits, from the lowest on. `word`
 * is what word_at() gave; *digits gets it as number_of() wants it. */
INLINE unsigned
digit_bits(uint64_t word, uint64_t *digits)
{
    uint64_t values = word ^ EACH('0');
    uint64_t others = ((values + EACH(0x80 - 10)) | values) & EACH(0x80);
    unsigned bits = 8 * WORD;

    if (others != 0)
        bits = (unsigned)__builtin_ctzll(others) & ~7u;
    *digits = bits == 0 ? 0 : values << (8 * WORD - bits);
    return bits;
}

#endif
