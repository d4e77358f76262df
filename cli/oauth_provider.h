/* SPDX-License-Identifier: MIT */
/*
 * oauth_provider - what is known of a provider of OAuth 2 tokens.
 */
#ifndef CLI_OAUTH_PROVIDER_H
#define CLI_OAUTH_PROVIDER_H

#include "cli/exit_status.h"
#include "cli/options.h"

/* NULL: it has none. All are https, but scope to servers, which are text. */
typedef struct oauth_provider {
    char *authorization_url;
    char *device_url;
    char *token_url;
    char *revocation_url;
    char *scope;
    char *parameters;    /* "a=b&c=d": go with the authorization */
    char *redirect_host; /* "127.0.0.1", or "localhost" */
    char *servers;       /* of POP3, with spaces between them */
} oauth_provider;

/* The provider that the options name, out of the user's file or else of what
 * is built in, with what the options say of it on top. Without a name it is
 * what the options say. Reports what is wrong. To be cleared in any case. */
exit_status oauth_provider_read(oauth_provider *p, const options *opt);
void oauth_provider_clear(oauth_provider *p);

/* The name of the provider whose tokens a server of POP3 takes; "" if none is
 * known. */
void oauth_provider_suggest(char *name, size_t size, const char *host,
                            const options *opt);

#endif
