/* SPDX-License-Identifier: MIT */
/*
 * guards.h - pages before and behind which nothing can be read.
 */
#ifndef HARNESS_GUARDS_H
#define HARNESS_GUARDS_H

#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

/* So many pages between two guards; *guard is behind them. */
static inline char *
guards_open(size_t count, char **guard)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = count * page;
    char *pages = mmap(NULL, size + 2 * page, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(pages != MAP_FAILED);
    CHECK(mprotect(pages, page, PROT_NONE) == 0);
    *guard = pages + page + size;
    CHECK(mprotect(*guard, page, PROT_NONE) == 0);
    return pages + page;
}

#endif
