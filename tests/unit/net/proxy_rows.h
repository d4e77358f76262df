/* SPDX-License-Identifier: MIT */
/*
 * proxy_rows - dialogues with a proxy, for proxy_test.c.
 */
#ifndef TESTS_PROXY_ROWS_H
#define TESTS_PROXY_ROWS_H

#include <stddef.h>

#include <pop3.h>

/* Octets with NULs among them. */
typedef struct octets {
    const char *ptr;
    size_t len;
} octets;
#define O(text)                     \
    {                               \
        (text), sizeof("" text) - 1 \
    }

/* What we say and what the proxy answers, by turns. */
typedef struct proxy_row {
    const char *name;
    const char *url;
    const char *host;
    const char *port;
    octets turns[6];
    pop3_result result;
    int sys;
    const char *words; /* in the error */
} proxy_row;

#define PROXY_BASIC "YWw6c2VzYW1l" /* al:sesame */

extern const proxy_row proxy_rows[];
extern const size_t proxy_row_count;

#endif
