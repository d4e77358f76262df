/* SPDX-License-Identifier: MIT */
/*
 * capa - the answer to CAPA (RFC 2449 §5), kept whole.
 */
#ifndef CORE_CAPA_H
#define CORE_CAPA_H

#include <pop3.h>

#include "base/bytes.h"

/* Rows one after another, each with its length before it. All zero: none. */
struct pop3_capa {
    bytes rows;
    size_t count;
};

/* Appends a row, or nothing if it is blank. False when memory is short.
 * row.len is below 65,536. */
bool capa_add(pop3_capa *capa, pop3_span row);

void capa_clear(pop3_capa *capa);

#endif
