/* SPDX-License-Identifier: MIT */
/*
 * oauth_access - an access token that is good now.
 */
#ifndef CLI_OAUTH_ACCESS_H
#define CLI_OAUTH_ACCESS_H

#include "base/secret.h"
#include "cli/oauth_client.h"
#include "cli/oauth_store.h"

/* Sets *token to the access token of the account, with a NUL behind it:
 * the one that is kept while it lasts, or else a new one. `refused` is NULL,
 * or a token that is not to be given again. */
mail_result oauth_access(oauth_client *c, const char *refused, secret *token,
                         mail_error *error) MAIL_MUST_CHECK;

/* Keeps what a reply has in a store that is reserved. `seed`: see
 * oauth_tokens; `refresh`: what was used, and stays if the reply has none. */
mail_result oauth_keep(oauth_client *c, oauth_store *s,
                       const oauth_reply *reply, const char *refresh,
                       const char *seed, mail_error *error) MAIL_MUST_CHECK;

#endif
