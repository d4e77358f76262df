/* SPDX-License-Identifier: MIT */
/*
 * scram_answer - SCRAM as one of the mechanisms: which message is due, and
 * what it is made of.
 *
 * The password is fetched after the server's first message was found to be
 * sound, and not before. The last answer, to the server's own proof, is empty
 * (RFC 5034 §4).
 */
#include <stdlib.h>
#include <string.h>

#include "auth/answers.h"
#include "auth/scram.h"

static void
forget(void *state)
{
    scram_clear(state);
    free(state);
}

static pop3_result
note(auth_exchange *exchange, const scram *s, pop3_result result)
{
    return result == POP3_OK ? result : answers_fail(exchange, result, s->why);
}

static pop3_span
span_of(const secret *s)
{
    return (pop3_span){s->data, s->len};
}

/* Names are prepared as SASLprep has it (RFC 5802 §5.1); a user that it
 * forbids is refused. */
static pop3_result
prepare(auth_exchange *exchange, const char *name, secret *out)
{
    const char *why = "";
    pop3_span in = {name, name == NULL ? 0 : strlen(name)};
    pop3_result result = in.len == 0 ? POP3_OK : prep_sasl(in, out, &why);

    return result == POP3_OK ? result : answers_fail(exchange, result, why);
}

/* Whether the server offers a mechanism that binds: with it a "y" is a lie. */
static bool
offers_plus(const auth_scene *scene)
{
    return pop3_capa_has_arg(scene->capa, "SASL", "SCRAM-SHA-256-PLUS") ||
           pop3_capa_has_arg(scene->capa, "SASL", "SCRAM-SHA-1-PLUS");
}

static pop3_result
begin(auth_exchange *exchange, digest_hash hash, bytes *message)
{
    const auth_scene *scene = &exchange->scene;
    scram *s = exchange->state;
    secret user = {0};
    secret authzid = {0};
    scram_setup setup = {.hash = hash, .nonce = scene->nonce};
    pop3_result result = prepare(exchange, exchange->credentials->user, &user);

    if (result == POP3_OK)
        result = prepare(exchange, exchange->credentials->authzid, &authzid);
    if (result == POP3_OK) {
        setup.user = span_of(&user);
        setup.authzid = span_of(&authzid);
        setup.binding = scene->binding;
        if (exchange->mechanism->binds)
            setup.binding_name = scene->binding_name;
        setup.could_bind = scene->binding_name != NULL &&
                           scene->capa != NULL && !offers_plus(scene);
        result = note(exchange, s, scram_first(s, &setup, message));
    }
    secret_clear(&user);
    secret_clear(&authzid);
    return result;
}

/* The server's message is looked at first with no password at all: a callback
 * should not ask its user for the sake of a server that breaks the rules. */
static pop3_result
finish(auth_exchange *exchange, pop3_span challenge, bytes *message)
{
    scram *s = exchange->state;
    secret prepared = {0};
    const char *why = "";
    pop3_result result = scram_check(s, challenge);

    if (result != POP3_OK)
        return note(exchange, s, result);
    result = auth_fetch_secret(exchange);
    if (result != POP3_OK)
        return result;
    result = prep_sasl(span_of(&exchange->password), &prepared, &why);
    if (result != POP3_OK)
        return answers_fail(exchange, result, why);
    exchange->revealed = true;
    result = note(exchange, s,
                  scram_final(s, challenge, span_of(&prepared), message));
    secret_clear(&prepared);
    return result;
}

static pop3_result
verify(auth_exchange *exchange, pop3_span challenge)
{
    scram *s = exchange->state;
    pop3_result result = note(exchange, s, scram_verify(s, challenge));

    exchange->proven = result == POP3_OK;
    return result;
}

static pop3_result
answer_scram(auth_exchange *exchange, digest_hash hash, pop3_span challenge,
             secret *answer)
{
    bytes message = {0};
    pop3_result result;

    if (exchange->state == NULL) {
        exchange->state = calloc(1, sizeof(scram));
        exchange->forget = forget;
    }
    if (exchange->state == NULL)
        return answers_fail(exchange, POP3_ERR_NOMEM, "memory is short");
    if (exchange->answers == 0)
        result = begin(exchange, hash, &message);
    else if (exchange->answers == 1)
        result = finish(exchange, challenge, &message);
    else if (exchange->answers == 2)
        result = verify(exchange, challenge);
    else
        result = answers_fail(exchange, POP3_ERR_PROTOCOL,
                              "the server goes on behind the end of SCRAM");
    if (result == POP3_OK)
        return answers_take(exchange, &message, true, answer);
    bytes_clear(&message);
    return result;
}

pop3_result
answer_scram_sha1(auth_exchange *exchange, pop3_span challenge, secret *answer)
{
    return answer_scram(exchange, DIGEST_SHA_1, challenge, answer);
}

pop3_result
answer_scram_sha256(auth_exchange *exchange, pop3_span challenge,
                    secret *answer)
{
    return answer_scram(exchange, DIGEST_SHA_256, challenge, answer);
}
