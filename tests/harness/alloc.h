/* SPDX-License-Identifier: MIT */
/*
 * alloc - allocations of the library, counted and made to fail.
 *
 * Works in programs linked with -Wl,--wrap= for malloc, calloc, realloc,
 * strdup and free.
 * The harness itself allocates with test_alloc() and friends, which are
 * neither counted nor made to fail, so that every count is the library's.
 */
#ifndef HARNESS_ALLOC_H
#define HARNESS_ALLOC_H

#include <stddef.h>

/* Forgets all counts; the `nth` allocation from now on fails, once (0: none
 * does). */
void alloc_arm(unsigned long nth);

/* Whether the failure that was armed has happened. */
int alloc_failed(void);

/* Allocations since alloc_arm(), and blocks that are not freed yet. */
unsigned long alloc_count(void);
long alloc_live(void);

/* Octets that are allocated now, and the largest sum of them at one time. */
size_t alloc_octets(void);
size_t alloc_peak(void);

/* Keeps what the first `len` octets at `ptr` are when that block is freed: the
 * octets as they were then, or NULL if it was not freed yet. */
enum {
    ALLOC_LAST_MAX = 256
};
void alloc_keep_last(const void *ptr, size_t len);
const char *alloc_last(void);

/* For the harness: never counted; end the program when memory is short. */
void *test_alloc(size_t size);
void *test_realloc(void *old, size_t size);
void test_free(void *ptr);

#endif
