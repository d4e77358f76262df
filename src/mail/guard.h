/* SPDX-License-Identifier: MIT */
/*
 * guard - whether a server gave messages other unique-ids.
 */
#ifndef MAIL_GUARD_H
#define MAIL_GUARD_H

#include "mail/seen.h"

/* What is listed, sorted by unique-id, and the sizes of those that are not in
 * the memory, which are sorted then. */
typedef struct guard_listing {
    const maildrop_row *order;
    size_t count;
    uint64_t *new_sizes;
    size_t new_count;
} guard_listing;

/* Some ids are known, and many are not. Errors: GUARD, if the new messages
 * look like those that are missing; NOMEM, those of `seen`. */
mail_result guard_some(seen *memory, const guard_listing *listing,
                       mail_error *error) MAIL_MUST_CHECK;

/* The smallest first. */
void guard_sort_sizes(uint64_t *sizes, size_t count);

enum {
    GUARD_MIN = 10 /* messages listed, and messages that should be */
};

#endif
