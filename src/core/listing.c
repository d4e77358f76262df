/* SPDX-License-Identifier: MIT */
/*
 * listing - numbers and rows that a server lists.
 *
 * The one number parser (R31): digits only, no sign, overflow is an error,
 * and a number ends at a space or at the end. Several spaces and more columns
 * are taken as real servers send them (quirk 11). A unique-id is opaque: the
 * rest of the row as it is, whatever octets (quirk 14); one that is longer
 * than 1,024 octets is none, because a part of it would not be unique (R30).
 */
#include "core/listing.h"

#include "core/digits.h"

enum {
    SAFE_DIGITS = 19 /* any number of so many fits into 64 bits */
};

/* More than 9 if it is none. */
static uint64_t
digit_of(char c)
{
    return (uint64_t)(unsigned char)c - '0';
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\t';
}

INLINE const char *
skip_spaces(const char *at, const char *end)
{
    while (at < end && is_space(*at))
        at++;
    return at;
}

/* Whether n * 10 + digit is more than 64 bits hold. */
static bool
overflows(uint64_t n, uint64_t digit)
{
    return n > (UINT64_MAX - digit) / 10;
}

/* Goes on behind the first word, of which *number was read. */
static const char *
read_long(const char *at, const char *end, uint64_t *number)
{
    const char *safe =
        end - at > SAFE_DIGITS - WORD ? at + SAFE_DIGITS - WORD : end;
    uint64_t digit = 0;
    uint64_t n = *number;

    for (; at < safe && (digit = digit_of(*at)) <= 9; at++)
        n = n * 10 + digit;
    for (; at < end && (digit = digit_of(*at)) <= 9; at++) {
        if (overflows(n, digit))
            return NULL;
        n = n * 10 + digit;
    }
    *number = n;
    return at;
}

/* Reads digits up to `end`. NULL: there are none, or too many. */
INLINE const char *
read_digits(const char *at, const char *end, uint64_t *number)
{
    uint64_t digits;
    unsigned bits = digit_bits(word_at(at, end), &digits);

    if (bits == 0)
        return NULL;
    *number = number_of(digits);
    at += bits / 8;
    return bits < 8 * WORD ? at : read_long(at, end, number);
}

/* Where what is behind the number begins; NULL: there is no number. */
INLINE const char *
take_number(const char *at, const char *end, uint64_t *number)
{
    at = read_digits(at, end, number);
    if (at == NULL || at == end)
        return at;
    return is_space(*at) ? skip_spaces(at, end) : NULL;
}

bool
listing_number(pop3_span *in, uint64_t *number)
{
    const char *end = in->ptr + in->len;
    uint64_t n;
    const char *rest = take_number(in->ptr, end, &n);

    if (rest == NULL)
        return false;
    *in = (pop3_span){rest, (size_t)(end - rest)};
    *number = n;
    return true;
}

bool
listing_stat(pop3_span text, pop3_stat *stat)
{
    const char *end = text.ptr + text.len;
    const char *at = skip_spaces(text.ptr, end);
    pop3_stat s;

    at = take_number(at, end, &s.count);
    if (at == NULL || take_number(at, end, &s.octets) == NULL)
        return false;
    *stat = s;
    return true;
}

/* Of a row. NULL: it begins with none. */
INLINE const char *
message_number(const char *at, const char *end, uint64_t *number)
{
    at = take_number(skip_spaces(at, end), end, number);
    return at != NULL && *number > 0 ? at : NULL;
}

bool
listing_list_row(pop3_span text, pop3_item *item)
{
    const char *end = text.ptr + text.len;
    uint64_t number;
    uint64_t octets;
    const char *at = message_number(text.ptr, end, &number);

    if (at == NULL || take_number(at, end, &octets) == NULL)
        return false;
    item->number = number;
    item->octets = octets;
    item->uid = (pop3_span){NULL, 0};
    return true;
}

bool
listing_uidl_row(pop3_span text, pop3_item *item)
{
    const char *end = text.ptr + text.len;
    uint64_t number;
    const char *at = message_number(text.ptr, end, &number);
    pop3_span uid = {NULL, 0};

    if (at == NULL)
        return false;
    if (end - at <= LISTING_UID_MAX)
        uid = (pop3_span){at, (size_t)(end - at)};
    item->number = number;
    item->octets = 0;
    item->uid = uid;
    return true;
}
