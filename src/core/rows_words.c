/* SPDX-License-Identifier: MIT */
/*
 * rows_words - rows of LIST and UIDL by words of eight octets.
 *
 * The number of a message is compared with what it is if it is one more than
 * that of the row before, as nearly all are, and else read. Where a row begins
 * is known before the one in front of it is read, so that a processor may read
 * several of them at a time.
 */
#include "core/rows_words.h"

#include <stdbool.h>

#include "core/digits.h"
#include "core/listing.h"

/* ---- what follows the number of a message ---- */

/* Reads `len` octets up to the CR. */
typedef bool read_value(const char *at, size_t len, pop3_item *item);

/* Up to eight digits. There have to be eight octets at `at`. */
INLINE bool
read_size(const char *at, size_t len, pop3_item *item)
{
    uint64_t digits;

    if (len - 1 >= WORD)
        return false;
    digits = digits_of(word_at(at, at + WORD), len);
    item->octets = number_of(digits);
    item->uid = (pop3_span){NULL, 0};
    return are_digits(digits);
}

/* All that is there. */
INLINE bool
read_uid(const char *at, size_t len, pop3_item *item)
{
    item->octets = 0;
    item->uid = (pop3_span){at, len};
    return len <= LISTING_UID_MAX && (unsigned char)*at > ' ';
}

/* The next row, which ends at `lf`, behind the number and its space. */
INLINE bool
read_row(const char *from, size_t behind, size_t lf, read_value *read,
         pop3_item *item)
{
    return from[lf - 1] == '\r' && read(from + behind, lf - 1 - behind, item);
}

/* ---- the number of a message, and one space ---- */

/* What the next rows begin with, if each number is one more than the one
 * before it. */
typedef struct expected {
    uint64_t number;
    uint64_t text; /* its digits and the space, the first octet the lowest */
    uint64_t mask; /* of those octets */
    uint64_t one;  /* what makes the last digit one more */
    size_t octets; /* of text */
    size_t alike;  /* numbers that differ in the last digit alone */
} expected;

/* Behind a row that began with `octets` octets of `word`, the space included.
 */
INLINE void
expect_next(expected *next, uint64_t number, uint64_t word, size_t octets)
{
    unsigned last = 8 * (unsigned)(octets - 2);

    next->alike = 0;
    if (octets > WORD)
        return;
    next->number = number + 1;
    next->mask = UINT64_MAX >> 8 * (WORD - octets);
    next->one = (uint64_t)1 << last;
    next->text = (word & next->mask) + next->one;
    next->octets = octets;
    next->alike = '9' - (word >> last & 0xff);
}

/* Ten numbers are done, and their last digit is one more than 9. */
INLINE void
carry(expected *next)
{
    unsigned place = 8 * (unsigned)(next->octets - 2);

    for (; place > 0 && (next->text >> place & 0xff) > '9'; place -= 8)
        next->text += ((uint64_t)1 << (place - 8)) - ((uint64_t)10 << place);
    next->alike = (next->text & 0xff) > '9' ? 0 : 10;
}

/* ---- rows ---- */

/* A row whose number is read by its digits. */
INLINE bool
take_first(rows_stretch *s, read_value *read, expected *next)
{
    size_t lf = *s->end + s->shift;
    const char *at = s->from + s->at;
    uint64_t word = word_at(at, at + WORD);
    uint64_t digits;
    size_t octets = digit_bits(word, &digits) / 8;
    uint64_t number = number_of(digits);

    if (number == 0 || at[octets++] != ' ' ||
        !read_row(s->from, s->at + octets, lf, read, s->item))
        return false;
    s->item->number = number;
    expect_next(next, number, word, octets);
    rows_move_on(s, 1, lf + 1);
    return true;
}

/* Rows whose numbers are only compared. What changes with each row is kept in
 * variables, which a compiler can keep in registers. False: the next row is
 * another one. */
INLINE bool
take_alike(rows_stretch *s, read_value *read, expected *next)
{
    const expected first = *next;
    const char *from = s->from;
    const size_t shift = s->shift;
    const size_t count = first.alike < s->left ? first.alike : s->left;
    const uint32_t *end = s->end;
    const uint32_t *stop = end + count;
    pop3_item *item = s->item;
    uint64_t text = first.text;
    uint64_t number = first.number;
    size_t at = s->at;

    for (; end != stop; end++) {
        size_t lf = *end + shift;
        const char *p = from + at;

        if (((word_at(p, p + WORD) ^ text) & first.mask) != 0 ||
            !read_row(from, at + first.octets, lf, read, item))
            break;
        item->number = number++;
        item++;
        text += first.one;
        at = lf + 1;
    }
    rows_move_on(s, (size_t)(end - s->end), at);
    next->alike -= (size_t)(number - next->number);
    next->number = number;
    next->text = text;
    return end == stop;
}

INLINE void
take_all(rows_stretch *s, read_value *read)
{
    expected next = {0};

    while (s->left > 0 && take_first(s, read, &next)) {
        while (next.alike > 0 && s->left > 0 && take_alike(s, read, &next)) {
            if (next.alike == 0)
                carry(&next);
        }
    }
}

void
rows_words_sizes(rows_stretch *s)
{
    take_all(s, read_size);
}

void
rows_words_uids(rows_stretch *s)
{
    take_all(s, read_uid);
}
