/* SPDX-License-Identifier: MIT */
/*
 * open - from options to a connection that is about to connect.
 *
 * All that can be wrong with the options is found before anything is sent:
 * arguments, files for TLS, limits. The caller's struct is copied as far as
 * both sides know of it, so that programs built against an older header go on
 * to work. Whatever fails, the connection is there to tell why; and the
 * caller's transport is ours to close from the first line on.
 */
#include <stdlib.h>
#include <string.h>

#include "conn/conn_impl.h"
#include "net/idn.h"

static pop3_result
refuse(pop3_conn *conn, pop3_result result, int sys, const char *why)
{
    pop3_core_fail(conn->core, result, sys, why);
    conn->stage = CONN_OVER;
    return result;
}

/* Takes as much of the caller's struct as both sides know of. */
static void
take_options(pop3_options *to, const pop3_options *from)
{
    *to = (pop3_options)POP3_OPTIONS_INIT;
    memcpy(to, from, from->size < sizeof(*to) ? from->size : sizeof(*to));
    to->size = sizeof(*to);
    to->core.size = sizeof(to->core);
    to->core.tls_active = to->security == POP3_TLS_IMPLICIT ||
                          (to->transport != NULL && to->transport->secure);
    to->core.clear_credentials = to->security == POP3_TLS_NONE;
}

static bool
copy_string(char **to, const char *from)
{
    if (from == NULL)
        return true;
    *to = strdup(from);
    return *to != NULL;
}

/* In the form that DNS and certificates have. */
static pop3_result
copy_name(char **to, const char *from, net_error *error)
{
    return from == NULL ? POP3_OK : idn_to_ascii(from, to, error);
}

static pop3_result
copy_names(pop3_conn *conn, const pop3_options *options)
{
    const char *name = options->tls.server_name;
    net_error error = {0};
    pop3_result result = copy_name(&conn->host, options->host, &error);

    if (result == POP3_OK)
        result = copy_name(&conn->server_name,
                           name == NULL ? options->host : name, &error);
    if (result != POP3_OK)
        return refuse(conn, result, error.sys, error.text);
    if (name != NULL)
        conn->options.tls.server_name = conn->server_name;
    return POP3_OK;
}

static pop3_result
copy_strings(pop3_conn *conn, const pop3_options *options)
{
    const char *port = options->port;

    if (port == NULL)
        port = options->security == POP3_TLS_IMPLICIT ? "995" : "110";
    if (!copy_string(&conn->port, port))
        return refuse(conn, POP3_ERR_NOMEM, 0, "memory is short");
    return copy_names(conn, options);
}

static const char *
why_invalid(const pop3_options *options)
{
    if (options->connect_timeout_ms <= 0 || options->idle_timeout_ms <= 0 ||
        options->step_timeout_ms <= 0)
        return "a timeout has to be more than 0 milliseconds";
    if (options->transport != NULL)
        return NULL;
    if (options->host == NULL || *options->host == '\0')
        return "a host is needed";
    return NULL;
}

static pop3_result
ask_hook(pop3_conn *conn)
{
    const pop3_audit *audit = &conn->options.core.audit;

    if (audit->connect == NULL ||
        audit->connect(audit->ctx, conn->host == NULL ? "" : conn->host,
                       conn->port) == POP3_OK)
        return POP3_OK;
    return refuse(conn, POP3_ERR_VETO, 0, pop3_strerror(POP3_ERR_VETO));
}

void
conn_name_proxy(const pop3_conn *conn, net_error *error)
{
    net_error cause = *error;

    if (conn->proxy != NULL)
        net_error_set(error, cause.sys, "the proxy: %s", cause.text);
}

static const pop3_resolver *
resolver_of(const pop3_conn *conn)
{
    const pop3_resolver *resolver = conn->options.resolver;

    return resolver == NULL ? pop3_resolver_dns() : resolver;
}

/* To the server, or to the proxy that is to reach it. */
static pop3_result
make_dial(pop3_conn *conn, net_error *error)
{
    const pop3_options *o = &conn->options;
    const char *host = conn->host;
    const char *port = conn->port;
    pop3_result result;

    if (o->proxy != NULL) {
        result = proxy_new(&conn->proxy, o->proxy, host, port, error);
        if (result != POP3_OK)
            return result;
        host = proxy_host(conn->proxy);
        port = proxy_port(conn->proxy);
    }
    result = dial_new(&conn->dial, host, port, resolver_of(conn), error);
    if (result == POP3_OK && o->bind != NULL)
        result = dial_from(conn->dial, o->bind, error);
    return result;
}

/* Finds out what is wrong with the options before anything is connected. */
static pop3_result
begin_dial(pop3_conn *conn)
{
    net_error error = {0};
    pop3_result result = POP3_OK;

    if (conn->options.security != POP3_TLS_NONE)
        result = conn_prepare_tls(conn, &error);
    if (result == POP3_OK)
        result = make_dial(conn, &error);
    if (result != POP3_OK)
        return refuse(conn, result, error.sys, error.text);
    return POP3_OK;
}

/* The caller's transport is connected already. */
static pop3_result
begin_own(pop3_conn *conn)
{
    conn->stage = CONN_STREAM;
    if (conn->transport.secure || conn->options.security == POP3_TLS_NONE)
        return POP3_OK;
    if (conn->transport.start_tls == NULL)
        return refuse(conn, POP3_ERR_UNSUPPORTED, 0,
                      "the transport has no TLS, and TLS is required");
    if (conn->options.security == POP3_TLS_IMPLICIT)
        conn->stage = CONN_HANDSHAKE;
    return POP3_OK;
}

static pop3_result
begin(pop3_conn *conn, const pop3_options *options)
{
    const char *why = why_invalid(&conn->options);
    pop3_result result;

    if (why != NULL)
        return refuse(conn, POP3_ERR_ARGUMENT, 0, why);
    result = copy_strings(conn, options);
    if (result == POP3_OK)
        result = ask_hook(conn);
    if (result != POP3_OK)
        return result;
    pace_start(conn);
    return conn->options.transport == NULL ? begin_dial(conn)
                                           : begin_own(conn);
}

/* From here on the caller's transport is ours to close. */
static void
take_transport(pop3_transport *to, const pop3_transport *from)
{
    if (from != NULL)
        memcpy(to, from, from->size < sizeof(*to) ? from->size : sizeof(*to));
}

/* With limits that are out of range there is a core all the same, to tell. */
static pop3_result
make_core(pop3_conn *conn)
{
    pop3_result result = pop3_core_new(&conn->core, &conn->options.core);

    if (result != POP3_ERR_ARGUMENT)
        return result;
    result = pop3_core_new(&conn->core, NULL);
    if (result != POP3_OK)
        return result;
    return refuse(conn, POP3_ERR_ARGUMENT, 0,
                  "a limit is out of range: reply_line takes 512 to 65,536 "
                  "octets, challenge at most 49,000");
}

pop3_result
pop3_conn_open(pop3_conn **conn, const pop3_options *options)
{
    pop3_transport transport = {0};
    pop3_conn *made = calloc(1, sizeof(*made));
    pop3_result result = POP3_ERR_NOMEM;

    *conn = NULL;
    take_transport(&transport, options->transport);
    if (made != NULL) {
        take_options(&made->options, options);
        result = make_core(made);
    }
    if (made == NULL || made->core == NULL) {
        if (transport.close != NULL)
            transport.close(transport.ctx);
        free(made);
        return result;
    }
    made->transport = transport;
    *conn = made;
    return result == POP3_OK ? begin(made, options) : result;
}
