/* SPDX-License-Identifier: MIT */
/*
 * chance.h - numbers as if by chance, the same ones in each run.
 */
#ifndef HARNESS_CHANCE_H
#define HARNESS_CHANCE_H

#include <stddef.h>
#include <stdint.h>

/* Weak, so that all files of one test program share it. */
__attribute__((weak)) uint64_t chance_state;

/* From here on the same ones come. */
static inline void
chance_begin(void)
{
    chance_state = 88172645463325252;
}

/* 0 to most - 1. */
static inline size_t
chance(size_t most)
{
    chance_state ^= chance_state << 13;
    chance_state ^= chance_state >> 7;
    chance_state ^= chance_state << 17;
    return (size_t)(chance_state % most);
}

#endif
