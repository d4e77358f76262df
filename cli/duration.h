/* SPDX-License-Identifier: MIT */
/*
 * duration - spans of time in words.
 */
#ifndef CLI_DURATION_H
#define CLI_DURATION_H

#include <stddef.h>
#include <stdint.h>

/* "45 seconds", "1 minute", "3 hours", "2 days", in out; returns it. */
const char *duration_words(uint64_t seconds, char *out, size_t size);

#endif
