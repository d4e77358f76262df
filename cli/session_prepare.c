/* SPDX-License-Identifier: MIT */
/*
 * session_prepare - what a URL and the flags say becomes a session that is
 * ready to connect, or what is wrong with them.
 *
 * Both must agree: a mechanism or a kind of TLS that was named is never
 * replaced (RFC 2384 §4, R12).
 */
#include <stdio.h>
#include <string.h>

#include "cli/prompt.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/session_find.h"
#include "cli/session_token.h"

#include "base/banned.h"

static bool
ask_user(session *s)
{
    char question[400];
    char name[sizeof(s->where.user)];

    (void)snprintf(question, sizeof(question),
                   "User at %s: ", printable(s->where.host));
    if (!prompt_read(question, true, name, sizeof(name)) || name[0] == '\0')
        return session_fail(s, EXIT_USAGE,
                            "the URL names no user: write pops://user@%s",
                            printable(s->where.host));
    memcpy(s->where.user, name, sizeof(name));
    return true;
}

static bool
check_agreement(session *s)
{
    int tls = s->opt->tls;

    if (s->where.scheme == URL_POPS && tls != TLS_BY_URL &&
        tls != TLS_IMPLICIT)
        return session_fail(s, EXIT_USAGE,
                            "pops:// means TLS from the first octet, and "
                            "--tls says something else: use pop:// with it");
    if (s->opt->auth != AUTH_AUTO && s->where.auth[0] != '\0' &&
        strcmp(auth_names[s->opt->auth], s->where.auth) != 0)
        return session_fail(s, EXIT_USAGE,
                            "the URL says ;AUTH=%s and --auth says %s: "
                            "choose one",
                            s->where.auth, auth_names[s->opt->auth]);
    if (s->opt->auth != AUTH_AUTO && s->opt->auth != AUTH_XOAUTH2 &&
        s->opt->auth != AUTH_OAUTHBEARER && session_token_is_set(s->opt))
        return session_fail(
            s, EXIT_CONFIG,
            "auth says %s, which takes no token, and oauth, or "
            "oauth-provider, says that there is one: choose "
            "one",
            auth_names[s->opt->auth]);
    if (s->opt->auth != AUTH_AUTO)
        memcpy(s->where.auth, auth_names[s->opt->auth],
               strlen(auth_names[s->opt->auth]) + 1);
    return true;
}

/* Two servers of one host are two mailboxes; with and without TLS from the
 * first octet, at the usual ports, it is one. */
static void
name_mailbox(session *s)
{
    const url *at = &s->where;
    bool ipv6 = strchr(at->host, ':') != NULL;

    memcpy(s->mailbox, s->account, sizeof(s->account));
    if (at->port[0] == '\0' || strcmp(at->port, "995") == 0 ||
        strcmp(at->port, "110") == 0)
        return;
    (void)snprintf(s->mailbox, sizeof(s->mailbox),
                   ipv6 ? "%s@[%s]:%s" : "%s@%s:%s", at->user, at->host,
                   at->port);
}

bool
session_prepare(session *s, const options *opt, const char *url_text)
{
    char why[400];

    *s = (session){.opt = opt};
    password_init(&s->password, &opt->password, opt->deadline_ms);
    password_init(&s->passphrase, &opt->key_password, opt->deadline_ms);
    s->passphrase.flags = "--cert-password-file or --cert-password-command";
    if (url_text == NULL) {
        if (!session_find(s))
            return false;
    } else if (!url_parse(url_text, &s->where, why, sizeof(why))) {
        s->where.host[0] = '\0';
        return session_fail(s, EXIT_USAGE, "the URL cannot be used: %s", why);
    }
    if (!check_agreement(s))
        return false;
    if (!proxy_choose(&s->proxy, opt, s->where.host, why, sizeof(why)))
        return session_fail(s, EXIT_USAGE, "%s", why);
    if (s->where.user[0] == '\0' && !ask_user(s))
        return false;
    (void)snprintf(s->account, sizeof(s->account), "%s@%s", s->where.user,
                   s->where.host);
    name_mailbox(s);
    return true;
}
