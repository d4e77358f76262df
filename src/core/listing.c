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

static void
skip_spaces(pop3_span *in)
{
    while (in->len > 0 && is_space(in->ptr[0])) {
        in->ptr++;
        in->len--;
    }
}

/* Whether n * 10 + digit is more than 64 bits hold. */
static bool
overflows(uint64_t n, uint64_t digit)
{
    return n > (UINT64_MAX - digit) / 10;
}

/* Reads digits up to `end`, of which SAFE_DIGITS cannot overflow. NULL: they
 * did. */
static const char *
read_digits(const char *at, const char *end, uint64_t *number)
{
    const char *safe = end - at > SAFE_DIGITS ? at + SAFE_DIGITS : end;
    uint64_t digit = 0;
    uint64_t n = 0;

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

bool
listing_number(pop3_span *in, uint64_t *number)
{
    const char *end = in->ptr + in->len;
    uint64_t n;
    const char *at = read_digits(in->ptr, end, &n);

    if (at == NULL || at == in->ptr || (at < end && !is_space(*at)))
        return false;
    *in = (pop3_span){at, (size_t)(end - at)};
    skip_spaces(in);
    *number = n;
    return true;
}

bool
listing_stat(pop3_span text, pop3_stat *stat)
{
    pop3_stat s;

    skip_spaces(&text);
    if (!listing_number(&text, &s.count) || !listing_number(&text, &s.octets))
        return false;
    *stat = s;
    return true;
}

static bool
message_number(pop3_span *text, uint64_t *number)
{
    skip_spaces(text);
    return listing_number(text, number) && *number > 0;
}

bool
listing_list_row(pop3_span text, pop3_item *item)
{
    pop3_item i = {0};

    if (!message_number(&text, &i.number) || !listing_number(&text, &i.octets))
        return false;
    *item = i;
    return true;
}

bool
listing_uidl_row(pop3_span text, pop3_item *item)
{
    pop3_item i = {0};

    if (!message_number(&text, &i.number))
        return false;
    if (text.len <= LISTING_UID_MAX)
        i.uid = text;
    *item = i;
    return true;
}
