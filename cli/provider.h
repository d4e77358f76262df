/* SPDX-License-Identifier: MIT */
/*
 * provider - the table of providers: what an address's domain does not tell.
 */
#ifndef CLI_PROVIDER_H
#define CLI_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/options.h"

/* All strings are "" where the table is silent. */
typedef struct provider {
    char *id;      /* of its section */
    char *name;    /* for people */
    char *domains; /* with spaces between them */
    char *server;
    char *auth;           /* words: password, app-password, oauth */
    char *oauth_provider; /* as the account's key of that name has it */
    char *note;           /* what a person has to know or do */
    char *help;           /* URL of the provider's own page */
    unsigned port;
    tls_choice tls;
    bool no_pop;      /* it has no POP3 at all */
    bool local_login; /* the user is what stands before the "@" */
    uint64_t every_s; /* no more often than that; 0: not known */
} provider;

typedef struct provider_table {
    provider *items; /* the user's own first */
    size_t count;
} provider_table;

/* Reads the user's own file and those of the system, all of which may be
 * missing, and the table that is built in. What is wrong in them is reported,
 * and passed over. To be freed in any case. */
void provider_table_read(provider_table *t);
void provider_table_free(provider_table *t);

/* Adds the providers of a text; `path` names it in reports. False: out of
 * memory. */
bool provider_table_parse(provider_table *t, const char *path,
                          const char *text, size_t len);

/* The provider of a domain, or of a server; NULL: none is known. */
const provider *provider_of_domain(const provider_table *t,
                                   const char *domain);
const provider *provider_of_server(const provider_table *t, const char *host);

/* Whether `word` is among the words of provider.auth. */
bool provider_takes(const provider *p, const char *word);

#endif
