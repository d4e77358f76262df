/* SPDX-License-Identifier: MIT */
/*
 * near - a mistyped word becomes the nearest right one.
 *
 * Distance counts letters that were added, left out or changed, and pairs
 * that were swapped. A word is near when a third of its letters, or one, are
 * wrong; or when the typed word is a beginning of it.
 */
#include "cli/near.h"

#include <string.h>

#include "base/banned.h"

enum {
    WORD_MAX = 40
};

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Both words have at most WORD_MAX letters. */
static size_t
distance(const char *a, const char *b)
{
    size_t d[WORD_MAX + 1][WORD_MAX + 1];
    size_t rows = strlen(a);
    size_t columns = strlen(b);
    size_t i;
    size_t j;

    for (i = 0; i <= rows; i++)
        d[i][0] = i;
    for (j = 0; j <= columns; j++)
        d[0][j] = j;
    for (i = 1; i <= rows; i++) {
        for (j = 1; j <= columns; j++) {
            size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            size_t best = least(least(d[i - 1][j], d[i][j - 1]) + 1,
                                d[i - 1][j - 1] + change);

            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, d[i - 2][j - 2] + 1);
            d[i][j] = best;
        }
    }
    return d[rows][columns];
}

near
near_start(const char *typed)
{
    return (near){.typed = typed, .distance = WORD_MAX};
}

void
near_offer(near *n, const char *word)
{
    size_t typed_len = strlen(n->typed);
    size_t word_len = strlen(word);
    size_t limit = word_len < 6 ? 1 : word_len / 3;
    size_t d;

    if (typed_len > WORD_MAX || word_len > WORD_MAX || typed_len == 0)
        return;
    d = strncmp(word, n->typed, typed_len) == 0 && typed_len > 1
            ? 1
            : distance(n->typed, word);
    if (d <= limit && d < n->distance) {
        n->distance = d;
        n->best = word;
    }
}
