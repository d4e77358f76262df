/* SPDX-License-Identifier: MIT */
/*
 * rows_avx512 - rows of LIST and UIDL, eight at once.
 */
#ifndef CORE_ROWS_AVX512_H
#define CORE_ROWS_AVX512_H

#include "core/rows_stretch.h"

/* As rows_words_sizes() and rows_words_uids(). The fast way is for eight rows
 * whose numbers have at most six digits, and sizes at most seven. */
void rows_avx512_sizes(rows_stretch *s);
void rows_avx512_uids(rows_stretch *s);

#endif
