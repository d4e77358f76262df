/* SPDX-License-Identifier: MIT */
/*
 * alloc - the wrappers that the linker puts in place of malloc and friends.
 *
 * They count blocks and octets and let exactly one allocation fail. Octets
 * are what malloc_usable_size() says, so that free() needs no header of its
 * own and sanitizers see the blocks as they are.
 */
#include "alloc.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *ptr);

char *__wrap_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *ptr);

static struct {
    unsigned long nth;
    unsigned long count;
    long live;
    size_t octets;
    size_t peak;
    bool failed;
} counts;

static struct {
    const void *ptr;
    size_t len;
    bool freed;
    char octets[ALLOC_LAST_MAX];
} last;

/* The runtime of coverage allocates when the program ends. */
static void
disarm(void)
{
    counts.nth = 0;
}

void
alloc_arm(unsigned long nth)
{
    static bool registered;

    if (!registered)
        registered = atexit(disarm) == 0;
    memset(&counts, 0, sizeof(counts));
    counts.nth = nth;
}

int
alloc_failed(void)
{
    return counts.failed;
}

unsigned long
alloc_count(void)
{
    return counts.count;
}

long
alloc_live(void)
{
    return counts.live;
}

size_t
alloc_octets(void)
{
    return counts.octets;
}

size_t
alloc_peak(void)
{
    return counts.peak;
}

/* What no allocator gives, and what sanitizers stop the program for. */
static bool
is_absurd(size_t size)
{
    return size > PTRDIFF_MAX;
}

static bool
must_fail(void)
{
    if (++counts.count != counts.nth)
        return false;
    counts.failed = true;
    return true;
}

static void
grew(void *ptr)
{
    counts.octets += malloc_usable_size(ptr);
    if (counts.octets > counts.peak)
        counts.peak = counts.octets;
}

static void
shrank(void *ptr)
{
    size_t size = malloc_usable_size(ptr);

    /* A block from before alloc_arm() may be freed after it. */
    counts.octets -= size < counts.octets ? size : counts.octets;
}

void *
__wrap_malloc(size_t size)
{
    void *ptr;

    if (must_fail() || is_absurd(size) || (ptr = __real_malloc(size)) == NULL)
        return NULL;
    counts.live++;
    grew(ptr);
    return ptr;
}

void *
__wrap_calloc(size_t count, size_t size)
{
    void *ptr;

    if (must_fail() || (ptr = __real_calloc(count, size)) == NULL)
        return NULL;
    counts.live++;
    grew(ptr);
    return ptr;
}

void *
__wrap_realloc(void *old, size_t size)
{
    void *ptr;

    if (must_fail() || is_absurd(size))
        return NULL;
    if (old != NULL)
        shrank(old);
    ptr = __real_realloc(old, size);
    if (ptr == NULL)
        return NULL;
    if (old == NULL)
        counts.live++;
    grew(ptr);
    return ptr;
}

char *
__wrap_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = __wrap_malloc(size);

    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

void
alloc_keep_last(const void *ptr, size_t len)
{
    last.ptr = ptr;
    last.len = len < ALLOC_LAST_MAX ? len : ALLOC_LAST_MAX;
    last.freed = false;
}

const char *
alloc_last(void)
{
    return last.freed ? last.octets : NULL;
}

void
__wrap_free(void *ptr)
{
    if (ptr == NULL)
        return;
    if (ptr == last.ptr) {
        memcpy(last.octets, ptr, last.len);
        last.ptr = NULL;
        last.freed = true;
    }
    counts.live--;
    shrank(ptr);
    __real_free(ptr);
}

static void *
need(void *ptr)
{
    if (ptr == NULL) {
        fputs("FAIL: the test itself is out of memory\n", stderr);
        exit(1);
    }
    return ptr;
}

void *
test_alloc(size_t size)
{
    return need(__real_calloc(1, size > 0 ? size : 1));
}

void *
test_realloc(void *old, size_t size)
{
    return need(__real_realloc(old, size > 0 ? size : 1));
}

void
test_free(void *ptr)
{
    __real_free(ptr);
}
