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

/* *n = *n * 10 + digit, unless that overflows. */
static bool
append_digit(uint64_t *n, char c)
{
    uint64_t digit = (uint64_t)(c - '0');

    if (c < '0' || c > '9' || *n > (UINT64_MAX - digit) / 10)
        return false;
    *n = *n * 10 + digit;
    return true;
}

bool
listing_number(pop3_span *in, uint64_t *number)
{
    uint64_t n = 0;
    size_t at = 0;

    for (; at < in->len && !is_space(in->ptr[at]); at++)
        if (!append_digit(&n, in->ptr[at]))
            return false;
    if (at == 0)
        return false;
    in->ptr += at;
    in->len -= at;
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
