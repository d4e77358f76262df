/* SPDX-License-Identifier: MIT */
/*
 * mail_address - what stands before and behind the "@".
 */
#ifndef CLI_MAIL_ADDRESS_H
#define CLI_MAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mail_address {
    char text[320];
    char local[65];   /* as it was written */
    char domain[254]; /* in small letters; A-labels for other scripts */
} mail_address;

/* False: `why` says in one line what is wrong and what to do. */
bool mail_address_parse(const char *text, mail_address *out, char *why,
                        size_t why_size);

/* Whether a host is the domain or lies below it. Both in small letters. */
bool domain_has(const char *domain, const char *host);

/* Whether a text can be the name of a host: labels of letters, digits, "-"
 * and "_", with at least one dot between them, in small letters; and no
 * address. */
bool domain_is_name(const char *host);

#endif
