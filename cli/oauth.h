/* SPDX-License-Identifier: MIT */
/*
 * oauth - what the rest of the program needs of OAuth 2; there with libcurl
 * and without.
 */
#ifndef CLI_OAUTH_H
#define CLI_OAUTH_H

#include "base/secret.h"
#include "cli/exit_status.h"
#include "cli/options.h"

/* Whether the options say that tokens come from a provider. */
static inline bool
oauth_is_wanted(const options *opt)
{
    return opt->oauth.text == NULL &&
           (opt->oauth_provider != NULL || opt->oauth_token_url != NULL);
}

/* Whether the first refresh token comes from outside: then nobody logs in. */
static inline bool
oauth_has_seed(const options *opt)
{
    return opt->oauth_refresh_token.text != NULL;
}

typedef struct oauth_question {
    const options *opt;
    const char *account; /* "user@host" */
    const char *user;
    const char *proxy;   /* of the session; NULL: none */
    const char *refused; /* a token that is not wanted again, or NULL */
} oauth_question;

/* Sets *token to an access token, with a NUL behind it. Else `why` tells,
 * unless it was reported, and then is empty. */
exit_status oauth_fetch(const oauth_question *q, secret *token, char *why,
                        size_t why_size);

/* Whether there is something to ask a token with: one that is kept for the
 * account, or a refresh token from outside. */
bool oauth_is_kept(const options *opt, const char *account);

/* Looks up the provider that the options name, for `pop3 config check`. What
 * is wrong with it is reported. */
exit_status oauth_check(const options *opt);

/* What a POP3 server said, in JSON, of a token that it refused (RFC 7628
 * §3.2.2), as "status 401, scope mail"; printable. False: it is no such
 * JSON. */
bool oauth_refusal_words(const char *json, size_t len, char *out, size_t size);

#endif
