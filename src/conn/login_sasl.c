/* SPDX-License-Identifier: MIT */
/*
 * login_sasl - which mechanism a login takes, and its exchange of challenges
 * and answers (RFC 5034 §4).
 *
 * The first answer goes with AUTH if the server announces SASL and the line
 * stays within 255 octets; else it is kept for the first challenge, which has
 * to be empty. Whatever cannot be answered is given up by "*".
 *
 * What may follow a refusal is for auth_again().
 */
#include <string.h>

#include "base/base64.h"
#include "base/secret.h"
#include "conn/conn_impl.h"
#include "core/command.h"
#include "core/fail.h"

/* ---- which ---- */

static auth_scene
look_around(pop3_conn *conn)
{
    login_sasl *sasl = &conn->login.sasl;
    auth_scene scene = {
        .capa = pop3_core_capa(conn->core),
        .host = conn->host,
        .tls = pop3_core_is_tls(conn->core),
        .certificate = conn->options.tls.cert_file != NULL ||
                       conn->options.tls.ssl_ctx != NULL ||
                       conn->options.tls.shared != NULL,
    };

    if (scene.tls && conn->options.transport == NULL) {
        scene.binding.ptr = sasl->binding;
        scene.binding_name =
            tls_binding(&conn->transport, sasl->binding, sizeof(sasl->binding),
                        &scene.binding.len);
    }
    return scene;
}

pop3_result
login_sasl_choose(pop3_conn *conn)
{
    login *l = &conn->login;
    auth_scene scene = look_around(conn);

    return auth_begin(&l->exchange, &l->credentials, &scene);
}

/* ---- answers ---- */

/* Each secret of a login is masked once. */
static pop3_result
mask_secret(pop3_conn *conn)
{
    auth_exchange *exchange = &conn->login.exchange;
    const char *held = exchange->password.data;
    pop3_result result;

    if (held == NULL || conn->login.sasl.masked == held)
        return POP3_OK;
    result =
        pop3_core_mask(conn->core, (pop3_span){held, exchange->password.len});
    if (result == POP3_OK)
        conn->login.sasl.masked = held;
    else
        exchange->why = pop3_strerror(result);
    return result;
}

pop3_result
login_sasl_secret(pop3_conn *conn)
{
    pop3_result result = auth_fetch_secret(&conn->login.exchange);

    return result == POP3_OK ? mask_secret(conn) : result;
}

static pop3_result
compute_answer(pop3_conn *conn, pop3_span challenge, secret *answer)
{
    auth_exchange *exchange = &conn->login.exchange;
    pop3_result result =
        exchange->mechanism->answer(exchange, challenge, answer);

    if (result == POP3_OK)
        result = mask_secret(conn);
    exchange->answers++;
    return result;
}

/* Whether the first answer fits on the line of AUTH. */
static bool
fits_with_auth(const pop3_conn *conn, const secret *answer)
{
    const char *name = conn->login.exchange.mechanism->name;
    size_t line = strlen("AUTH ") + strlen(name) + strlen(" \r\n");

    return !conn->login.exchange.two_steps &&
           pop3_capa_has(pop3_core_capa(conn->core), "SASL") &&
           answer->len < COMMAND_LINE_MAX &&
           line + base64_encoded_len(answer->len) <= COMMAND_LINE_MAX;
}

pop3_result
login_sasl_ask(pop3_conn *conn)
{
    login_sasl *sasl = &conn->login.sasl;
    const auth_mechanism *mechanism = conn->login.exchange.mechanism;
    pop3_command command = {.verb = POP3_CMD_AUTH, .arg = mechanism->name};
    const pop3_span nothing = {NULL, 0};
    pop3_span initial;
    pop3_result result = POP3_OK;

    sasl->initial_sent = false;
    secret_clear(&sasl->late);
    if (mechanism->client_first)
        result = compute_answer(conn, nothing, &sasl->late);
    if (result != POP3_OK)
        return result;
    if (mechanism->client_first && fits_with_auth(conn, &sasl->late)) {
        initial = (pop3_span){sasl->late.data, sasl->late.len};
        command.initial = &initial;
        sasl->initial_sent = true;
    }
    result = login_ask(conn, LOGIN_AUTH, &command);
    if (sasl->initial_sent)
        secret_clear(&sasl->late);
    return result;
}

/* The answer that did not go with AUTH, or else a new one. */
static pop3_result
next_answer(pop3_conn *conn, pop3_span challenge, secret *answer)
{
    login_sasl *sasl = &conn->login.sasl;

    if (sasl->late.data == NULL)
        return compute_answer(conn, challenge, answer);
    *answer = sasl->late;
    sasl->late = (secret){0};
    if (challenge.len == 0)
        return POP3_OK;
    conn->login.exchange.why =
        "the server sent a challenge where the client speaks first";
    return POP3_ERR_PROTOCOL;
}

void
login_sasl_challenge(pop3_conn *conn, const pop3_event *event)
{
    login_sasl *sasl = &conn->login.sasl;
    secret answer = {0};
    pop3_result result = next_answer(conn, event->text, &answer);

    if (result == POP3_OK)
        result = pop3_core_respond(conn->core,
                                   (pop3_span){answer.data, answer.len});
    secret_clear(&answer);
    if (result == POP3_OK)
        return;
    sasl->failed = result;
    result = pop3_core_respond_cancel(conn->core);
    if (result != POP3_OK)
        pop3_core_fail(conn->core, POP3_ERR_CANCELED, 0,
                       "the login could not be given up in order");
}

bool
login_sasl_accept(pop3_conn *conn)
{
    const auth_exchange *exchange = &conn->login.exchange;

    if (!exchange->mechanism->proves || exchange->proven)
        return true;
    pop3_core_fail(conn->core, POP3_ERR_PROTOCOL, 0,
                   "the server let us in without proving that it knows the "
                   "password: it may be somebody else");
    return false;
}

/* ---- once more ---- */

/* What the server said of the token, in JSON, is more than its -ERR; and one
 * that says no to a proof that is bound to TLS may mean the binding. */
static void
tell_refusal(pop3_conn *conn, const pop3_event *event)
{
    const auth_exchange *exchange = &conn->login.exchange;
    const bytes *refusal = &exchange->refusal;

    if (exchange->mechanism->binds && exchange->revealed)
        fail_explain(conn->core,
                     "the login was refused: the password is wrong, or the "
                     "server or somebody between does not see it bound to "
                     "this TLS connection; if it works without -PLUS "
                     "(SCRAM-SHA-256), ask the server's administrator why",
                     event->line);
    if (bytes_len(refusal) > 0)
        fail_explain(conn->core, "the token was refused",
                     (pop3_span){bytes_ptr(refusal), bytes_len(refusal)});
}

pop3_result
login_sasl_again(pop3_conn *conn, const pop3_event *event, bool *again)
{
    login_sasl *sasl = &conn->login.sasl;
    const auth_refusal refusal = {
        .resp = event->resp,
        .temporary = pop3_error_is_temporary(pop3_core_error(conn->core)),
        .initial_sent = sasl->initial_sent};
    pop3_result result;

    tell_refusal(conn, event);
    result = auth_again(&conn->login.exchange, &refusal, again);
    if (result == POP3_OK && *again) {
        result = login_ask_utf8_or_credentials(conn);
        *again = result == POP3_OK;
    }
    return result;
}
