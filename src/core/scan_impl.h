/* SPDX-License-Identifier: MIT */
/*
 * scan_impl - the instruction sets there are. For the files of scan alone.
 */
#ifndef CORE_SCAN_IMPL_H
#define CORE_SCAN_IMPL_H

#include "core/scan.h"

extern const scan scan_avx512;
extern const scan scan_avx2;
extern const scan scan_sse2;
extern const scan scan_neon;
extern const scan scan_portable;

/* Goes on with *found where it stopped, and stops where it is full. */
void scan_rest_of_newlines(const char *from, const char *end,
                           scan_found *found);

#endif
