/* SPDX-License-Identifier: MIT */
/*
 * rows_words - rows of LIST and UIDL by words of eight octets.
 */
#ifndef CORE_ROWS_WORDS_H
#define CORE_ROWS_WORDS_H

#include "core/rows_stretch.h"

/* Take rows as long as the next one is in the usual form, with at most eight
 * digits in each number. */
void rows_words_sizes(rows_stretch *s);
void rows_words_uids(rows_stretch *s);

#endif
