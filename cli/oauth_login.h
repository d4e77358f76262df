/* SPDX-License-Identifier: MIT */
/*
 * oauth_login - the user agrees in a browser, and the tokens are kept.
 */
#ifndef CLI_OAUTH_LOGIN_H
#define CLI_OAUTH_LOGIN_H

#include "cli/oauth_client.h"

/* Logs in, by a browser here or on another device. */
mail_result oauth_login(oauth_client *c, mail_error *error) MAIL_MUST_CHECK;

/* Tells the provider that the tokens are not needed any more, if it wants to
 * know, and forgets them in any case. */
mail_result oauth_logout(oauth_client *c, mail_error *error) MAIL_MUST_CHECK;

#endif
