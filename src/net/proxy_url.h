/* SPDX-License-Identifier: MIT */
/*
 * proxy_url - the URL of a proxy.
 */
#ifndef NET_PROXY_URL_H
#define NET_PROXY_URL_H

#include <pop3.h>

#include "net/net_error.h"

typedef enum proxy_kind {
    PROXY_SOCKS5, /* socks5h:// and socks5:// */
    PROXY_HTTP    /* http:// */
} proxy_kind;

/* Strings are decoded, and hold no octet below 32 and no 127. */
typedef struct proxy_url {
    proxy_kind kind;
    bool has_user;
    char user[256];     /* 1 to 255 octets, if there is one */
    char password[256]; /* may be empty */
    char host[256];     /* as resolve_check_host() wants it */
    char port[6];       /* decimal, 1 to 65535 */
} proxy_url;

/* Parses `text`. Errors: ARGUMENT; the error never repeats what may be a
 * secret. Whoever holds *out wipes it. */
pop3_result proxy_url_parse(proxy_url *out, const char *text,
                            net_error *error) POP3_MUST_CHECK;

#endif
