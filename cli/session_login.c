/* SPDX-License-Identifier: MIT */
/*
 * session_login - which secret a login needs, and where it comes from.
 *
 * What is asked on the terminal is asked before there is a connection, as a
 * server does not wait for ever; everything else is fetched when it is sent.
 */
#include "cli/session_login.h"

#include <string.h>

#include "base/banned.h"

static bool
is_one_of(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(name, *names) != 0)
        names++;
    return *names != NULL;
}

static bool
wants_token(const session *s)
{
    static const char *const NAMES[] = {"XOAUTH2", "OAUTHBEARER", NULL};

    return is_one_of(s->where.auth, NAMES);
}

/* Whether the mechanism that was named takes no password. */
static bool
wants_nothing(const session *s)
{
    static const char *const NAMES[] = {"EXTERNAL", "GSSAPI", "ANONYMOUS",
                                        NULL};

    return is_one_of(s->where.auth, NAMES);
}

bool
session_secrets_ask(session *s)
{
    if (!wants_nothing(s) && !password_prepare(&s->password, s->account))
        return session_fail(s, EXIT_CONFIG, "no password");
    if (!proxy_ready(&s->proxy))
        return session_fail(s, EXIT_CONFIG, "no password for the proxy");
    return true;
}

/* OAuth 2: the password is the token. There is no other one. */
static pop3_result
fetch_token(void *ctx, const pop3_span *error, pop3_span *token)
{
    return error == NULL ? password_fetch(ctx, token) : POP3_ERR_REFUSED;
}

void
session_credentials(session *s, pop3_credentials *c)
{
    c->user = s->where.user;
    if (wants_token(s))
        c->token = fetch_token;
    else if (!wants_nothing(s))
        c->secret = password_fetch;
    c->ctx = &s->password;
    c->mechanism = s->where.auth[0] == '\0' ? NULL : s->where.auth;
}

void
session_secrets_used(session *s)
{
    password_used(&s->password);
    secret_clear(&s->proxy.full);
    password_used(&s->passphrase);
}

bool
session_secrets_failed(session *s)
{
    if (s->password.failed)
        return !session_fail(s, EXIT_CONFIG, "no password");
    if (s->passphrase.failed)
        return !session_fail(s, EXIT_CONFIG,
                             "no passphrase for the key of the client "
                             "certificate");
    return false;
}
