/* SPDX-License-Identifier: MIT */
/*
 * rows_avx512 - eight rows of LIST or UIDL at once, a lane of 64 bits each.
 *
 * Around each LF sixteen octets are loaded: the end of its row, and the start
 * of the next one. They hold a number of up to six digits, which is read
 * whatever the order is, and for LIST a size of up to seven. Rows are taken by
 * eights, as long as all eight are of that form.
 */
#include "core/rows_avx512.h"

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

#include "core/listing.h"
#include "core/rows_words.h"

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vpopcntdq")))
#define INLINE AVX512 static inline __attribute__((always_inline))

enum {
    LANES = 8,
    ALL = 0xff,      /* of a mask */
    BEFORE_SIZE = 8, /* octets before the LF that are loaded */
    BEFORE_UID = 7
};

/* Eight rows. */
typedef struct eight {
    __m512i starts;    /* their first octets; of LIST seven, and a 0 */
    __m512i ends;      /* their last octets; of LIST seven and the CR, of UIDL
                        * six, the CR and the LF */
    __m512i lf;        /* where the LF stands */
    __m512i lf_before; /* and that of the row before */
} eight;

/* Sixteen octets from `at` on of this LF, the second one from it and so on. */
INLINE __m512i
load_each_second(const char *from, const uint32_t *end, size_t at)
{
    const __m128i *const first = (const void *)(from + (end[0] + at));
    const __m128i *const second = (const void *)(from + (end[2] + at));
    const __m128i *const third = (const void *)(from + (end[4] + at));
    const __m128i *const fourth = (const void *)(from + (end[6] + at));
    __m512i all = _mm512_castsi128_si512(_mm_loadu_si128(first));

    all = _mm512_inserti32x4(all, _mm_loadu_si128(second), 1);
    all = _mm512_inserti32x4(all, _mm_loadu_si128(third), 2);
    return _mm512_inserti32x4(all, _mm_loadu_si128(fourth), 3);
}

/* The lanes of `next`, moved up by one, behind the last lane of `first`. */
INLINE __m512i
behind(__m512i first, __m512i next)
{
    return _mm512_alignr_epi64(next, first, LANES - 1);
}

/* ---- numbers ---- */

/* Of digits, eight octets a lane, the first one the lowest. */
INLINE __m512i
number_of(__m512i digits)
{
    const __m512i tens = _mm512_set1_epi16(0x010a);
    const __m512i hundreds = _mm512_set1_epi32(0x00010064);
    const __m512i fours =
        _mm512_madd_epi16(_mm512_maddubs_epi16(digits, tens), hundreds);

    return _mm512_add_epi64(_mm512_mul_epu32(fours, _mm512_set1_epi64(10000)),
                            _mm512_srli_epi64(fours, 32));
}

INLINE __m512i
values_of(__m512i octets)
{
    return _mm512_xor_si512(octets, _mm512_set1_epi8('0'));
}

INLINE __mmask64
no_digits(__m512i values)
{
    return _mm512_cmpgt_epu8_mask(values, _mm512_set1_epi8(9));
}

/* Of each lane, how many bits there are before the first that is no digit. */
INLINE __m512i
digit_bits(__m512i values)
{
    const __m512i others = _mm512_movm_epi8(no_digits(values));
    const __m512i below = _mm512_add_epi64(others, _mm512_set1_epi64(-1));

    return _mm512_popcnt_epi64(_mm512_andnot_si512(others, below));
}

/* The octet of each lane behind so many bits. */
INLINE __m512i
octet_at(__m512i octets, __m512i bits)
{
    return _mm512_and_si512(_mm512_srlv_epi64(octets, bits),
                            _mm512_set1_epi64(0xff));
}

/* Of the messages. *bits gets the length of their digits. Which of them are
 * good: not 0, and with a space behind. */
INLINE __mmask8
read_numbers(__m512i starts, __m512i *number, __m512i *bits)
{
    const __m512i values = values_of(starts);
    __mmask8 good;

    *bits = digit_bits(values);
    *number = number_of(_mm512_sllv_epi64(
        values, _mm512_sub_epi64(_mm512_set1_epi64(64), *bits)));
    good = _mm512_cmpeq_epi64_mask(octet_at(starts, *bits),
                                   _mm512_set1_epi64(' '));
    return _mm512_mask_test_epi64_mask(good, *number, *number);
}

/* The `len` octets before the CR, 1 to 7. */
INLINE __mmask8
read_sizes(__m512i ends, __m512i len, __m512i *size)
{
    const __m512i unused =
        _mm512_sub_epi64(_mm512_set1_epi64(64), _mm512_slli_epi64(len, 3));
    const __m512i digits =
        _mm512_and_si512(values_of(_mm512_slli_epi64(ends, 8)),
                         _mm512_sllv_epi64(_mm512_set1_epi64(-1), unused));
    const __m512i from_0 = _mm512_sub_epi64(len, _mm512_set1_epi64(1));

    *size = number_of(digits);
    if (no_digits(digits) != 0)
        return 0;
    return _mm512_cmplt_epu64_mask(from_0, _mm512_set1_epi64(7));
}

/* ---- eight rows ---- */

/* What is known of the row before: only the last lanes count. */
typedef struct before {
    __m512i starts;
    __m512i lf;
} before;

INLINE before
before_first(const rows_stretch *s, size_t octets)
{
    uint64_t word;

    memcpy(&word, s->from + s->at, sizeof(word));
    word <<= 8 * (octets - BEFORE_UID);
    return (before){_mm512_set1_epi64((long long)word),
                    _mm512_set1_epi64((long long)s->at - 1)};
}

/* The next eight, of which `octets` before the LF are loaded. */
INLINE eight
load(const rows_stretch *s, before *last, size_t octets)
{
    const size_t at = s->shift - octets;
    const __m512i even = load_each_second(s->from, s->end, at);
    const __m512i odd = load_each_second(s->from, s->end + 1, at);
    const __m256i *const end = (const void *)s->end;
    const __m512i starts = _mm512_unpackhi_epi64(even, odd);
    const __m512i lf =
        _mm512_add_epi64(_mm512_cvtepu32_epi64(_mm256_loadu_si256(end)),
                         _mm512_set1_epi64((long long)s->shift));
    const eight rows = {
        .starts = _mm512_srli_epi64(behind(last->starts, starts),
                                    (unsigned)(8 * (octets - BEFORE_UID))),
        .ends = _mm512_unpacklo_epi64(even, odd),
        .lf = lf,
        .lf_before = behind(last->lf, lf),
    };

    *last = (before){starts, lf};
    return rows;
}

/* Whether all of them have a CR behind so many bits of their ends. */
INLINE bool
have_cr(__m512i ends, unsigned bits)
{
    const __m512i octets = _mm512_and_si512(_mm512_srli_epi64(ends, bits),
                                            _mm512_set1_epi64(0xff));

    return _mm512_cmpeq_epi64_mask(octets, _mm512_set1_epi64('\r')) == ALL;
}

/* Where what follows the number and its space stands. */
INLINE __m512i
value_at(const eight *rows, __m512i bits)
{
    return _mm512_add_epi64(
        rows->lf_before,
        _mm512_add_epi64(_mm512_srli_epi64(bits, 3), _mm512_set1_epi64(2)));
}

INLINE __m512i
value_len(const eight *rows, __m512i at)
{
    return _mm512_sub_epi64(rows->lf,
                            _mm512_add_epi64(at, _mm512_set1_epi64(1)));
}

/* Items of two pairs of words each: the first pairs of each second item from
 * the first on, those between them, and the second pairs alike. */
INLINE void
store(pop3_item *items, __m512i even, __m512i odd, __m512i even2, __m512i odd2)
{
    __m512i *const out = (void *)items;
    const __m512i a = _mm512_shuffle_i64x2(even, even2, 0x44);
    const __m512i b = _mm512_shuffle_i64x2(odd, odd2, 0x44);
    const __m512i c = _mm512_shuffle_i64x2(even, even2, 0xee);
    const __m512i d = _mm512_shuffle_i64x2(odd, odd2, 0xee);

    _mm512_storeu_si512(out, _mm512_shuffle_i64x2(a, b, 0x88));
    _mm512_storeu_si512(out + 1, _mm512_shuffle_i64x2(a, b, 0xdd));
    _mm512_storeu_si512(out + 2, _mm512_shuffle_i64x2(c, d, 0x88));
    _mm512_storeu_si512(out + 3, _mm512_shuffle_i64x2(c, d, 0xdd));
}

INLINE bool
take_sizes(rows_stretch *s, before *last)
{
    const eight rows = load(s, last, BEFORE_SIZE);
    const __m512i none = _mm512_setzero_si512();
    __m512i number;
    __m512i bits;
    __m512i size;
    __mmask8 good = read_numbers(rows.starts, &number, &bits);

    good &=
        read_sizes(rows.ends, value_len(&rows, value_at(&rows, bits)), &size);
    if (good != ALL || !have_cr(rows.ends, 56))
        return false;
    store(s->item, _mm512_unpacklo_epi64(number, size),
          _mm512_unpackhi_epi64(number, size), none, none);
    return true;
}

/* Which of them have 1 to LISTING_UID_MAX octets, and no space at the front.
 */
INLINE __mmask8
good_uids(__m512i starts, __m512i bits, __m512i len)
{
    const __m512i first =
        octet_at(starts, _mm512_add_epi64(bits, _mm512_set1_epi64(8)));
    const __mmask8 text =
        _mm512_cmpgt_epu64_mask(first, _mm512_set1_epi64(' '));

    return _mm512_mask_cmple_epu64_mask(text, len,
                                        _mm512_set1_epi64(LISTING_UID_MAX));
}

INLINE bool
take_uids(rows_stretch *s, before *last)
{
    const eight rows = load(s, last, BEFORE_UID);
    const __m512i none = _mm512_setzero_si512();
    __m512i number;
    __m512i bits;
    __m512i at;
    __m512i len;
    __mmask8 good = read_numbers(rows.starts, &number, &bits);

    at = value_at(&rows, bits);
    len = value_len(&rows, at);
    good &= good_uids(rows.starts, bits, len);
    if (good != ALL || !have_cr(rows.ends, 48))
        return false;
    at = _mm512_add_epi64(at, _mm512_set1_epi64((long long)s->from));
    store(s->item, _mm512_unpacklo_epi64(number, none),
          _mm512_unpackhi_epi64(number, none), _mm512_unpacklo_epi64(at, len),
          _mm512_unpackhi_epi64(at, len));
    return true;
}

/* ---- all that there are ---- */

typedef bool take_eight(rows_stretch *s, before *last);

/* Copied, so that a compiler can keep what changes in registers. */
INLINE void
take_all(rows_stretch *s, take_eight *take, size_t octets)
{
    rows_stretch rows = *s;
    before last;

    if (rows.left < LANES || *rows.end + rows.shift < octets)
        return;
    last = before_first(s, octets);
    while (rows.left >= LANES && take(&rows, &last))
        rows_move_on(&rows, LANES, rows.end[LANES - 1] + rows.shift + 1);
    *s = rows;
}

AVX512 void
rows_avx512_sizes(rows_stretch *s)
{
    take_all(s, take_sizes, BEFORE_SIZE);
    rows_words_sizes(s);
}

AVX512 void
rows_avx512_uids(rows_stretch *s)
{
    take_all(s, take_uids, BEFORE_UID);
    rows_words_uids(s);
}
