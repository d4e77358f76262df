/* SPDX-License-Identifier: MIT */
/*
 * setup - from the greeting to a connection that the caller may use.
 *
 *   greeting ─────────────────────────────▶ READY   (TLS is up, or not asked)
 *   greeting ─▶ CAPA ─▶ STLS ─▶ handshake ▶ READY   (POP3_TLS_STLS)
 *
 * Where STLS is required nothing else is sent before TLS is up, and a server
 * that does not offer it or refuses it ends the session: no downgrade (R2, R3,
 * RFC 2595 §4). A server that refuses CAPA is asked for STLS all the same.
 */
#include "base/text.h"
#include "conn/conn_impl.h"

static void
refuse(pop3_conn *conn, const char *why)
{
    pop3_core_fail(conn->core, POP3_ERR_TLS, 0, why);
}

static void
ask(pop3_conn *conn, setup_step next, pop3_verb verb)
{
    pop3_command command = {.verb = verb};
    pop3_result result =
        pop3_core_submit(conn->core, &command, &conn->setup_id);

    conn->setup = next;
    if (result != POP3_OK)
        pop3_core_fail(conn->core, result, 0, pop3_strerror(result));
    pace_asked(conn);
}

static void
on_greeting(pop3_conn *conn)
{
    if (pop3_core_state(conn->core) != POP3_STATE_AUTHORIZATION)
        return;
    if (conn->options.security != POP3_TLS_STLS ||
        pop3_core_is_tls(conn->core))
        conn->setup = SETUP_READY;
    else if (conn->options.no_capa)
        ask(conn, SETUP_STLS, POP3_CMD_STLS);
    else
        ask(conn, SETUP_CAPA, POP3_CMD_CAPA);
}

static void
on_capa_done(pop3_conn *conn, pop3_result result)
{
    const pop3_capa *capa = pop3_core_capa(conn->core);

    if (result != POP3_OK && result != POP3_ERR_REFUSED)
        pop3_core_fail(conn->core, result, 0, NULL);
    else if (capa != NULL && !pop3_capa_has(capa, "STLS"))
        refuse(conn, "TLS is required, but the server does not offer STLS");
    else
        ask(conn, SETUP_STLS, POP3_CMD_STLS);
}

static void
on_stls_done(pop3_conn *conn, const pop3_event *event)
{
    char why[600];
    text_builder t = text_start(why, sizeof(why));

    if (event->result == POP3_OK) {
        conn->setup = SETUP_READY;
        return;
    }
    text_add(&t, "TLS is required, but STLS was refused; ");
    text_add(&t, pop3_core_error(conn->core)->text);
    refuse(conn, why);
}

bool
setup_take(pop3_conn *conn, const pop3_event *event)
{
    if (event->type == POP3_EVENT_GREETING) {
        on_greeting(conn);
        return false;
    }
    if (conn->setup_id == 0 || event->id != conn->setup_id)
        return false;
    if (event->type != POP3_EVENT_DONE)
        return true;
    conn->setup_id = 0;
    if (pop3_core_state(conn->core) == POP3_STATE_BROKEN)
        return true;
    if (conn->setup == SETUP_CAPA)
        on_capa_done(conn, event->result);
    else
        on_stls_done(conn, event);
    return true;
}
