/* SPDX-License-Identifier: MIT */
/*
 * discovery - who is asked for the server of an address, and who is believed.
 *
 *   what the user named     --server: nobody else is asked
 *   the table of providers  came with the program: no network can change it
 *   SRV records             RFC 6186, 8314
 *   the domain's web server https, verified
 *   Thunderbird's database  https, verified
 *   usual names             pop., pop3., mail. in the domain, port 995
 *
 * In this order; the first server that answers with TLS that can be trusted is
 * the one, and the rest is not asked. No credential is sent, nor asked for: a
 * server that was made up by somebody on the way would have to have a
 * certificate for a name in the domain. One that is neither in it nor known
 * (a stranger) is taken only if nobody names a better one, and marked, so that
 * a person decides (RFC 8314 §3.4, RFC 6186 §4).
 */
#include "cli/discovery.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/probe.h"
#include "cli/report.h"
#include "net/clock.h"

#include "base/banned.h"

enum {
    STRANGERS_MAX = 4 /* that are tried */
};

const char *
found_by_text(found_by by)
{
    switch (by) {
    case FOUND_BY_USER:
        return "--server";
    case FOUND_BY_TABLE:
        return "the table of providers";
    case FOUND_BY_SRV:
        return "the domain's DNS (SRV)";
    case FOUND_BY_AUTOCONFIG:
        return "the domain's web server (autoconfig)";
    case FOUND_BY_DATABASE:
        return "Thunderbird's database";
    case FOUND_BY_NAME:
        return "its usual name";
    }
    return "";
}

/* ---- steps ---- */

discovery_step *
discovery_begin(discovery *d, const char *format, ...)
{
    discovery_step *step = &d->steps[d->step_count];
    char text[1600];
    va_list args;

    if (d->step_count + 1 < DISCOVERY_STEPS)
        d->step_count++;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    *step = (discovery_step){.ms = (unsigned)clock_ms()};
    (void)snprintf(step->what, sizeof(step->what), "%.399s", printable(text));
    return step;
}

void
discovery_end(discovery *d, discovery_step *step, bool good,
              const char *format, ...)
{
    char text[1600];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    step->ms = (unsigned)clock_ms() - step->ms;
    step->good = good;
    (void)snprintf(step->result, sizeof(step->result), "%.399s",
                   printable(text));
    if (d->opt->verbose)
        report_note("%s: %s (%u ms)", step->what, step->result, step->ms);
}

/* ---- servers ---- */

bool
discovery_knows(const discovery *d, const char *host)
{
    return domain_has(d->address.domain, host) ||
           provider_of_server(&d->providers, host) != NULL;
}

static bool
is_same(const found_server *a, const found_server *b)
{
    return strcmp(a->host, b->host) == 0 && a->port == b->port &&
           a->tls == b->tls;
}

/* A stranger is none any more once somebody who is believed names it. */
void
discovery_add(discovery *d, const found_server *server)
{
    size_t i;

    for (i = 0; i < d->server_count; i++) {
        const found_server *other = &d->servers[i];

        if (is_same(other, server) && (!other->stranger || server->stranger))
            return;
    }
    if (d->server_count < DISCOVERY_SERVERS)
        d->servers[d->server_count++] = *server;
}

static found_server
server_of(const discovery *d, found_by by, unsigned port, tls_choice tls)
{
    found_server server = {.by = by, .port = port, .tls = tls};

    memcpy(server.user, d->address.text, sizeof(d->address.text));
    return server;
}

static void
source_user(discovery *d)
{
    const options *opt = d->opt;
    found_server server;

    if (opt->server == NULL)
        return;
    d->over = true;
    server =
        server_of(d, FOUND_BY_USER, opt->port > 0 ? (unsigned)opt->port : 995,
                  TLS_IMPLICIT);
    (void)snprintf(server.host, sizeof(server.host), "%.255s", opt->server);
    if (opt->tls != TLS_STLS)
        discovery_add(d, &server);
    server.tls = TLS_STLS;
    server.port = opt->port > 0 ? (unsigned)opt->port : 110;
    if (opt->tls != TLS_IMPLICIT)
        discovery_add(d, &server);
}

static void
source_table(discovery *d)
{
    const provider *p = d->provider;
    discovery_step *step;
    found_server server;

    if (p == NULL)
        return;
    step = discovery_begin(d, "the table of providers");
    if (p->no_pop) {
        discovery_end(d, step, false, "%s has no POP3", p->name);
        d->over = true;
        (void)snprintf(d->why, sizeof(d->why), "%.100s has no POP3%s%.200s",
                       printable(p->name), p->help[0] == '\0' ? "" : ": ",
                       printable(p->help));
        return;
    }
    if (p->server[0] == '\0') {
        discovery_end(d, step, false, "it names no server for %s", p->name);
        return;
    }
    server = server_of(d, FOUND_BY_TABLE, p->port, p->tls);
    (void)snprintf(server.host, sizeof(server.host), "%.255s", p->server);
    if (p->local_login)
        memcpy(server.user, d->address.local, sizeof(d->address.local));
    server.oauth = provider_takes(p, "oauth") &&
                   !provider_takes(p, "password") &&
                   !provider_takes(p, "app-password");
    discovery_end(d, step, true, "%s: %s:%u", p->name, server.host,
                  server.port);
    discovery_add(d, &server);
}

static void
source_names(discovery *d)
{
    static const char *const names[] = {"pop", "pop3", "mail"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        found_server server = server_of(d, FOUND_BY_NAME, 995, TLS_IMPLICIT);

        (void)snprintf(server.host, sizeof(server.host), "%s.%.240s", names[i],
                       d->address.domain);
        discovery_add(d, &server);
    }
}

/* ---- trying them ---- */

static bool
try_server(discovery *d, const found_server *server)
{
    char why[600];
    discovery_step *step = discovery_begin(
        d, "%s:%u %s%s%s", server->host, server->port,
        server->tls == TLS_STLS ? "STLS" : "TLS",
        server->checked[0] == '\0' ? "" : " as ", server->checked);
    bool good = probe_server(d->opt, server, why, sizeof(why));

    discovery_end(d, step, good, "%s", good ? "it answers" : why);
    return good;
}

/* Of several that somebody named, the first has the best claim. */
static void
remember_silent(discovery *d, const found_server *server)
{
    if (d->silent.host[0] != '\0' || server->by == FOUND_BY_NAME)
        return;
    d->silent = *server;
    memcpy(d->silent_why, d->steps[d->step_count - 1].result,
           sizeof(d->silent_why));
}

/* A stranger whose certificate is the domain's is none. */
static bool
try_stranger(discovery *d, const found_server *server)
{
    found_server vouched = *server;

    vouched.stranger = false;
    memcpy(vouched.checked, d->address.domain, sizeof(d->address.domain));
    if (!try_server(d, &vouched))
        return false;
    d->found = vouched;
    return true;
}

static bool
is_wanted(const discovery *d, const found_server *server)
{
    return d->opt->tls == TLS_BY_URL || d->opt->tls == (int)server->tls;
}

static bool
try_from(discovery *d, size_t first)
{
    size_t i;

    for (i = first; i < d->server_count; i++) {
        const found_server *server = &d->servers[i];

        if (!is_wanted(d, server))
            continue;
        if (server->stranger ? try_stranger(d, server)
                             : try_server(d, server)) {
            if (!server->stranger)
                d->found = *server;
            return true;
        }
        if (!server->stranger)
            remember_silent(d, server);
    }
    return false;
}

/* Whether it was named by others too, who are believed, and so was tried. */
static bool
is_vouched_for(const discovery *d, const found_server *stranger)
{
    size_t i;

    for (i = 0; i < d->server_count; i++) {
        if (is_same(&d->servers[i], stranger) && !d->servers[i].stranger)
            return true;
    }
    return false;
}

/* Nobody named a better one. */
static bool
try_strangers(discovery *d)
{
    size_t tried = 0;
    size_t i;

    for (i = 0; i < d->server_count && tried < STRANGERS_MAX; i++) {
        const found_server *server = &d->servers[i];

        if (!server->stranger || !is_wanted(d, server) ||
            is_vouched_for(d, server))
            continue;
        tried++;
        if (try_server(d, server)) {
            d->found = *server;
            return true;
        }
        remember_silent(d, server);
    }
    return false;
}

static bool
ask_sources(discovery *d)
{
    static void (*const sources[])(discovery *) = {
        source_user,   source_table,       discovery_srv,
        discovery_web, discovery_database, source_names};
    size_t i;

    for (i = 0; i < sizeof(sources) / sizeof(sources[0]) && !d->over; i++) {
        size_t first = d->server_count;

        sources[i](d);
        if (try_from(d, first))
            return true;
    }
    return !d->over && try_strangers(d);
}

/* The flag is that of `pop3 setup`; an account that has an address alone comes
 * from the file. */
#define NAME_IT "--server, or server = in the configuration file"

/* What was tried, and why it was in vain. */
static void
say_why(discovery *d)
{
    const found_server *silent = &d->silent;

    if (d->opt->server != NULL && d->step_count > 0)
        (void)snprintf(d->why, sizeof(d->why), "%.500s",
                       d->steps[d->step_count - 1].result);
    else if (silent->host[0] != '\0')
        (void)snprintf(
            d->why, sizeof(d->why),
            "%s says that the server of %s is %s, port %u, which "
            "cannot be used now: %s; see whether this machine "
            "reaches it, and try again, or name another one by " NAME_IT,
            found_by_text(silent->by), d->address.domain, silent->host,
            silent->port, d->silent_why);
    else if (d->unasked)
        (void)snprintf(d->why, sizeof(d->why),
                       "no POP3 server of %s was found, but not everybody "
                       "could be asked: see whether this machine has a "
                       "network, and try again; or ask the administrator for "
                       "the name, and give it by " NAME_IT,
                       d->address.domain);
    else
        (void)snprintf(d->why, sizeof(d->why),
                       "no POP3 server of %s was found: ask its "
                       "administrator for the name, and give it by " NAME_IT,
                       d->address.domain);
}

exit_status
discovery_run(discovery *d, const options *opt, const char *address)
{
    char why[300];

    *d = (discovery){.opt = opt};
    if (!mail_address_parse(address, &d->address, why, sizeof(why))) {
        (void)snprintf(d->why, sizeof(d->why), "\"%.100s\": %s",
                       printable(address), why);
        return EXIT_USAGE;
    }
    if (opt->tls == TLS_NONE) {
        (void)snprintf(d->why, sizeof(d->why),
                       "without TLS nobody can tell whose server it is: no "
                       "server is looked for");
        return EXIT_CONFIG;
    }
    provider_table_read(&d->providers);
    d->provider = provider_of_domain(&d->providers, d->address.domain);
    if (!ask_sources(d)) {
        if (d->why[0] == '\0')
            say_why(d);
        return EXIT_NO_SERVER;
    }
    if (d->provider == NULL)
        d->provider = provider_of_server(&d->providers, d->found.host);
    return EXIT_FINE;
}

void
discovery_close(discovery *d)
{
    provider_table_free(&d->providers);
}
