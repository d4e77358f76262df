/* SPDX-License-Identifier: MIT */
/*
 * session_login - which secret a login needs, and where it comes from.
 *
 * What is asked on the terminal is asked before there is a connection, as a
 * server does not wait for ever; everything else is fetched when it is sent.
 */
#include "cli/session_login.h"

#include <stdlib.h>
#include <string.h>

#include "cli/session_token.h"

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

    return is_one_of(s->where.auth, NAMES) ||
           (s->where.auth[0] == '\0' && session_token_is_set(s->opt));
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
session_asks(const options *opt)
{
    return opt->password.kind == PASSWORD_PROMPT &&
           !session_token_is_set(opt) && opt->auth != AUTH_EXTERNAL &&
           opt->auth != AUTH_GSSAPI && opt->auth != AUTH_ANONYMOUS;
}

bool
session_secrets_ask(session *s)
{
    bool needed =
        !wants_nothing(s) && !(wants_token(s) && session_token_is_set(s->opt));

    if (needed && !password_prepare(&s->password, s->account))
        return session_fail(s, EXIT_CONFIG, "no password");
    if (!proxy_ready(&s->proxy))
        return session_fail(s, EXIT_CONFIG, "no password for the proxy");
    return true;
}

void
session_credentials(session *s, pop3_credentials *c)
{
    c->user = s->where.user;
    c->ctx = &s->password;
    if (wants_token(s)) {
        c->token = session_token_fetch;
        c->ctx = s;
    } else if (!wants_nothing(s)) {
        c->secret = password_fetch;
    }
    c->mechanism = s->where.auth[0] == '\0' ? NULL : s->where.auth;
}

void
session_secrets_used(session *s)
{
    password_used(&s->password);
    session_token_used(s);
    secret_clear(&s->proxy.full);
    password_used(&s->passphrase);
}

bool
session_secrets_failed(session *s)
{
    if (s->password.failed)
        return !session_fail(s, EXIT_CONFIG, "no password");
    if (session_token_failed(s))
        return true;
    if (s->passphrase.failed)
        return !session_fail(s, EXIT_CONFIG,
                             "no passphrase for the key of the client "
                             "certificate");
    return false;
}

bool
session_secrets_refused(session *s)
{
    return wants_token(s) && session_token_refused(s);
}

void
session_secrets_forget(session *s)
{
    session_token_used(s);
    free(s->token.refusal);
    s->token.refusal = NULL;
}
