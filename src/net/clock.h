/* SPDX-License-Identifier: MIT */
/*
 * clock - the one clock of the library: monotonic, in milliseconds.
 */
#ifndef NET_CLOCK_H
#define NET_CLOCK_H

#include <stdint.h>

/* Milliseconds since an arbitrary start; never goes back. */
int64_t clock_ms(void);

#endif
