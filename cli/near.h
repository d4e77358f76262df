/* SPDX-License-Identifier: MIT */
/*
 * near - which word somebody may have meant.
 */
#ifndef CLI_NEAR_H
#define CLI_NEAR_H

#include <stdbool.h>
#include <stddef.h>

/* A search: near_start(), offer words, read `best`. */
typedef struct near {
    const char *typed;
    const char *best; /* NULL: none is near enough */
    size_t distance;
} near;

near near_start(const char *typed);
void near_offer(near *n, const char *word);

#endif
