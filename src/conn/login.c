/* SPDX-License-Identifier: MIT */
/*
 * login - from READY to logged in.
 *
 *   [CAPA] ─┬─▶ USER ─▶ PASS ─┬─▶ CAPA ─▶ DONE
 *           ├─▶ APOP ─────────┤
 *           └─▶ AUTH ⇄ answer ┘
 *
 * A table says what follows the end of each command; auth.c says which way is
 * taken and what is answered. The capabilities are asked for before, if they
 * are unknown, because the choice depends on them, and again after, because
 * servers tell more then (quirk 2); a refusal of either is no failure.
 * A credential is sent once, whatever the answer (R15).
 *
 * RFC 5034 §4: a server that announces no SASL gets no initial response; and
 * neither does one whose line that would make too long.
 */
#include <string.h>

#include "auth/md5.h"
#include "base/base64.h"
#include "base/secret.h"
#include "conn/conn_impl.h"
#include "core/command.h"
#include "core/fail.h"

/* Submits the next command of the login. */
static pop3_result
ask(pop3_conn *conn, login_step next, const pop3_command *command)
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
    return ask(conn, next, &(pop3_command){.verb = POP3_CMD_CAPA});
}

/* Fetches the password and keeps it out of traces. */
static pop3_result
need_password(pop3_conn *conn)
{
    auth_exchange *exchange = &conn->login.exchange;
    pop3_result result = auth_fetch_password(exchange);

    if (result != POP3_OK)
        return result;
    result = pop3_core_mask(conn->core, (pop3_span){exchange->password.data,
                                                    exchange->password.len});
    if (result != POP3_OK)
        exchange->why = pop3_strerror(result);
    return result;
}

static pop3_result
ask_user(pop3_conn *conn)
{
    return ask(conn, LOGIN_USER,
               &(pop3_command){.verb = POP3_CMD_USER,
                               .arg = conn->login.credentials.user});
}

static pop3_result
ask_pass(pop3_conn *conn)
{
    pop3_result result = need_password(conn);

    if (result != POP3_OK)
        return result;
    return ask(conn, LOGIN_PASS,
               &(pop3_command){.verb = POP3_CMD_PASS,
                               .arg = conn->login.exchange.password.data});
}

static pop3_result
ask_apop(pop3_conn *conn)
{
    char hex[MD5_HEX_SIZE];
    pop3_result result = auth_apop_digest(
        &conn->login.exchange, pop3_core_timestamp(conn->core), hex);

    if (result != POP3_OK)
        return result;
    result = ask(conn, LOGIN_APOP,
                 &(pop3_command){.verb = POP3_CMD_APOP,
                                 .arg = conn->login.credentials.user,
                                 .arg2 = hex});
    secret_wipe(hex, sizeof(hex));
    return result;
}

/* Whether the first answer fits on the line of AUTH. */
static bool
fits_with_auth(const pop3_conn *conn, const secret *answer)
{
    const char *name = conn->login.exchange.mechanism->name;
    size_t line = strlen("AUTH ") + strlen(name) + strlen(" \r\n");

    return pop3_capa_has(pop3_core_capa(conn->core), "SASL") &&
           answer->len < COMMAND_LINE_MAX &&
           line + base64_encoded_len(answer->len) <= COMMAND_LINE_MAX;
}

static pop3_result
compute_answer(pop3_conn *conn, pop3_span challenge, secret *answer)
{
    auth_exchange *exchange = &conn->login.exchange;
    pop3_result result = need_password(conn);

    if (result != POP3_OK)
        return result;
    return exchange->mechanism->answer(exchange, challenge, answer);
}

static pop3_result
ask_auth(pop3_conn *conn)
{
    const auth_mechanism *mechanism = conn->login.exchange.mechanism;
    pop3_command command = {.verb = POP3_CMD_AUTH, .arg = mechanism->name};
    const pop3_span nothing = {NULL, 0};
    pop3_span initial;
    secret answer = {0};
    pop3_result result = POP3_OK;

    if (mechanism->client_first)
        result = compute_answer(conn, nothing, &answer);
    if (result == POP3_OK && mechanism->client_first &&
        fits_with_auth(conn, &answer)) {
        initial = (pop3_span){answer.data, answer.len};
        command.initial = &initial;
        conn->login.initial_sent = true;
    }
    if (result == POP3_OK)
        result = ask(conn, LOGIN_AUTH, &command);
    conn->login.exchange.answers = conn->login.initial_sent ? 1 : 0;
    secret_clear(&answer);
    return result;
}

static pop3_result
ask_credentials(pop3_conn *conn)
{
    switch (conn->login.exchange.mechanism->kind) {
    case AUTH_BY_USER:
        return ask_user(conn);
    case AUTH_BY_APOP:
        return ask_apop(conn);
    case AUTH_BY_SASL:
        break;
    }
    return ask_auth(conn);
}

/* Settles on a mechanism, now that the capabilities are known if they can
 * be. */
static pop3_result
choose(pop3_conn *conn)
{
    login *l = &conn->login;
    const auth_mechanism *mechanism = l->exchange.mechanism;

    if (mechanism == NULL)
        mechanism = auth_choose(pop3_core_capa(conn->core),
                                pop3_core_is_tls(conn->core));
    if (mechanism == NULL) {
        l->exchange.why = "no way to log in is safe without TLS: use TLS, or "
                          "name a mechanism (USER, PLAIN, APOP)";
        return POP3_ERR_INSECURE;
    }
    return auth_start(&l->exchange, mechanism, &l->credentials);
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
        result = choose(conn);
        if (result == POP3_OK)
            result = ask_credentials(conn);
        break;
    case LOGIN_USER:
        result = ask_pass(conn);
        break;
    case LOGIN_PASS:
    case LOGIN_APOP:
    case LOGIN_AUTH:
        if (conn->options.no_capa || pop3_core_capa(conn->core) == NULL) {
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

static bool
is_capa(login_step step)
{
    return step == LOGIN_CAPA_BEFORE || step == LOGIN_CAPA_AFTER;
}

static bool
on_done(pop3_conn *conn, pop3_event *event)
{
    bool over = pop3_core_state(conn->core) == POP3_STATE_BROKEN;

    if (conn->login.failed != POP3_OK && !over)
        return give_up(conn, event, conn->login.failed);
    if (event->result == POP3_OK ||
        (is_capa(conn->login.step) && event->result == POP3_ERR_REFUSED))
        return go_on(conn, event);
    finish(conn, event, event->result);
    return false;
}

static void
on_challenge(pop3_conn *conn, const pop3_event *event)
{
    login *l = &conn->login;
    secret answer = {0};
    pop3_result result = compute_answer(conn, event->text, &answer);

    if (result == POP3_OK)
        result = pop3_core_respond(conn->core,
                                   (pop3_span){answer.data, answer.len});
    secret_clear(&answer);
    if (result == POP3_OK)
        return;
    l->failed = result;
    result = pop3_core_respond_cancel(conn->core);
    if (result != POP3_OK)
        pop3_core_fail(conn->core, POP3_ERR_CANCELED, 0,
                       "the login could not be given up in order");
}

bool
login_take(pop3_conn *conn, pop3_event *event)
{
    if (conn->login.step == LOGIN_NONE || event->id == 0 ||
        event->id != conn->login.current)
        return false;
    if (event->type == POP3_EVENT_CHALLENGE)
        on_challenge(conn, event);
    if (event->type == POP3_EVENT_DONE)
        return on_done(conn, event);
    if (event->type != POP3_EVENT_REPLY || is_capa(conn->login.step))
        return true;
    event->id = conn->login.id; /* the +OK that people may want to see */
    return false;
}

void
login_clear(login *l)
{
    auth_clear(&l->exchange);
    *l = (login){.step = LOGIN_NONE};
}

/* The mechanism that was named, if one was. */
static pop3_result
take_mechanism(pop3_conn *conn, const char *name)
{
    auth_exchange *exchange = &conn->login.exchange;

    exchange->why = "";
    if (name == NULL)
        return POP3_OK;
    exchange->mechanism = auth_find(name);
    if (exchange->mechanism != NULL)
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
    result = choose(conn);
    if (result == POP3_OK)
        result = ask_credentials(conn);
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
    result = take_mechanism(conn, conn->login.credentials.mechanism);
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
