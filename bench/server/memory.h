/* SPDX-License-Identifier: MIT */
/* memory - a benchmark without memory has nothing to say. */
#ifndef BENCH_SERVER_MEMORY_H
#define BENCH_SERVER_MEMORY_H

#include <stdio.h>
#include <stdlib.h>

static inline void *
need(void *ptr)
{
    if (ptr == NULL) {
        (void)fputs("pop3-bench-server: out of memory\n", stderr);
        exit(1);
    }
    return ptr;
}

#endif
