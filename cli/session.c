/* SPDX-License-Identifier: MIT */
/*
 * session - a URL and flags become a logged-in client, and its failures
 * become messages and exit statuses.
 *
 * A server that dies of CAPA is asked once more, on a new connection, without
 * CAPA (server-quirks 1): no credential had been refused by then, so none is
 * sent twice in vain.
 */
#include "cli/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/dns.h"
#include "cli/report.h"
#include "cli/session_lang.h"
#include "cli/session_login.h"
#include "cli/session_tls.h"

#include "base/banned.h"

__attribute__((format(printf, 3, 0))) static void
remember(session *s, exit_status status, const char *format, va_list args)
{
    char text[1024];

    (void)vsnprintf(text, sizeof(text), format, args);
    if (s->where.host[0] != '\0')
        report("%s: %s", printable(s->where.host), text);
    else
        report("%s", text);
    if (s->status == EXIT_FINE)
        s->status = status;
    if (s->why[0] == '\0')
        memcpy(s->why, text, sizeof(text));
}

void
session_forgive(session *s)
{
    if (s->status != EXIT_PARTIAL)
        return;
    s->status = EXIT_FINE;
    s->why[0] = '\0';
}

bool
session_fail(session *s, exit_status status, const char *format, ...)
{
    va_list args;

    /* What ends a session counts for more than a message that failed. */
    session_forgive(s);
    va_start(args, format);
    remember(s, status, format, args);
    va_end(args);
    return false;
}

void
session_warn(session *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    remember(s, EXIT_PARTIAL, format, args);
    va_end(args);
}

bool
session_fail_mail(session *s, const mail_error *error)
{
    return session_fail(s, status_of_mail(error->result), "%s", error->text);
}

static bool
fail_with(session *s, const pop3_error *error, exit_status status)
{
    const char *advice = advice_for(error);
    const char *text =
        error->text[0] != '\0' ? error->text : pop3_strerror(error->result);

    return session_fail(s, status, "%s: %s%s%s", error->op, text,
                        advice[0] == '\0' ? "" : "; ", advice);
}

bool
session_fail_client(session *s)
{
    const pop3_error *error = pop3_client_error(s->client);

    return fail_with(s, error, status_of(error));
}

/* Whether the failure means that no server could be had. */
static bool
is_unreachable(const pop3_error *error)
{
    return error->result == POP3_ERR_CLOSED || error->result == POP3_ERR_IO ||
           error->result == POP3_ERR_TIMEOUT ||
           (error->result == POP3_ERR_REFUSED &&
            strcmp(error->op, "greeting") == 0);
}

/* Before there was a session, a failing network means: no server. Behind one
 * it means that what was begun is to be tried again. */
static bool
fail_open(session *s)
{
    const pop3_error *error = pop3_client_error(s->client);
    exit_status status = status_of(error);

    if (is_unreachable(error) &&
        (status != EXIT_LATER || error->result != POP3_ERR_REFUSED))
        status = s->reopened ? EXIT_LATER : EXIT_NO_SERVER;
    return fail_with(s, error, status);
}

static void
show_trace(void *ctx, char direction, const char *line)
{
    (void)ctx;
    report_note("%c: %s", direction, line);
}

/* Octets of a body that end the session. --max-size ends the message alone,
 * much earlier: this one is for a server that never stops. */
static uint64_t
body_limit(uint64_t max_size)
{
    const uint64_t slack = 64 << 20;

    return max_size > (UINT64_MAX - slack) / 4 ? 0 : max_size * 4 + slack;
}

static pop3_options
client_options(session *s, bool no_capa)
{
    const options *opt = s->opt;
    pop3_options o = POP3_OPTIONS_INIT;

    o.host = s->where.host;
    o.port = s->where.port[0] == '\0' ? NULL : s->where.port;
    session_tls(s, &o);
    o.connect_timeout_ms = (int)opt->connect_timeout_ms;
    o.idle_timeout_ms = (int)opt->timeout_ms;
    o.step_timeout_ms = (int)opt->deadline_ms;
    o.no_capa = no_capa;
    o.proxy = proxy_full(&s->proxy);
    o.bind = opt->bind;
    o.resolver = dns_resolver(&s->resolver, opt->dns_server);
    o.core.no_pipelining = opt->no_pipelining || s->lock_step;
    o.core.limits.body_octets = body_limit(opt->max_size);
    if (opt->trace) {
        o.core.trace.level = 1;
        o.core.trace.fn = show_trace;
    }
    return o;
}

void
session_warn_insecure(const session *s)
{
    if (s->opt->insecure)
        report("WARNING: --insecure: the certificate of %s is not checked; "
               "anybody on the way can read the password and the mail",
               printable(s->where.host));
}

/* Whether the failure is that of quirk 1: the connection died of CAPA. */
static bool
died_of_capa(const session *s)
{
    const pop3_error *error = pop3_client_error(s->client);

    return !s->opt->no_capa && strcmp(error->op, "CAPA") == 0 &&
           (error->result == POP3_ERR_CLOSED || error->result == POP3_ERR_IO ||
            error->result == POP3_ERR_TIMEOUT);
}

const pop3_capa *
session_capabilities(const session *s)
{
    return pop3_core_capa(pop3_conn_core(pop3_client_conn(s->client)));
}

pop3_result
session_connect(session *s, bool no_capa)
{
    pop3_options o = client_options(s, no_capa);

    return pop3_client_open(&s->client, &o);
}

pop3_result
session_login(session *s)
{
    pop3_credentials c = POP3_CREDENTIALS_INIT;
    pop3_result result;

    session_credentials(s, &c);
    c.no_capa_after = true;
    c.utf8 = true; /* what comes is passed on as it is */
    result = session_lang(s);
    if (result == POP3_OK)
        result = pop3_client_login(s->client, &c);
    s->capa_due = session_capabilities(s) != NULL;
    return result;
}

static pop3_result
connect_and_login(session *s, bool no_capa, bool *opened)
{
    pop3_result result = session_connect(s, no_capa);

    *opened = result == POP3_OK;
    return *opened ? session_login(s) : result;
}

static void
tell_connected(const session *s)
{
    const char *tls = pop3_conn_tls(pop3_client_conn(s->client));

    if (s->opt->verbose)
        report_note("%s: logged in as %s, %s", printable(s->where.host),
                    printable(s->where.user),
                    tls[0] == '\0' ? "WITHOUT TLS" : tls);
}

bool
session_ready(session *s)
{
    if (!session_secrets_ask(s))
        return false;
    session_warn_insecure(s);
    return true;
}

bool
session_fail_login(session *s, bool opened)
{
    if (s->client == NULL)
        return session_fail(s, EXIT_LATER, "out of memory");
    if (session_secrets_failed(s))
        return false;
    if (opened && session_secrets_refused(s))
        return false;
    return opened ? session_fail_client(s) : fail_open(s);
}

bool
session_open(session *s)
{
    bool opened;
    pop3_result result;

    if (!session_ready(s))
        return false;
    result = connect_and_login(s, s->opt->no_capa, &opened);
    if (result != POP3_OK && s->client != NULL && died_of_capa(s)) {
        if (s->opt->verbose)
            report_note("%s: the server failed at CAPA: once more without it",
                        printable(s->where.host));
        pop3_client_close(s->client);
        s->client = NULL;
        result = connect_and_login(s, true, &opened);
    }
    session_secrets_used(s);
    if (result != POP3_OK)
        return session_fail_login(s, opened);
    tell_connected(s);
    return true;
}

/* ---- pipelining that fails ---- */

bool
session_broke_pipeline(const session *s, pop3_result result)
{
    if (s->opt->no_pipelining || s->lock_step ||
        !pop3_capa_has(session_capabilities(s), "PIPELINING"))
        return false;
    return result == POP3_ERR_PROTOCOL || result == POP3_ERR_TIMEOUT ||
           result == POP3_ERR_CLOSED || result == POP3_ERR_IO;
}

bool
session_is_reply(pop3_span text)
{
    return (text.len >= 3 && memcmp(text.ptr, "+OK", 3) == 0) ||
           (text.len >= 4 && memcmp(text.ptr, "-ERR", 4) == 0);
}

bool
session_begins_as_reply(session_head *head, pop3_span part)
{
    size_t room = sizeof(head->octets) - head->len;

    if (room == 0)
        return false; /* it was looked at */
    if (part.len > room)
        part.len = room;
    memcpy(head->octets + head->len, part.ptr, part.len);
    head->len += part.len;
    return session_is_reply((pop3_span){head->octets, head->len});
}

bool
session_reopen(session *s)
{
    pop3_client_close(s->client);
    s->client = NULL;
    s->reopened = true;
    return session_open(s);
}

bool
session_reopen_lock_step(session *s)
{
    report("%s: the session failed, or its answers do not fit the commands: "
           "once more without pipelining, which this server may not bear",
           printable(s->where.host));
    s->lock_step = true;
    return session_reopen(s);
}

void
session_quit(session *s)
{
    pop3_result result = pop3_client_quit(s->client);

    if (result != POP3_OK && s->opt->verbose)
        report_note("%s: QUIT was not answered by +OK; nothing was to be "
                    "deleted, so that does not matter",
                    printable(s->where.host));
}

void
session_close(session *s)
{
    pop3_client_close(s->client);
    s->client = NULL;
    password_clear(&s->password);
    session_secrets_forget(s);
    proxy_forget(&s->proxy);
    password_clear(&s->passphrase);
}
