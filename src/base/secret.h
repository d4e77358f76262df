/* SPDX-License-Identifier: MIT */
/*
 * secret - octets that are wiped when they are no longer needed.
 *
 * A type of its own, so that no function that prints takes one by accident.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* All zero is an empty one. */
typedef struct secret {
    char *data;
    size_t len;
} secret;

/* Overwrites memory in a way that no optimizer removes. */
void secret_wipe(void *data, size_t len);

/* Copies octets in, wiping what was there. False when memory is short: it is
 * empty then. */
bool secret_set(secret *s, const void *data, size_t len);

/* Wipes and frees; leaves it empty. */
void secret_clear(secret *s);

/* Whether both are the same, in a time that depends on the length alone. */
bool secret_equal(const void *a, const void *b, size_t len);

#endif
