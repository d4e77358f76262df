/* SPDX-License-Identifier: MIT */
/*
 * mask - secrets that no trace and no error may show (R16).
 */
#ifndef CORE_MASK_H
#define CORE_MASK_H

#include <pop3.h>

#include "base/text.h"

/* All zero: no secrets. */
typedef struct mask {
    struct mask_entry *first;
} mask;

/* Remembers a secret, raw and as base64; an empty one is none. False when
 * memory is short: nothing changed. */
bool mask_add(mask *m, pop3_span value);

/* Wipes and forgets all. */
void mask_clear(mask *m);

/* Appends octets of a stranger, made printable, with "****" for each secret
 * in them. */
void mask_print(const mask *m, text_builder *t, pop3_span in);

#endif
