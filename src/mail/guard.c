/* SPDX-License-Identifier: MIT */
/*
 * guard - many ids changed, though not all (server-quirks 16).
 *
 * A mailbox that was rebuilt, or a message that came in between, leaves some
 * ids as they were. What tells is that as many messages are new as are
 * missing, and have their sizes. In a large mailbox some message has any size,
 * so only the missing ones count; and mail that machines write has few sizes,
 * so the sizes that match must be many.
 */
#include "mail/guard.h"

#include <inttypes.h>
#include <stdlib.h>

#include "mail/seen_rows.h"

#include "base/banned.h"

typedef struct missing {
    const guard_listing *listing;
    size_t at; /* in its order */
    uint64_t *sizes;
    size_t count;
    size_t capacity;
} missing;

static bool
is_listed(missing *m, pop3_span uid)
{
    const guard_listing *l = m->listing;
    int order = -1;

    while (m->at < l->count &&
           (order = maildrop_compare(l->order[m->at].uid, uid)) < 0)
        m->at++;
    return order == 0;
}

/* Rows come in the order of their ids. */
static mail_result
note_row(void *ctx, const seen_row *row)
{
    missing *m = ctx;

    if (row->state != SEEN_DONE || !row->present || is_listed(m, row->uid))
        return MAIL_OK;
    if (m->count == m->capacity) {
        size_t capacity = m->capacity * 2 + 64;
        uint64_t *sizes = realloc(m->sizes, capacity * sizeof(*sizes));

        if (sizes == NULL)
            return MAIL_ERR_NOMEM;
        m->sizes = sizes;
        m->capacity = capacity;
    }
    m->sizes[m->count++] = row->octets;
    return MAIL_OK;
}

static int
compare_sizes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

void
guard_sort_sizes(uint64_t *sizes, size_t count)
{
    qsort(sizes, count, sizeof(*sizes), compare_sizes);
}

/* Each message answers for one; a size of 0 matches nothing. */
static size_t
count_matches(const missing *m, size_t *different)
{
    const guard_listing *l = m->listing;
    size_t matches = 0;
    uint64_t last = 0;
    size_t i = 0;
    size_t j = 0;

    *different = 0;
    while (i < l->new_count && j < m->count) {
        uint64_t size = l->new_sizes[i];

        if (size < m->sizes[j] || size == 0) {
            i++;
        } else if (size > m->sizes[j]) {
            j++;
        } else {
            matches++;
            *different += size != last ? 1 : 0;
            last = size;
            i++;
            j++;
        }
    }
    return matches;
}

static bool
look_the_same(const missing *m)
{
    const guard_listing *l = m->listing;
    size_t different;
    size_t matches;

    if (m->count < GUARD_MIN)
        return false;
    guard_sort_sizes(l->new_sizes, l->new_count);
    guard_sort_sizes(m->sizes, m->count);
    matches = count_matches(m, &different);
    return matches >= l->new_count - l->new_count / 4 &&
           matches >= m->count - m->count / 4 && different >= GUARD_MIN / 2 &&
           different >= matches / 4;
}

mail_result
guard_some(seen *memory, const guard_listing *listing, mail_error *error)
{
    missing m = {.listing = listing};
    mail_result result = seen_rows(memory, note_row, &m, error);

    if (result == MAIL_ERR_NOMEM)
        result = mail_fail_nomem(error);
    if (result == MAIL_OK && look_the_same(&m))
        result = mail_fail(
            error, MAIL_ERR_GUARD, 0,
            "the server seems to have changed the unique-ids of many "
            "messages: %zu are not known, and %zu that were delivered are "
            "missing, with the same sizes; nothing was fetched, as that mail "
            "would come twice; if it is new mail, run this again with "
            "--accept-new-ids",
            listing->new_count, m.count);
    free(m.sizes);
    return result;
}
