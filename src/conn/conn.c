/* SPDX-License-Identifier: MIT */
/*
 * conn - a core, a transport and deadlines.
 *
 *   DIALING ─▶ (PROXY) ─▶ HANDSHAKE (implicit TLS) ─▶ STREAM ─▶ OVER
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

/* ---- closing ---- */

static void
close_transport(pop3_conn *conn)
{
    dial_free(conn->dial);
    conn->dial = NULL;
    proxy_free(conn->proxy);
    conn->proxy = NULL;
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

static bool
is_over(const pop3_conn *conn)
{
    pop3_state state = pop3_core_state(conn->core);

    return state == POP3_STATE_BROKEN || state == POP3_STATE_CLOSED;
}

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

pop3_result
conn_prepare_tls(pop3_conn *conn, net_error *error)
{
    if (conn->tls != NULL || conn->options.transport != NULL)
        return POP3_OK;
    return tls_config_new(&conn->tls, &conn->options.tls, conn->host,
                          conn->port, error);
}

/* Puts TLS around the TCP transport. */
static bool
wrap_tls(pop3_conn *conn)
{
    net_error error = {0};
    pop3_result result = conn_prepare_tls(conn, &error);

    if (result == POP3_OK)
        result = tls_wrap(&conn->transport, conn->tls, &error);
    if (result != POP3_OK)
        pop3_core_fail(conn->core, result, error.sys, error.text);
    return result == POP3_OK;
}

/* Functions named do_* return whether something moved. */

static void
fail_with(pop3_conn *conn, pop3_result result, const net_error *error)
{
    pop3_core_fail(conn->core, result, error->sys,
                   error->text[0] == '\0' ? NULL : error->text);
}

/* The next octet of the socket is the server's. */
static void
begin_stream(pop3_conn *conn, int fd)
{
    pop3_result result = tcp_transport(&conn->transport, fd);

    if (result != POP3_OK) {
        pop3_core_fail(conn->core, result, 0, NULL);
        return;
    }
    if (conn->sleeper)
        tcp_let_sleep(&conn->transport, &conn->may_sleep);
    conn->stage = CONN_STREAM;
    pace_moved(conn, 0);
    if (conn->options.security == POP3_TLS_IMPLICIT && wrap_tls(conn))
        conn->stage = CONN_HANDSHAKE;
}

static bool
do_dial(pop3_conn *conn)
{
    net_error error = {0};
    int fd;
    pop3_result result = dial_step(conn->dial, &fd, &error);

    if (result == POP3_ERR_AGAIN)
        return false;
    if (result != POP3_OK) {
        conn_name_proxy(conn, &error);
        fail_with(conn, result, &error);
        return true;
    }
    dial_free(conn->dial);
    conn->dial = NULL;
    if (conn->proxy == NULL) {
        begin_stream(conn, fd);
        return true;
    }
    proxy_use(conn->proxy, fd);
    conn->stage = CONN_PROXY;
    return true;
}

static bool
do_proxy(pop3_conn *conn)
{
    net_error error = {0};
    int fd;
    pop3_result result = proxy_step(conn->proxy, &fd, &error);

    if (result == POP3_ERR_AGAIN)
        return false;
    if (result != POP3_OK) {
        fail_with(conn, result, &error);
        return true;
    }
    proxy_free(conn->proxy);
    conn->proxy = NULL;
    begin_stream(conn, fd);
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
    conn->starting_tls = true;
    pace_start(conn);
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

    if (result == POP3_ERR_NOMEM) {
        pop3_core_fail(conn->core, result, 0, "no memory to read into");
        return true;
    }
    if (result == POP3_OK)
        result =
            conn->transport.read(conn->transport.ctx, room, len, &got, &want);
    if (result == POP3_ERR_AGAIN) {
        pop3_core_input_filled(conn->core, 0);
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

/* Whether nothing is to be done but to wait for an answer. Once a step: the
 * caller may have been told to cancel meanwhile. And octets that drip must not
 * keep deadlines from being looked at, which is done when nothing is here. */
static bool
may_sleep(const pop3_conn *conn)
{
    return conn->sleeper && !conn->slept && conn->want == 0 &&
           conn->write_failed == POP3_OK && !pace_is_late(conn);
}

static bool
do_read_patiently(pop3_conn *conn)
{
    bool moved;

    conn->may_sleep = may_sleep(conn);
    conn->slept = conn->may_sleep;
    moved = do_read(conn);
    conn->may_sleep = false;
    return moved;
}

/* Sends all that waits. Whether anything happened. A failure is told only
 * when nothing is left to read: a server that has closed may have said why
 * before. */
static bool
do_write(pop3_conn *conn)
{
    bool moved = false;

    for (;;) {
        pop3_span out = pop3_core_output(conn->core);
        size_t sent = 0;
        int want = POP3_POLL_OUT;
        pop3_result result;

        if (out.len == 0 || conn->write_failed != POP3_OK)
            return moved;
        result = conn->transport.write(conn->transport.ctx, out.ptr, out.len,
                                       &sent, &want);
        if (result == POP3_ERR_AGAIN) {
            conn->want |= want;
            return moved;
        }
        if (result != POP3_OK) {
            conn->write_failed = result;
            return true;
        }
        moved = true;
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
        (void)do_write(conn);
    if (quiet ? do_read(conn) : do_read_patiently(conn))
        return true;
    if (conn->write_failed != POP3_OK) {
        transport_failed(conn, conn->write_failed);
        return true;
    }
    if (!quiet || !do_write(conn))
        return false;
    /* The socket was just read empty: it tells when the answer is there. A
     * transport of the caller's may have nothing to poll. */
    return conn->options.transport != NULL || conn->write_failed != POP3_OK;
}

/* ---- steps ---- */

static bool
advance(pop3_conn *conn)
{
    switch (conn->stage) {
    case CONN_DIALING:
        return do_dial(conn);
    case CONN_PROXY:
        return do_proxy(conn);
    case CONN_HANDSHAKE:
        return do_handshake(conn);
    case CONN_STREAM:
        return do_stream(conn);
    case CONN_OVER:
        break;
    }
    return false;
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
    if ((conn->setup_id != 0 || event->type == POP3_EVENT_GREETING) &&
        setup_take(conn, event))
        return false;
    return conn->login.step == LOGIN_NONE || !login_take(conn, event);
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
    conn->slept = false;
    do {
        if (take_event(conn, event)) {
            pace_rest(conn);
            return POP3_OK;
        }
        pace_resume(conn);
    } while (advance(conn) || pace_check(conn));
    return POP3_ERR_AGAIN;
}

size_t
pop3_conn_more_items(pop3_conn *conn, pop3_item *items, size_t room)
{
    return pop3_core_more_items(conn->core, items, room);
}

size_t
pop3_conn_more_data(pop3_conn *conn, pop3_span *parts, size_t room)
{
    return pop3_core_more_data(conn->core, parts, room);
}

bool
conn_take_whole(pop3_conn *conn, whole_message *message)
{
    if (conn->setup != SETUP_FINISHED || conn->login.step != LOGIN_NONE ||
        !whole_take(conn->core, message))
        return false;
    pace_step(conn, &message->done);
    pace_rest(conn);
    return true;
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

static pop3_result
prepare_stls(pop3_conn *conn)
{
    net_error error = {0};
    pop3_result result = conn_prepare_tls(conn, &error);

    if (result == POP3_OK)
        return POP3_OK;
    return fail_call(conn->core, result, POP3_CMD_STLS, 0, error.text);
}

pop3_result
pop3_conn_submit(pop3_conn *conn, const pop3_command *command, pop3_id *id)
{
    const char *why = is_over(conn) ? NULL : why_not_now(conn, command);
    pop3_result result = POP3_OK;

    if (why != NULL)
        return fail_call(conn->core, POP3_ERR_USAGE, command->verb,
                         command->number, why);
    if (command->verb == POP3_CMD_STLS)
        result = prepare_stls(conn);
    if (result != POP3_OK)
        return result;
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
    if (conn->stage == CONN_PROXY)
        return proxy_fd(conn->proxy);
    if (conn->stage == CONN_OVER || conn->transport.fd == NULL)
        return -1;
    return conn->transport.fd(conn->transport.ctx);
}

int
pop3_conn_events(const pop3_conn *conn)
{
    if (conn->stage == CONN_DIALING)
        return dial_events(conn->dial);
    if (conn->stage == CONN_PROXY)
        return proxy_events(conn->proxy);
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
    conn_fail(conn, POP3_ERR_CANCELED, 0, NULL);
}

void
pop3_conn_set_trace(pop3_conn *conn, const pop3_trace *trace)
{
    pop3_core_set_trace(conn->core, trace);
}

pop3_result
conn_if_over(const pop3_conn *conn)
{
    return fail_if_over(conn->core);
}

void
conn_fail(pop3_conn *conn, pop3_result result, int sys, const char *why)
{
    pop3_core_fail(conn->core, result, sys, why);
    close_transport(conn);
}

void
conn_let_sleep(pop3_conn *conn)
{
    conn->sleeper = true;
}

bool
conn_asks_capa(const pop3_conn *conn)
{
    return !conn->options.no_capa;
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
