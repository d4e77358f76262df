/* SPDX-License-Identifier: MIT */
/*
 * login - from READY to logged in.
 *
 *   [CAPA] ─▶ [UTF8] ─┬─▶ USER ─▶ PASS ─┬─▶ CAPA ─▶ DONE
 *                     ├─▶ APOP ─────────┤
 *                     └─▶ AUTH ⇄ answer ┘
 *
 * USER and PASS go in one turn where the server has announced PIPELINING,
 * inside TLS.
 * A table says what follows the end of each command; login_sasl.c says which
 * way is taken and what is answered. The capabilities are asked for before, if
 * they are unknown, because the choice depends on them, and again after,
 * because servers tell more then (quirk 2); a refusal of either is no failure.
 * A password is sent once, whatever the answer (R15).
 */
#include <stdlib.h>
#include <string.h>

#include "auth/md5.h"
#include "base/secret.h"
#include "conn/conn_impl.h"
#include "core/fail.h"
#include "core/send.h"

pop3_result
login_ask(pop3_conn *conn, login_step next, const pop3_command *command)
{
    pop3_result result =
        pop3_core_submit(conn->core, command, &conn->login.current);

    conn->login.step = next;
    pace_asked(conn);
    return result;
}

static pop3_result
ask_capa(pop3_conn *conn, login_step next)
{
    return login_ask(conn, next, &(pop3_command){.verb = POP3_CMD_CAPA});
}

/* Whether PASS may follow USER before that is answered (RFC 2449 §6.6). The
 * password then goes out also where USER is refused: so inside TLS only, where
 * it goes to no other server than the right one. */
static bool
may_go_together(const pop3_conn *conn)
{
    return pop3_core_is_tls(conn->core) && !conn->options.core.no_pipelining &&
           pop3_capa_has(pop3_core_capa(conn->core), "PIPELINING");
}

static pop3_result
ask_user(pop3_conn *conn)
{
    return login_ask(conn, LOGIN_USER,
                     &(pop3_command){.verb = POP3_CMD_USER,
                                     .arg = conn->login.credentials.user});
}

static pop3_result
ask_pass(pop3_conn *conn)
{
    pop3_result result = login_sasl_secret(conn);

    if (result != POP3_OK)
        return result;
    return login_ask(
        conn, LOGIN_PASS,
        &(pop3_command){.verb = POP3_CMD_PASS,
                        .arg = conn->login.exchange.password.data});
}

/* Both or neither. */
static pop3_result
ask_user_and_pass(pop3_conn *conn)
{
    login *l = &conn->login;
    pop3_result result = login_sasl_secret(conn);

    l->refused = calloc(1, sizeof(*l->refused));
    if (l->refused == NULL)
        return POP3_ERR_NOMEM;
    if (result == POP3_OK)
        result = ask_user(conn);
    if (result != POP3_OK)
        return result;
    l->user = l->current;
    result = ask_pass(conn);
    if (result != POP3_OK)
        send_withdraw(conn->core);
    return result;
}

static pop3_result
ask_apop(pop3_conn *conn)
{
    char hex[MD5_HEX_SIZE];
    pop3_result result = auth_apop_digest(
        &conn->login.exchange, pop3_core_timestamp(conn->core), hex);

    if (result != POP3_OK)
        return result;
    result = login_ask(conn, LOGIN_APOP,
                       &(pop3_command){.verb = POP3_CMD_APOP,
                                       .arg = conn->login.credentials.user,
                                       .arg2 = hex});
    secret_wipe(hex, sizeof(hex));
    return result;
}

pop3_result
login_ask_credentials(pop3_conn *conn)
{
    switch (conn->login.exchange.mechanism->kind) {
    case AUTH_BY_USER:
        return may_go_together(conn) ? ask_user_and_pass(conn)
                                     : ask_user(conn);
    case AUTH_BY_APOP:
        return ask_apop(conn);
    case AUTH_BY_SASL:
        break;
    }
    return login_sasl_ask(conn);
}

/* A refusal of UTF8 changes nothing about what is sent. */
pop3_result
login_ask_utf8_or_credentials(pop3_conn *conn)
{
    login *l = &conn->login;
    bool needed = false;
    pop3_result result = auth_needs_utf8(&l->exchange, &needed);

    if (result != POP3_OK)
        return result;
    needed = needed || (l->credentials.utf8 &&
                        pop3_capa_has(pop3_core_capa(conn->core), "UTF8"));
    if (needed && !l->utf8_asked) {
        l->utf8_asked = true;
        return login_ask(conn, LOGIN_UTF8,
                         &(pop3_command){.verb = POP3_CMD_UTF8});
    }
    return login_ask_credentials(conn);
}

/* Now that the capabilities are known if they can be. */
static pop3_result
choose_and_ask(pop3_conn *conn)
{
    pop3_result result = login_sasl_choose(conn);

    return result == POP3_OK ? login_ask_utf8_or_credentials(conn) : result;
}

/* Puts the end of the login in the place of the event. */
static void
finish(pop3_conn *conn, pop3_event *event, pop3_result result)
{
    *event = (pop3_event){.type = POP3_EVENT_DONE,
                          .id = conn->login.id,
                          .verb = POP3_CMD_AUTH,
                          .result = result,
                          .resp = event->resp,
                          .line = event->line,
                          .text = event->text};
    login_clear(&conn->login);
}

/* What auth.c could not do; what the core could not, it has said itself. */
static void
explain(pop3_conn *conn, pop3_result result)
{
    const char *why = conn->login.exchange.why;

    if (*why != '\0')
        fail_call(conn->core, result, POP3_CMD_AUTH, 0, why);
}

/* A step could not be taken: the session is sound, the login has failed. */
static bool
give_up(pop3_conn *conn, pop3_event *event, pop3_result result)
{
    event->line = event->text = (pop3_span){NULL, 0};
    event->resp = POP3_RESP_NONE;
    explain(conn, result);
    finish(conn, event, result);
    if (result == POP3_ERR_CANCELED)
        pop3_conn_cancel(conn);
    return false;
}

/* The command at hand ended well: the next one, or the end. */
static bool
go_on(pop3_conn *conn, pop3_event *event)
{
    pop3_result result = POP3_OK;

    switch (conn->login.step) {
    case LOGIN_CAPA_BEFORE:
        result = choose_and_ask(conn);
        break;
    case LOGIN_UTF8:
        result = login_ask_credentials(conn);
        break;
    case LOGIN_USER:
        result = ask_pass(conn);
        break;
    case LOGIN_PASS:
    case LOGIN_APOP:
    case LOGIN_AUTH:
        if (conn->login.credentials.no_capa_after || conn->options.no_capa ||
            pop3_core_capa(conn->core) == NULL) {
            finish(conn, event, POP3_OK);
            return false;
        }
        result = ask_capa(conn, LOGIN_CAPA_AFTER);
        break;
    case LOGIN_CAPA_AFTER:
    case LOGIN_NONE:
        finish(conn, event, POP3_OK);
        return false;
    }
    return result == POP3_OK ? true : give_up(conn, event, result);
}

/* What only prepares, and may be refused; its answers are our own. */
static bool
is_aside(login_step step)
{
    return step == LOGIN_CAPA_BEFORE || step == LOGIN_UTF8 ||
           step == LOGIN_CAPA_AFTER;
}

/* AUTH was refused: another way, or the end. */
static bool
on_refused(pop3_conn *conn, pop3_event *event)
{
    bool again = false;
    pop3_result result = login_sasl_again(conn, event, &again);

    if (result != POP3_OK)
        return give_up(conn, event, result);
    if (again)
        return true;
    finish(conn, event, event->result);
    return false;
}

static bool
was_user_refused(const login *l)
{
    return l->refused != NULL && l->refused->error.result != POP3_OK;
}

/* The answer to PASS tells nothing new then, nor does it that none came. */
static bool
ends_refused(const login *l, pop3_result result)
{
    return was_user_refused(l) &&
           (result == POP3_ERR_AUTH || result == POP3_ERR_CLOSED ||
            result == POP3_ERR_IO || result == POP3_ERR_TIMEOUT);
}

static bool
on_done(pop3_conn *conn, pop3_event *event)
{
    bool over = pop3_core_state(conn->core) == POP3_STATE_BROKEN;

    if (conn->login.sasl.failed != POP3_OK && !over)
        return give_up(conn, event, conn->login.sasl.failed);
    if (over && event->result == POP3_OK) {
        /* The last +OK was not to be believed: login_sasl_accept(). */
        finish(conn, event, fail_if_over(conn->core));
        return false;
    }
    if (event->result == POP3_OK ||
        (is_aside(conn->login.step) && event->result == POP3_ERR_REFUSED))
        return go_on(conn, event);
    if (conn->login.step == LOGIN_AUTH && event->result == POP3_ERR_AUTH &&
        !over)
        return on_refused(conn, event);
    if (ends_refused(&conn->login, event->result)) {
        fail_put_back(conn->core, conn->login.refused);
        event->result = POP3_ERR_AUTH;
        event->resp = conn->login.refused->error.resp;
        event->line = event->text = (pop3_span){NULL, 0};
    }
    finish(conn, event, event->result);
    return false;
}

/* USER, with PASS behind it: a refusal is told when PASS is done, as PASS will
 * be refused for want of a user. */
static bool
take_user(pop3_conn *conn, pop3_event *event)
{
    login *l = &conn->login;

    if (event->type == POP3_EVENT_REPLY) {
        event->id = l->id;
        return false;
    }
    if (event->result == POP3_ERR_AUTH)
        fail_keep(conn->core, l->refused);
    return true;
}

bool
login_take(pop3_conn *conn, pop3_event *event)
{
    if (conn->login.step == LOGIN_NONE || event->id == 0)
        return false;
    if (event->id == conn->login.user)
        return take_user(conn, event);
    if (event->id != conn->login.current)
        return false;
    if (event->type == POP3_EVENT_CHALLENGE)
        login_sasl_challenge(conn, event);
    if (event->type == POP3_EVENT_DONE)
        return on_done(conn, event);
    if (event->type != POP3_EVENT_REPLY || is_aside(conn->login.step))
        return true;
    if (conn->login.step == LOGIN_AUTH && !login_sasl_accept(conn))
        return true;
    event->id = conn->login.id; /* the +OK that people may want to see */
    return false;
}

void
login_clear(login *l)
{
    auth_clear(&l->exchange);
    secret_clear(&l->sasl.late);
    free(l->refused);
    *l = (login){.step = LOGIN_NONE};
}

/* Whether the mechanism that was named, if one was, is there. */
static pop3_result
check_mechanism(pop3_conn *conn)
{
    const char *name = conn->login.credentials.mechanism;

    conn->login.exchange.why = "";
    if (name == NULL || auth_find(name) != NULL)
        return POP3_OK;
    return fail_call(conn->core, POP3_ERR_UNSUPPORTED, POP3_CMD_AUTH, 0,
                     "the mechanism is not supported by this library");
}

static pop3_result
begin(pop3_conn *conn)
{
    pop3_result result;

    if (pop3_core_capa(conn->core) == NULL && !conn->options.no_capa)
        return ask_capa(conn, LOGIN_CAPA_BEFORE);
    result = choose_and_ask(conn);
    if (result != POP3_OK)
        explain(conn, result);
    return result;
}

pop3_result
pop3_conn_login(pop3_conn *conn, const pop3_credentials *credentials,
                pop3_id *id)
{
    pop3_result result;
    size_t size = credentials->size;

    result = fail_if_over(conn->core);
    if (result != POP3_OK)
        return result;
    if (conn->setup != SETUP_FINISHED || conn->login.step != LOGIN_NONE ||
        pop3_core_pending(conn->core) > 0)
        return fail_call(conn->core, POP3_ERR_USAGE, POP3_CMD_AUTH, 0,
                         "not ready for a login");
    if (size > sizeof(conn->login.credentials))
        size = sizeof(conn->login.credentials);
    memcpy(&conn->login.credentials, credentials, size);
    result = check_mechanism(conn);
    if (result == POP3_OK)
        result = begin(conn);
    if (result != POP3_OK) {
        login_clear(&conn->login);
        if (result == POP3_ERR_CANCELED)
            pop3_conn_cancel(conn);
        return result;
    }
    conn->login.id = conn->login.current;
    *id = conn->login.id;
    return POP3_OK;
}
