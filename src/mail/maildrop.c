/* SPDX-License-Identifier: MIT */
/*
 * maildrop - rows of LIST and UIDL become one sorted list of messages.
 *
 * Servers send rows in any order, with gaps, and with numbers in one listing
 * that the other lacks (server-quirks 11). Nothing is indexed by a number
 * that a server sent (R31): rows are appended, sorted and merged. A number
 * that comes twice with a unique-id could have either, so it is not used; one
 * that comes twice with a size has no size. Memory: 32 octets a row, and the
 * unique-ids one after another.
 */
#include "mail/maildrop.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

static bool
add_row(maildrop_rows *rows, maildrop_message row)
{
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity == 0 ? 64 : rows->capacity * 2;
        maildrop_message *grown;

        if (capacity > SIZE_MAX / sizeof(row))
            return false;
        grown = realloc(rows->rows, capacity * sizeof(row));
        if (grown == NULL)
            return false;
        rows->rows = grown;
        rows->capacity = capacity;
    }
    rows->rows[rows->count++] = row;
    return true;
}

bool
maildrop_add_size(maildrop *drop, const pop3_item *item)
{
    return add_row(&drop->sizes, (maildrop_message){.number = item->number,
                                                    .octets = item->octets});
}

static bool
add_octets(maildrop *drop, pop3_span octets)
{
    if (octets.len > drop->uids_capacity - drop->uids_len) {
        size_t capacity = drop->uids_capacity * 2 + octets.len + 1024;
        char *grown;

        if (capacity < drop->uids_capacity)
            return false;
        grown = realloc(drop->uids, capacity);
        if (grown == NULL)
            return false;
        drop->uids = grown;
        drop->uids_capacity = capacity;
    }
    if (octets.len > 0)
        memcpy(drop->uids + drop->uids_len, octets.ptr, octets.len);
    drop->uids_len += octets.len;
    return true;
}

bool
maildrop_add_uid(maildrop *drop, const pop3_item *item)
{
    maildrop_message row = {.number = item->number,
                            .uid_offset = drop->uids_len,
                            .uid_len = item->uid.len};

    return add_octets(drop, item->uid) && add_row(&drop->unique, row);
}

static int
compare_numbers(const void *a, const void *b)
{
    uint64_t x = ((const maildrop_message *)a)->number;
    uint64_t y = ((const maildrop_message *)b)->number;

    return (x > y) - (x < y);
}

/* Sorts by number, so that each number stands alone. One that came with a
 * unique-id more than once is taken out; one of LIST stays without a size. */
static uint64_t
sort_rows(maildrop_rows *rows, bool is_list)
{
    uint64_t dropped = 0;
    size_t kept = 0;
    size_t i = 0;

    if (rows->count > 0)
        qsort(rows->rows, rows->count, sizeof(rows->rows[0]), compare_numbers);
    while (i < rows->count) {
        size_t next = i + 1;

        while (next < rows->count &&
               rows->rows[next].number == rows->rows[i].number)
            next++;
        if (next == i + 1)
            rows->rows[kept++] = rows->rows[i];
        else if (is_list)
            rows->rows[kept++] =
                (maildrop_message){.number = rows->rows[i].number};
        else
            dropped++;
        i = next;
    }
    rows->count = kept;
    return dropped;
}

/* Keeps the numbers that are in both; writes into the rows of LIST. */
static void
merge(maildrop *drop)
{
    maildrop_rows *sizes = &drop->sizes;
    const maildrop_rows *unique = &drop->unique;
    size_t total = sizes->count + unique->count;
    size_t kept = 0;
    size_t i = 0;
    size_t j = 0;

    while (i < sizes->count && j < unique->count) {
        maildrop_message row = sizes->rows[i];

        if (row.number < unique->rows[j].number) {
            i++;
        } else if (row.number > unique->rows[j].number) {
            j++;
        } else {
            row.uid_offset = unique->rows[j].uid_offset;
            row.uid_len = unique->rows[j].uid_len;
            sizes->rows[kept++] = row;
            i++;
            j++;
        }
    }
    sizes->count = kept;
    drop->doubtful = total - 2 * kept;
}

void
maildrop_join(maildrop *drop)
{
    uint64_t dropped = sort_rows(&drop->unique, false);

    (void)sort_rows(&drop->sizes, true);
    drop->doubtful = dropped;
    if (drop->has_sizes && drop->has_uids) {
        merge(drop);
        free(drop->unique.rows);
    } else if (drop->has_uids) {
        free(drop->sizes.rows);
        drop->sizes = drop->unique;
    } else {
        free(drop->unique.rows);
    }
    drop->unique = (maildrop_rows){0};
}

void
maildrop_unname(maildrop *drop)
{
    size_t i;

    for (i = 0; i < drop->sizes.count; i++)
        drop->sizes.rows[i].uid_offset = drop->sizes.rows[i].uid_len = 0;
    drop->uids_len = 0;
}

bool
maildrop_name(maildrop *drop, size_t index, pop3_span uid)
{
    maildrop_message *row = &drop->sizes.rows[index];
    size_t offset = drop->uids_len;

    if (!add_octets(drop, uid))
        return false;
    row->uid_offset = offset;
    row->uid_len = uid.len;
    return true;
}

void
maildrop_clear(maildrop *drop)
{
    free(drop->sizes.rows);
    free(drop->unique.rows);
    free(drop->uids);
    *drop = (maildrop){0};
}

pop3_span
maildrop_uid(const maildrop *drop, const maildrop_message *message)
{
    return (pop3_span){drop->uids == NULL ? ""
                                          : drop->uids + message->uid_offset,
                       message->uid_len};
}

int
maildrop_compare(pop3_span a, pop3_span b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.ptr, b.ptr, shorter);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int
compare_rows(const void *a, const void *b)
{
    const maildrop_row *x = a;
    const maildrop_row *y = b;
    int order = maildrop_compare(x->uid, y->uid);

    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

/* Most servers count upwards, and then there is nothing to sort. */
maildrop_row *
maildrop_by_uid(const maildrop *drop)
{
    size_t count = maildrop_count(drop);
    maildrop_row *rows = calloc(count + 1, sizeof(*rows));
    bool sorted = true;
    size_t i;

    for (i = 0; rows != NULL && i < count; i++) {
        rows[i] = (maildrop_row){maildrop_uid(drop, maildrop_at(drop, i)), i};
        sorted =
            sorted && (i == 0 || compare_rows(&rows[i - 1], &rows[i]) < 0);
    }
    if (rows != NULL && !sorted)
        qsort(rows, count, sizeof(*rows), compare_rows);
    return rows;
}
