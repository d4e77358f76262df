/* SPDX-License-Identifier: MIT */
/*
 * listing - the grammar of STAT, and of the rows of LIST and UIDL
 * (RFC 1939 §5, §7).
 */
#ifndef CORE_LISTING_H
#define CORE_LISTING_H

#include <stdbool.h>

#include <pop3.h>

/* Octets of a unique-id that is taken (R30). RFC 1939 §7 allows 70. */
enum {
    LISTING_UID_MAX = 1024
};

/* Takes a decimal number from the front of *in: digits only, up to a space or
 * the end. False, with *in as it was, if there is none or it overflows. */
bool listing_number(pop3_span *in, uint64_t *number);

/* "count octets", anything behind. */
bool listing_stat(pop3_span text, pop3_stat *stat);

/* "number octets", anything behind; number from 1. */
bool listing_list_row(pop3_span text, pop3_item *item);

/* "number unique-id": all that follows the spaces is the id. */
bool listing_uidl_row(pop3_span text, pop3_item *item);

#endif
