/* SPDX-License-Identifier: MIT */
/*
 * autoconfig - Mozilla's config-v1.1.xml becomes servers.
 */
#ifndef CLI_AUTOCONFIG_H
#define CLI_AUTOCONFIG_H

#include <stddef.h>

#include "cli/found.h"
#include "cli/mail_address.h"

enum {
    AUTOCONFIG_MAX = 8,             /* servers of one document */
    AUTOCONFIG_OCTETS = 256 * 1024, /* of one document */
    AUTOCONFIG_DEPTH = 16           /* of elements in each other */
};

typedef struct autoconfig {
    found_server items[AUTOCONFIG_MAX]; /* in the order of the document */
    size_t count;
    bool names_domain; /* it says that it is for the address's domain */
    size_t clear;      /* servers without TLS, which are not taken */
} autoconfig;

/* Whether this program can read such documents. */
bool autoconfig_is_built(void);

/* Reads a document for an address; `by` and `stranger` of the servers are the
 * caller's to set. False: it is none, or not one to be trusted; `why` says it
 * in one printable line. */
bool autoconfig_parse(const char *text, size_t len,
                      const mail_address *address, autoconfig *out, char *why,
                      size_t why_size);

#endif
