/* SPDX-License-Identifier: MIT */
/*
 * session_login - what a login is made of.
 */
#ifndef CLI_SESSION_LOGIN_H
#define CLI_SESSION_LOGIN_H

#include "cli/session.h"

/* Whether a person would have to type something. */
bool session_asks(const options *opt);

/* Asks for what only the user knows, before there is a connection. As
 * session_prepare(). */
bool session_secrets_ask(session *s);

/* Fills in how to log in: the secrets are fetched when they are sent. */
void session_credentials(session *s, pop3_credentials *c);

/* The login is over: wipes what need not be kept. */
void session_secrets_used(session *s);

/* Whether the login failed for want of a secret; that is reported then. */
bool session_secrets_failed(session *s);

/* Whether the server refused a token: that is reported then, in words. */
bool session_secrets_refused(session *s);

/* Wipes what session_close() does not wipe by itself. */
void session_secrets_forget(session *s);

#endif
