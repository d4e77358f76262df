/* SPDX-License-Identifier: MIT */
/*
 * probe - a session that ends before its login.
 *
 * It is the session that the program will have, with the same proxy, trust
 * and resolver, so that what passes here works there. The certificate is
 * always verified: --insecure is not for a server that somebody else named. A
 * certificate of the user's own is shown to nobody but the server that he
 * named himself: it tells who he is. One that demands it has proven its name
 * by then, and so it answers.
 */
#include "cli/probe.h"

#include <stdio.h>
#include <string.h>

#include "cli/session.h"

#include "base/banned.h"

enum {
    WAIT_MS = 10000 /* for a server that may not be there at all */
};

static uint64_t
at_most(uint64_t ms)
{
    return ms < WAIT_MS ? ms : WAIT_MS;
}

/* Nobody typed the name of a server that was found: its spelling is right. */
static bool
fail(const session *s, const found_server *server, char *why, size_t why_size)
{
    const pop3_error *error = pop3_client_error(s->client);
    char *advice;

    (void)snprintf(why, why_size, "%s: %s", error->op,
                   error->text[0] != '\0' ? error->text
                                          : pop3_strerror(error->result));
    advice = strrchr(why, ';');
    if (error->result == POP3_ERR_RESOLVE && server->by != FOUND_BY_USER &&
        advice != NULL)
        *advice = '\0';
    return false;
}

/* Whether the server ended it for want of a client certificate (TLS 1.3). */
static bool
demands_certificate(const session *s)
{
    const pop3_error *error = pop3_client_error(s->client);

    return error->result == POP3_ERR_TLS &&
           strstr(error->text, "demands a client certificate") != NULL;
}

static bool
ask(session *s, const found_server *server, char *why, size_t why_size)
{
    const pop3_capa *capa;
    pop3_result result = session_connect(s, s->opt->no_capa);

    if (result != POP3_OK)
        return (!server->stranger && demands_certificate(s)) ||
               fail(s, server, why, why_size);
    if (!s->opt->no_capa)
        result = pop3_client_capa(s->client, &capa);
    if (pop3_is_fatal(result))
        return fail(s, server, why, why_size);
    session_quit(s);
    return true;
}

bool
probe_server(const options *opt, const found_server *server, char *why,
             size_t why_size)
{
    char url_text[sizeof(server->host) + 40];
    options own = *opt;
    session s;
    bool good;

    own.insecure = false;
    own.verbose = false;
    own.auth = AUTH_AUTO;
    if (server->by != FOUND_BY_USER) {
        own.cert = NULL;
        own.key = NULL;
        own.key_password = (password_source){.text = NULL};
    }
    own.tls = (int)server->tls;
    own.connect_timeout_ms = at_most(opt->connect_timeout_ms);
    own.timeout_ms = at_most(opt->timeout_ms);
    own.deadline_ms = at_most(opt->deadline_ms);
    if (server->checked[0] != '\0' && own.server_name == NULL)
        own.server_name = server->checked;
    (void)snprintf(url_text, sizeof(url_text),
                   strchr(server->host, ':') != NULL ? "pop://probe@[%s]:%u"
                                                     : "pop://probe@%s:%u",
                   server->host, server->port);
    (void)snprintf(why, why_size, "it cannot be asked");
    good = session_prepare(&s, &own, url_text) && proxy_ready(&s.proxy) &&
           ask(&s, server, why, why_size);
    session_close(&s);
    return good;
}
