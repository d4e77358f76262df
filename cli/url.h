/* SPDX-License-Identifier: MIT */
/*
 * url - POP URLs (RFC 2384).
 */
#ifndef CLI_URL_H
#define CLI_URL_H

#include <stdbool.h>
#include <stddef.h>

typedef enum url_scheme {
    URL_POP, /* pop://: clear text, or STLS; port 110 */
    URL_POPS /* pops://, pop3s://: TLS from the first octet; port 995 */
} url_scheme;

/* All strings are NUL-terminated, percent-decoded, and hold no octet below 32
 * and no 127. */
typedef struct url {
    url_scheme scheme;
    char user[256]; /* "" if the URL names none */
    char auth[32];  /* of ;AUTH=, in capitals, "+APOP" as "APOP"; "" if there
                     * is none, or "*" stood there */
    char host[256]; /* in small letters, as DNS has it; IPv6 without brackets
                     */
    char port[6];   /* decimal, 1 to 65535; "" if there is none */
} url;

/* Parses `text`. False: *out is not to be used, and `why` (why_size octets, at
 * least 1) says in one line what is wrong and what to do. Does not read or
 * write anything else: no I/O, no locale. */
bool url_parse(const char *text, url *out, char *why, size_t why_size);

#endif
