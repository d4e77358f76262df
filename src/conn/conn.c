/* SPDX-License-Identifier: MIT */
/*
 * conn - a core, a transport and deadlines.
 *
 *   DIALING ─▶ HANDSHAKE (implicit TLS) ─▶ STREAM ─▶ OVER
 *
 * A step gives the next event of the core if there is one, and otherwise moves
 * what can be moved without waiting: a stage ahead, octets out, octets in.
 * Events of commands that the connection sends itself (setup.c, login.c) are
 * taken on the way. Whatever fails is told to the core, which ends every
 * command with it; when the core is over, the transport is closed at once.
 *
 * While nothing is asked, reading comes before writing, so that octets nobody
 * asked for are found before a command is sent that they could answer (R21).
 * While answers are due, writing comes first, to keep the pipe full.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn/conn.h"
#include "conn/conn_impl.h"
#include "core/fail.h"
#include "net/tcp.h"

/* ---- opening ---- */

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
    to->core.tls_active = to->transport == NULL
                              ? to->security == POP3_TLS_IMPLICIT
                              : to->transport->secure;
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

static bool
copy_strings(pop3_conn *conn, const pop3_options *options)
{
    const char *port = options->port;
    const char *name = options->tls.server_name;

    if (port == NULL)
        port = options->security == POP3_TLS_IMPLICIT ? "995" : "110";
    return copy_string(&conn->host, options->host) &&
           copy_string(&conn->port, port) &&
           copy_string(&conn->server_name,
                       name == NULL ? options->host : name);
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

static pop3_result
prepare_tls(pop3_conn *conn, net_error *error)
{
    if (conn->tls != NULL || conn->options.transport != NULL)
        return POP3_OK;
    return tls_config_new(&conn->tls, &conn->options.tls, conn->host, error);
}

/* Finds out what is wrong with the TLS options before anything is
 * connected. */
static pop3_result
begin_dial(pop3_conn *conn)
{
    net_error error = {0};
    pop3_result result = POP3_OK;

    if (conn->options.security != POP3_TLS_NONE)
        result = prepare_tls(conn, &error);
    if (result == POP3_OK)
        result = dial_new(&conn->dial, conn->host, conn->port, &error);
    if (result != POP3_OK)
        return refuse(conn, result, error.sys, error.text);
    return POP3_OK;
}

/* The caller's transport is connected already. */
static pop3_result
begin_own(pop3_conn *conn)
{
    const pop3_transport *own = conn->options.transport;
    size_t size = own->size < sizeof(*own) ? own->size : sizeof(*own);

    memcpy(&conn->transport, own, size);
    conn->stage = CONN_STREAM;
    if (own->secure || conn->options.security != POP3_TLS_IMPLICIT)
        return POP3_OK;
    if (own->start_tls == NULL)
        return refuse(conn, POP3_ERR_UNSUPPORTED, 0,
                      "the transport has no TLS, and TLS is required");
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
    if (!copy_strings(conn, options))
        return refuse(conn, POP3_ERR_NOMEM, 0, "memory is short");
    result = ask_hook(conn);
    if (result != POP3_OK)
        return result;
    pace_start(conn);
    return conn->options.transport == NULL ? begin_dial(conn)
                                           : begin_own(conn);
}

pop3_result
pop3_conn_open(pop3_conn **conn, const pop3_options *options)
{
    pop3_conn *made = calloc(1, sizeof(*made));
    pop3_result result;

    *conn = NULL;
    if (made == NULL)
        return POP3_ERR_NOMEM;
    take_options(&made->options, options);
    result = pop3_core_new(&made->core, &made->options.core);
    if (result != POP3_OK) {
        free(made);
        return result;
    }
    *conn = made;
    return begin(made, options);
}

/* ---- closing ---- */

static void
close_transport(pop3_conn *conn)
{
    dial_free(conn->dial);
    conn->dial = NULL;
    if (conn->transport.close != NULL)
        conn->transport.close(conn->transport.ctx);
    conn->transport = (pop3_transport){0};
    conn->stage = CONN_OVER;
    conn->want = 0;
}

void
pop3_conn_close(pop3_conn *conn)
{
    if (conn == NULL)
        return;
    close_transport(conn);
    login_clear(&conn->login);
    tls_config_free(conn->tls);
    pop3_core_free(conn->core);
    free(conn->host);
    free(conn->port);
    free(conn->server_name);
    free(conn);
}

/* ---- stages ---- */

/* The transport failed: the core learns why. */
static void
transport_failed(pop3_conn *conn, pop3_result result)
{
    int sys = 0;
    const char *why = NULL;

    if (conn->transport.error_text != NULL)
        why = conn->transport.error_text(conn->transport.ctx, &sys);
    pop3_core_fail(conn->core, result, sys, why);
}

/* Puts TLS around the TCP transport. */
static bool
wrap_tls(pop3_conn *conn)
{
    net_error error = {0};
    pop3_result result = prepare_tls(conn, &error);

    if (result == POP3_OK)
        result = tls_wrap(&conn->transport, conn->tls, &error);
    if (result != POP3_OK)
        pop3_core_fail(conn->core, result, error.sys, error.text);
    return result == POP3_OK;
}

/* Functions named do_* return whether something moved. */

static bool
do_dial(pop3_conn *conn)
{
    net_error error = {0};
    int fd;
    pop3_result result = dial_step(conn->dial, &fd, &error);

    if (result == POP3_ERR_AGAIN)
        return false;
    if (result == POP3_OK)
        result = tcp_transport(&conn->transport, fd);
    if (result != POP3_OK) {
        pop3_core_fail(conn->core, result, error.sys,
                       error.text[0] == '\0' ? NULL : error.text);
        return true;
    }
    dial_free(conn->dial);
    conn->dial = NULL;
    conn->stage = CONN_STREAM;
    pace_moved(conn, 0);
    if (conn->options.security == POP3_TLS_IMPLICIT && wrap_tls(conn))
        conn->stage = CONN_HANDSHAKE;
    return true;
}

/* Begins or continues the handshake: implicit, or behind STLS. */
static pop3_result
handshake(pop3_conn *conn)
{
    const char *name = conn->server_name == NULL ? "" : conn->server_name;
    pop3_result result;

    conn->want = 0;
    result = conn->transport.start_tls(conn->transport.ctx, name, &conn->want);
    if (result != POP3_OK && result != POP3_ERR_AGAIN)
        transport_failed(conn, result);
    return result;
}

static bool
do_handshake(pop3_conn *conn)
{
    pop3_result result = handshake(conn);

    if (result != POP3_OK)
        return result != POP3_ERR_AGAIN;
    conn->stage = CONN_STREAM;
    pace_moved(conn, 0);
    return true;
}

static bool
do_stls(pop3_conn *conn)
{
    pop3_result result = handshake(conn);

    if (result != POP3_OK)
        return result != POP3_ERR_AGAIN;
    conn->starting_tls = false;
    pace_moved(conn, 0);
    return pop3_core_tls_done(conn->core) == POP3_OK;
}

static void
begin_stls(pop3_conn *conn)
{
    if (conn->options.transport == NULL && !wrap_tls(conn))
        return;
    if (conn->transport.start_tls == NULL)
        pop3_core_fail(conn->core, POP3_ERR_UNSUPPORTED, 0,
                       "the transport has no TLS");
    else
        conn->starting_tls = true;
}

/* ---- octets ---- */

static bool
do_read(pop3_conn *conn)
{
    void *room;
    size_t len;
    size_t got = 0;
    int want = POP3_POLL_IN;
    pop3_result result = pop3_core_input_buffer(conn->core, &room, &len);

    if (result == POP3_OK)
        result =
            conn->transport.read(conn->transport.ctx, room, len, &got, &want);
    if (result == POP3_ERR_AGAIN) {
        conn->want |= want;
        return false;
    }
    if (result == POP3_OK) {
        pop3_core_input_filled(conn->core, got);
        pace_moved(conn, got);
    } else if (result == POP3_ERR_CLOSED) {
        pop3_core_input_eof(conn->core);
    } else {
        transport_failed(conn, result);
    }
    return true;
}

static void
do_write(pop3_conn *conn)
{
    for (;;) {
        pop3_span out = pop3_core_output(conn->core);
        size_t sent = 0;
        int want = POP3_POLL_OUT;
        pop3_result result;

        if (out.len == 0)
            return;
        result = conn->transport.write(conn->transport.ctx, out.ptr, out.len,
                                       &sent, &want);
        if (result == POP3_ERR_AGAIN) {
            conn->want |= want;
            return;
        }
        if (result != POP3_OK) {
            transport_failed(conn, result);
            return;
        }
        pop3_core_output_sent(conn->core, sent);
        pace_moved(conn, 0);
    }
}

static bool
do_stream(pop3_conn *conn)
{
    bool quiet = pop3_core_is_quiet(conn->core);

    conn->want = 0;
    if (conn->starting_tls)
        return do_stls(conn);
    if (!quiet)
        do_write(conn);
    if (do_read(conn))
        return true;
    if (quiet)
        do_write(conn);
    return pop3_core_state(conn->core) == POP3_STATE_BROKEN;
}

/* ---- steps ---- */

static bool
advance(pop3_conn *conn)
{
    switch (conn->stage) {
    case CONN_DIALING:
        return do_dial(conn);
    case CONN_HANDSHAKE:
        return do_handshake(conn);
    case CONN_STREAM:
        return do_stream(conn);
    case CONN_OVER:
        break;
    }
    return false;
}

static bool
is_over(const pop3_conn *conn)
{
    pop3_state state = pop3_core_state(conn->core);

    return state == POP3_STATE_BROKEN || state == POP3_STATE_CLOSED;
}

/* An event of the core: true if it is for the caller. */
static bool
is_for_caller(pop3_conn *conn, pop3_event *event)
{
    pace_step(conn, event);
    if (event->type == POP3_EVENT_START_TLS) {
        begin_stls(conn);
        return false;
    }
    if (setup_take(conn, event))
        return false;
    return !login_take(conn, event);
}

static bool
give_ready(pop3_conn *conn, pop3_event *event)
{
    if (conn->setup != SETUP_READY || is_over(conn))
        return false;
    conn->setup = SETUP_FINISHED;
    *event = (pop3_event){.type = POP3_EVENT_READY};
    return true;
}

/* The next event that the core has for the caller, if any. */
static bool
take_event(pop3_conn *conn, pop3_event *event)
{
    if (give_ready(conn, event))
        return true;
    while (pop3_core_next(conn->core, event) != POP3_EVENT_NEED_INPUT) {
        if (is_over(conn) && conn->stage != CONN_OVER)
            close_transport(conn);
        if (is_for_caller(conn, event) || give_ready(conn, event))
            return true;
    }
    return false;
}

pop3_result
pop3_conn_step(pop3_conn *conn, pop3_event *event)
{
    do {
        if (take_event(conn, event))
            return POP3_OK;
    } while (advance(conn) || pace_check(conn));
    return POP3_ERR_AGAIN;
}

/* ---- commands ---- */

static const char *
why_not_now(const pop3_conn *conn, const pop3_command *command)
{
    if (conn->setup != SETUP_FINISHED || conn->login.step != LOGIN_NONE)
        return "the connection is not ready for commands";
    if (command->verb == POP3_CMD_STLS && conn->options.transport != NULL &&
        conn->transport.start_tls == NULL)
        return "the transport has no TLS";
    return NULL;
}

pop3_result
pop3_conn_submit(pop3_conn *conn, const pop3_command *command, pop3_id *id)
{
    const char *why = is_over(conn) ? NULL : why_not_now(conn, command);
    net_error error = {0};
    pop3_result result = POP3_OK;

    if (why != NULL)
        return fail_call(conn->core, POP3_ERR_USAGE, command->verb,
                         command->number, why);
    if (command->verb == POP3_CMD_STLS)
        result = prepare_tls(conn, &error);
    if (result != POP3_OK)
        return fail_call(conn->core, result, command->verb, 0, error.text);
    result = pop3_core_submit(conn->core, command, id);
    if (result == POP3_OK)
        pace_asked(conn);
    return result;
}

/* ---- what to wait for ---- */

int
pop3_conn_fd(const pop3_conn *conn)
{
    if (conn->stage == CONN_DIALING)
        return dial_fd(conn->dial);
    if (conn->stage == CONN_OVER || conn->transport.fd == NULL)
        return -1;
    return conn->transport.fd(conn->transport.ctx);
}

int
pop3_conn_events(const pop3_conn *conn)
{
    if (conn->stage == CONN_DIALING)
        return dial_events(conn->dial);
    return conn->want;
}

int
pop3_conn_timeout_ms(const pop3_conn *conn)
{
    int left = pace_left_ms(conn);
    int attempt =
        conn->stage == CONN_DIALING ? dial_timeout_ms(conn->dial) : -1;

    if (attempt < 0)
        return left;
    return left < 0 || attempt < left ? attempt : left;
}

/* ---- all else ---- */

void
pop3_conn_cancel(pop3_conn *conn)
{
    pop3_core_fail(conn->core, POP3_ERR_CANCELED, 0, NULL);
    close_transport(conn);
}

void
pop3_conn_set_trace(pop3_conn *conn, const pop3_trace *trace)
{
    pop3_core_set_trace(conn->core, trace);
}

pop3_result
conn_note(pop3_conn *conn, pop3_result result, pop3_verb verb, uint64_t number,
          const char *what)
{
    return fail_call(conn->core, result, verb, number, what);
}

const pop3_core *
pop3_conn_core(const pop3_conn *conn)
{
    return conn->core;
}

const pop3_error *
pop3_conn_error(const pop3_conn *conn)
{
    return pop3_core_error(conn->core);
}

const char *
pop3_conn_tls(const pop3_conn *conn)
{
    if (conn->options.transport != NULL || conn->stage != CONN_STREAM)
        return "";
    return tls_describe(&conn->transport);
}
