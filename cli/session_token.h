/* SPDX-License-Identifier: MIT */
/*
 * session_token - the OAuth 2 token that a login sends.
 */
#ifndef CLI_SESSION_TOKEN_H
#define CLI_SESSION_TOKEN_H

#include "cli/session.h"

/* Whether the options say where a token comes from. */
bool session_token_is_set(const options *opt);

/* For pop3_credentials.token; ctx is the session. */
pop3_result session_token_fetch(void *ctx, const pop3_span *error,
                                pop3_span *value);

/* The login is over: wipes it. */
void session_token_used(session *s);

/* Whether there was none to be had: that is reported then. */
bool session_token_failed(session *s);

/* Whether the server refused it: that is reported then, in words. */
bool session_token_refused(session *s);

#endif
