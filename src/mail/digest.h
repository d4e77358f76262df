/* SPDX-License-Identifier: MIT */
/*
 * digest - SHA-256, for names: nothing secret is hashed here.
 */
#ifndef MAIL_DIGEST_H
#define MAIL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

enum {
    DIGEST_LEN = 32
};

/* False when memory is short. */
bool digest_of(const void *data, size_t len, unsigned char digest[DIGEST_LEN]);

#endif
