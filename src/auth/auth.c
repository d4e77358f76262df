/* SPDX-License-Identifier: MIT */
/*
 * auth - the mechanism table and the policy.
 *
 * The table is the order of safety (R12). What the user named is used and
 * never replaced by another (RFC 2384 §4). Where nothing was named, the first
 * row is taken that the server announces and the user has what it needs for:
 * inside TLS only, for without it nothing here is safe enough to be picked.
 * APOP is never chosen: its MD5 proves nothing today (R11); and ANONYMOUS is
 * nobody's account. NTLM and DIGEST-MD5 are not here, and will not be (R14).
 *
 * A further SASL mechanism is a row in the table and a function that answers
 * challenges. The secret is fetched when the first answer needs it and wiped
 * with the exchange (R17).
 */
#include "auth/auth.h"

#include <stdlib.h>
#include <string.h>

#include "auth/answers.h"
#ifdef AUTH_GSASL
#include "auth/gsasl_load.h"
#else
#define GSASL_MISSING "GNU SASL, which this library was built without"
#endif
#include "auth/md5.h"
#include "base/text.h"

static const auth_mechanism MECHANISMS[] = {
    {.name = "OAUTHBEARER",
     .needs = AUTH_NEEDS_TOKEN,
     .automatic = true,
     .tls_only = true,
     .acts_as = true,
     .client_first = true,
     .answer = answer_oauthbearer},
    {.name = "XOAUTH2",
     .needs = AUTH_NEEDS_TOKEN,
     .automatic = true,
     .tls_only = true,
     .client_first = true,
     .answer = answer_xoauth2},
#ifdef AUTH_SCRAM
    {.name = "SCRAM-SHA-256-PLUS",
     .needs = AUTH_NEEDS_PASSWORD,
     .automatic = true,
     .tls_only = true,
     .binds = true,
     .proves = true,
     .acts_as = true,
     .client_first = true,
     .answer = answer_scram_sha256},
    {.name = "SCRAM-SHA-1-PLUS",
     .needs = AUTH_NEEDS_PASSWORD,
     .automatic = true,
     .tls_only = true,
     .binds = true,
     .proves = true,
     .acts_as = true,
     .client_first = true,
     .answer = answer_scram_sha1},
    {.name = "SCRAM-SHA-256",
     .needs = AUTH_NEEDS_PASSWORD,
     .automatic = true,
     .proves = true,
     .acts_as = true,
     .client_first = true,
     .answer = answer_scram_sha256},
    {.name = "SCRAM-SHA-1",
     .needs = AUTH_NEEDS_PASSWORD,
     .automatic = true,
     .proves = true,
     .acts_as = true,
     .client_first = true,
     .answer = answer_scram_sha1},
#endif
    {.name = "EXTERNAL",
     .needs = AUTH_NEEDS_CERTIFICATE,
     .automatic = true,
     .tls_only = true,
     .nameless = true,
     .acts_as = true,
     .client_first = true,
     .answer = answer_external},
#ifdef AUTH_GSASL
    {.name = "GSSAPI",
     .needs = AUTH_NEEDS_TICKET,
     .automatic = true,
     .proves = true,
     .acts_as = true,
     .client_first = true,
     .answer = answer_gsasl,
     .is_here = gsasl_library_is_here},
#endif
    {.name = "PLAIN",
     .needs = AUTH_NEEDS_PASSWORD,
     .automatic = true,
     .acts_as = true,
     .client_first = true,
     .answer = answer_plain},
    {.name = "USER",
     .kind = AUTH_BY_USER,
     .needs = AUTH_NEEDS_PASSWORD,
     .automatic = true},
    {.name = "LOGIN",
     .needs = AUTH_NEEDS_PASSWORD,
     .automatic = true,
     .answer = answer_login},
#ifdef AUTH_GSASL
    {.name = "CRAM-MD5",
     .needs = AUTH_NEEDS_PASSWORD,
     .automatic = true,
     .answer = answer_gsasl,
     .is_here = gsasl_library_is_here},
#endif
    {.name = "APOP", .kind = AUTH_BY_APOP, .needs = AUTH_NEEDS_PASSWORD},
    {.name = "ANONYMOUS",
     .needs = AUTH_NEEDS_NOTHING,
     .nameless = true,
     .client_first = true,
     .answer = answer_anonymous},
};

static const size_t COUNT = sizeof(MECHANISMS) / sizeof(MECHANISMS[0]);

pop3_result
answers_fail(auth_exchange *exchange, pop3_result result, const char *why)
{
    exchange->why = why;
    return result;
}

pop3_result
answers_take(auth_exchange *exchange, bytes *message, bool whole,
             secret *answer)
{
    bool taken =
        whole && secret_set(answer, bytes_ptr(message), bytes_len(message));

    bytes_clear(message);
    return taken ? POP3_OK
                 : answers_fail(exchange, POP3_ERR_NOMEM, "memory is short");
}

/* ---- the policy ---- */

const auth_mechanism *
auth_find(const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (text_equal_caseless(name, strlen(name), MECHANISMS[i].name))
            return &MECHANISMS[i];
    return NULL;
}

static bool
has_password(const pop3_credentials *c)
{
    return c->password != NULL || c->secret != NULL;
}

/* A certificate or a ticket is meant when there is nothing else. */
static bool
user_has(const auth_scene *scene, const pop3_credentials *c, auth_needs needs)
{
    bool bare = !has_password(c) && c->token == NULL;

    switch (needs) {
    case AUTH_NEEDS_PASSWORD:
        return has_password(c);
    case AUTH_NEEDS_TOKEN:
        return c->token != NULL;
    case AUTH_NEEDS_CERTIFICATE:
        return bare && scene->certificate;
    case AUTH_NEEDS_TICKET:
        return bare;
    case AUTH_NEEDS_NOTHING:
        break;
    }
    return true;
}

/* Every server has USER, unless it says otherwise and has something else. */
static bool
server_has(const pop3_capa *capa, const auth_mechanism *m)
{
    if (m->kind == AUTH_BY_SASL)
        return pop3_capa_has_arg(capa, "SASL", m->name);
    return pop3_capa_has(capa, "USER") ||
           (!pop3_capa_has_arg(capa, "SASL", "LOGIN") &&
            !pop3_capa_has_arg(capa, "SASL", "CRAM-MD5"));
}

const auth_mechanism *
auth_choose(const auth_scene *scene, const pop3_credentials *credentials,
            const auth_mechanism *after)
{
    const auth_mechanism *m = after == NULL ? MECHANISMS : after + 1;

    for (; scene->tls && m < MECHANISMS + COUNT; m++)
        if (m->automatic && server_has(scene->capa, m) &&
            user_has(scene, credentials, m->needs) &&
            (!m->binds || scene->binding_name != NULL) &&
            (m->is_here == NULL || m->is_here()))
            return m;
    return NULL;
}

static bool
holds_control(const char *text)
{
    return text != NULL && text_holds_control(text, strlen(text));
}

static pop3_result
check_names(auth_exchange *exchange)
{
    const auth_mechanism *m = exchange->mechanism;
    const pop3_credentials *c = exchange->credentials;

    if (!m->nameless && (c->user == NULL || *c->user == '\0'))
        return answers_fail(exchange, POP3_ERR_ARGUMENT,
                            "a user name is needed");
    if (c->authzid != NULL && !m->acts_as)
        return answers_fail(exchange, POP3_ERR_ARGUMENT,
                            "an authorization identity needs PLAIN, SCRAM or "
                            "another mechanism that has one");
    if (m->kind == AUTH_BY_SASL &&
        (holds_control(c->user) || holds_control(c->authzid)))
        return answers_fail(exchange, POP3_ERR_ARGUMENT,
                            "the name holds a control character");
    return POP3_OK;
}

pop3_result
auth_start(auth_exchange *exchange, const auth_mechanism *mechanism,
           const pop3_credentials *credentials, const auth_scene *scene)
{
    auth_clear(exchange);
    *exchange = (auth_exchange){.mechanism = mechanism,
                                .credentials = credentials,
                                .scene = *scene,
                                .why = ""};
    if (mechanism->tls_only && !scene->tls)
        return answers_fail(exchange, POP3_ERR_INSECURE,
                            "this mechanism is never used without TLS");
    if (mechanism->binds && scene->binding_name == NULL)
        return answers_fail(exchange, POP3_ERR_UNSUPPORTED,
                            "this connection has no channel binding: name "
                            "the mechanism without -PLUS");
    if (mechanism->needs == AUTH_NEEDS_CERTIFICATE && !scene->certificate)
        return answers_fail(exchange, POP3_ERR_ARGUMENT,
                            "EXTERNAL needs a client certificate");
    if (mechanism->is_here != NULL && !mechanism->is_here())
        return answers_fail(exchange, POP3_ERR_UNSUPPORTED,
                            "the mechanism needs " GSASL_MISSING);
    return check_names(exchange);
}

static pop3_result
explain_none(auth_exchange *exchange, const pop3_credentials *c,
             const auth_scene *scene)
{
    if (c->mechanism != NULL)
        return answers_fail(exchange, POP3_ERR_UNSUPPORTED,
                            "the mechanism is not supported by this library");
    if (!scene->tls)
        return answers_fail(exchange, POP3_ERR_INSECURE,
                            "no way to log in is safe without TLS: use TLS, "
                            "or name a mechanism (USER, PLAIN, APOP)");
    if (c->token != NULL)
        return answers_fail(exchange, POP3_ERR_UNSUPPORTED,
                            "the server announces no mechanism for an OAuth 2 "
                            "token: name one (XOAUTH2) to try it all the "
                            "same");
    /* USER and LOGIN are here, and so would be what comes before them. */
    if (has_password(c))
        return answers_fail(exchange, POP3_ERR_UNSUPPORTED,
                            "the server announces CRAM-MD5 alone, which "
                            "needs " GSASL_MISSING);
    return answers_fail(exchange, POP3_ERR_ARGUMENT,
                        "a password is needed, or a token");
}

pop3_result
auth_begin(auth_exchange *exchange, const pop3_credentials *credentials,
           const auth_scene *scene)
{
    const auth_mechanism *mechanism =
        credentials->mechanism != NULL ? auth_find(credentials->mechanism)
                                       : auth_choose(scene, credentials, NULL);

    if (mechanism == NULL)
        return explain_none(exchange, credentials, scene);
    return auth_start(exchange, mechanism, credentials, scene);
}

/* ---- the secret ---- */

/* What a callback of the caller's gave; a fatal result means: stop it all. */
static pop3_result
judge(auth_exchange *exchange, pop3_result result, const char *why)
{
    if (pop3_is_fatal(result))
        result = POP3_ERR_CANCELED;
    return result == POP3_OK ? result : answers_fail(exchange, result, why);
}

static pop3_result
find_password(auth_exchange *exchange, pop3_span *found)
{
    const pop3_credentials *c = exchange->credentials;

    if (c->password != NULL) {
        *found = (pop3_span){c->password, strlen(c->password)};
        return POP3_OK;
    }
    if (c->secret == NULL)
        return answers_fail(exchange, POP3_ERR_ARGUMENT,
                            "a password is needed");
    return judge(exchange, c->secret(c->ctx, found),
                 "the password could not be fetched");
}

static pop3_result
find_token(auth_exchange *exchange, pop3_span *found)
{
    const pop3_credentials *c = exchange->credentials;

    if (c->token == NULL)
        return answers_fail(exchange, POP3_ERR_ARGUMENT,
                            "an OAuth 2 token is needed");
    return judge(exchange, c->token(c->ctx, NULL, found),
                 "the token could not be fetched");
}

static pop3_result
keep_secret(auth_exchange *exchange, pop3_span found)
{
    if (found.len > 0 && memchr(found.ptr, '\0', found.len) != NULL)
        return answers_fail(exchange, POP3_ERR_ARGUMENT,
                            "the password holds a NUL");
    if (!secret_set(&exchange->password, found.ptr, found.len))
        return answers_fail(exchange, POP3_ERR_NOMEM, "memory is short");
    return POP3_OK;
}

pop3_result
auth_fetch_secret(auth_exchange *exchange)
{
    pop3_span found = {NULL, 0};
    pop3_result result;

    if (exchange->password.data != NULL)
        return POP3_OK;
    if (exchange->mechanism->needs == AUTH_NEEDS_TOKEN)
        result = find_token(exchange, &found);
    else
        result = find_password(exchange, &found);
    return result == POP3_OK ? keep_secret(exchange, found) : result;
}

/* The same token again is none (R15). */
static bool
is_new(const auth_exchange *exchange, pop3_span token)
{
    return token.len != exchange->password.len ||
           !secret_equal(token.ptr, exchange->password.data, token.len);
}

pop3_result
auth_renew_token(auth_exchange *exchange)
{
    const pop3_credentials *c = exchange->credentials;
    pop3_span error = {bytes_ptr(&exchange->refusal),
                       bytes_len(&exchange->refusal)};
    pop3_span found = {NULL, 0};
    pop3_result result;

    if (c->token == NULL)
        return POP3_ERR_AUTH;
    result = c->token(c->ctx, &error, &found);
    if (result == POP3_ERR_NOMEM || result == POP3_ERR_CANCELED)
        return answers_fail(exchange, result,
                            "the token could not be fetched again");
    if (result != POP3_OK || !is_new(exchange, found))
        return POP3_ERR_AUTH;
    return keep_secret(exchange, found);
}

/* ---- UTF-8 and APOP ---- */

static bool
is_ascii(const char *text)
{
    return text == NULL || text_is_ascii(text, strlen(text));
}

pop3_result
auth_needs_utf8(auth_exchange *exchange, bool *needed)
{
    pop3_result result;

    *needed = false;
    if (exchange->mechanism->kind == AUTH_BY_SASL ||
        !pop3_capa_has_arg(exchange->scene.capa, "UTF8", "USER"))
        return POP3_OK;
    result = auth_fetch_secret(exchange);
    *needed = !is_ascii(exchange->credentials->user) ||
              !is_ascii(exchange->password.data);
    return result;
}

/* RFC 6856 §2.1: with UTF-8, the digest is that of the prepared password. */
static pop3_result
prepare_password(auth_exchange *exchange)
{
    bool utf8 = false;
    const char *why = "";
    pop3_result result = auth_fetch_secret(exchange);

    if (result == POP3_OK)
        result = auth_needs_utf8(exchange, &utf8);
    if (result != POP3_OK || !utf8)
        return result;
    result =
        prep_sasl((pop3_span){exchange->password.data, exchange->password.len},
                  &exchange->password, &why);
    return result == POP3_OK ? result : answers_fail(exchange, result, why);
}

pop3_result
auth_apop_digest(auth_exchange *exchange, pop3_span timestamp, char *hex)
{
    pop3_result result;

    if (timestamp.len == 0)
        return answers_fail(exchange, POP3_ERR_UNSUPPORTED,
                            "the server's greeting has no usable APOP "
                            "timestamp");
    result = prepare_password(exchange);
    if (result != POP3_OK)
        return result;
    result = md5_hex(
        timestamp,
        (pop3_span){exchange->password.data, exchange->password.len}, hex);
    if (result != POP3_OK)
        return answers_fail(exchange, result,
                            "this build has no MD5 for APOP");
    return POP3_OK;
}

static void
forget_state(auth_exchange *exchange)
{
    bytes_clear(&exchange->refusal);
    if (exchange->state != NULL)
        exchange->forget(exchange->state);
    exchange->state = NULL;
}

void
auth_restart(auth_exchange *exchange)
{
    forget_state(exchange);
    exchange->answers = 0;
    exchange->proven = false;
    exchange->why = "";
}

void
auth_clear(auth_exchange *exchange)
{
    forget_state(exchange);
    secret_clear(&exchange->password);
}
