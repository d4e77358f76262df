/* SPDX-License-Identifier: MIT */
/*
 * cmd_login - pop3 login ACCOUNT, pop3 logout ACCOUNT
 *
 * Nothing is asked of the POP3 server: its name and the user are what tokens
 * are kept under.
 */
#include "cli/command.h"
#include "cli/oauth.h"
#include "cli/oauth_login.h"
#include "cli/report.h"
#include "cli/session.h"

#include "base/banned.h"

typedef mail_result step(oauth_client *c, mail_error *error);

/* A provider can be told by the server's name, if nothing else tells it. */
static exit_status
no_provider(const session *s)
{
    char name[120];

    oauth_provider_suggest(name, sizeof(name), s->where.host, s->opt);
    if (s->opt->oauth.text != NULL)
        report("%s: tokens come from oauth, and not from a login",
               printable(s->account));
    else if (name[0] != '\0')
        report("%s: set oauth-provider = %s, and oauth-client-id, for this "
               "account",
               printable(s->account), printable(name));
    else
        report("%s: nothing tells who gives tokens for it: set "
               "oauth-provider, or oauth-token-url and the like",
               printable(s->account));
    return EXIT_CONFIG;
}

static exit_status
with_client(session *s, step *what)
{
    oauth_client c;
    mail_error error;
    exit_status status;

    if (!oauth_is_wanted(s->opt))
        return no_provider(s);
    status = oauth_client_open(&c, s->opt, s->account, s->where.user,
                               proxy_full(&s->proxy));
    if (status == EXIT_FINE && what(&c, &error) != MAIL_OK) {
        report("%s: %s", printable(s->account), error.text);
        status = oauth_status(&c, &error);
    }
    oauth_client_close(&c);
    return status;
}

static exit_status
run(const options *opt, step *what)
{
    session s;
    exit_status status = EXIT_CONFIG;

    if (!session_prepare(&s, opt, opt->args[0]))
        status = s.status;
    else if (proxy_ready(&s.proxy))
        status = with_client(&s, what);
    session_close(&s);
    return status;
}

exit_status
cmd_login(const options *opt)
{
    return run(opt, oauth_login);
}

exit_status
cmd_logout(const options *opt)
{
    return run(opt, oauth_logout);
}
