/* SPDX-License-Identifier: MIT */
/*
 * secret - passwords in memory.
 *
 * A secret is copied when it is needed and wiped at once after use. The copy
 * is made before the old one is wiped, so that a secret may be set from
 * itself. Limits: memory that the kernel swapped out is out of our reach;
 * the program forbids core dumps instead.
 */
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

void
secret_wipe(void *data, size_t len)
{
    if (len > 0)
        explicit_bzero(data, len);
}

bool
secret_set(secret *s, const void *data, size_t len)
{
    char *copy = malloc(len + 1);

    if (copy != NULL) {
        if (len > 0)
            memcpy(copy, data, len);
        copy[len] = '\0';
    }
    secret_clear(s);
    if (copy == NULL)
        return false;
    s->data = copy;
    s->len = len;
    return true;
}

void
secret_clear(secret *s)
{
    if (s->data != NULL)
        secret_wipe(s->data, s->len);
    free(s->data);
    *s = (secret){0};
}

bool
secret_equal(const void *a, const void *b, size_t len)
{
    const unsigned char *x = a;
    const unsigned char *y = b;
    unsigned char difference = 0;

    for (size_t i = 0; i < len; i++)
        difference |= (unsigned char)(x[i] ^ y[i]);
    return difference == 0;
}
