/* SPDX-License-Identifier: MIT */
/*
 * session_find - remembered, or looked for once and then remembered.
 *
 * Nobody can be asked here, as this may be a timer's run: a stranger is
 * refused, with what to write into the file to say that it is the right one.
 */
#include "cli/session_find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/discovery.h"
#include "cli/report.h"
#include "cli/server_memory.h"

#include "base/banned.h"

static void
use(session *s, const found_server *server)
{
    url *at = &s->where;

    *at = (url){.scheme = server->tls == TLS_STLS ? URL_POP : URL_POPS};
    (void)snprintf(at->host, sizeof(at->host), "%s", server->host);
    (void)snprintf(at->port, sizeof(at->port), "%u", server->port % 65536);
    (void)snprintf(at->user, sizeof(at->user), "%.255s",
                   s->opt->user != NULL ? s->opt->user : server->user);
    memcpy(s->checked, server->checked, sizeof(s->checked));
}

/* An account's port or tls without its server is for whatever is found. */
static bool
agrees(const session *s, const found_server *server)
{
    return s->opt->tls == TLS_BY_URL || s->opt->tls == (int)server->tls;
}

static void
remember(session *s, const char *address, const found_server *server)
{
    mail_error error;

    if (server_memory_put(s->opt->state, address, server, &error) != MAIL_OK)
        report("%s: its server is not remembered, and will be looked for "
               "again: %s",
               printable(address), error.text);
}

static bool
look_for(session *s, const char *address)
{
    discovery *d = calloc(1, sizeof(*d));
    exit_status status;

    if (d == NULL)
        return session_fail(s, EXIT_LATER, "out of memory");
    status = discovery_run(d, s->opt, address);
    if (status != EXIT_FINE) {
        (void)session_fail(s, status, "%s", d->why);
    } else if (d->found.stranger) {
        status = EXIT_CONFIG;
        (void)session_fail(
            s, status,
            "%s says that the server of %s is %s, which lies outside of that "
            "domain, so it may be forged: if it is right, write \"server = "
            "%s\" into the account",
            found_by_text(d->found.by), d->address.domain, d->found.host,
            d->found.host);
    } else {
        use(s, &d->found);
        remember(s, address, &d->found);
        if (s->opt->verbose)
            report_note("%s: the server is %s, by %s", printable(address),
                        d->found.host, found_by_text(d->found.by));
    }
    discovery_close(d);
    free(d);
    return status == EXIT_FINE;
}

bool
session_find(session *s)
{
    const char *address = s->opt->address;
    found_server server;

    (void)snprintf(s->account, sizeof(s->account), "%s", address);
    if (server_memory_get(s->opt->state, address, &server) &&
        agrees(s, &server)) {
        use(s, &server);
        return true;
    }
    return look_for(s, address);
}
