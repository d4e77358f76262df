/* SPDX-License-Identifier: MIT */
/*
 * found - a server that may be the one of an address, and who says so.
 */
#ifndef CLI_FOUND_H
#define CLI_FOUND_H

#include <stdbool.h>

#include "cli/options.h"

/* Who says so. */
typedef enum found_by {
    FOUND_BY_USER,       /* --server */
    FOUND_BY_TABLE,      /* the table of providers */
    FOUND_BY_SRV,        /* the domain's DNS */
    FOUND_BY_AUTOCONFIG, /* the domain's web server */
    FOUND_BY_DATABASE,   /* Thunderbird's */
    FOUND_BY_NAME        /* nobody: it has a usual name */
} found_by;

typedef struct found_server {
    char host[256];
    unsigned port;
    tls_choice tls; /* IMPLICIT or STLS: never without */
    char user[320]; /* to log in with */
    found_by by;
    bool oauth;        /* it takes OAuth 2 alone */
    bool stranger;     /* neither in the domain nor known: a person has to say
                        * that it is the right one (RFC 8314 §3.4, 6186 §4) */
    char checked[256]; /* the name its certificate has to have, if that is not
                        * the host; else "" */
} found_server;

#endif
