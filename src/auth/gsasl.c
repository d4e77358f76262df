/* SPDX-License-Identifier: MIT */
/*
 * gsasl - mechanisms of GNU SASL: CRAM-MD5 and GSSAPI; and SASLprep.
 *
 * Everything that it may ask is told beforehand, so that it needs no
 * callback. GNU SASL frees what it was told without wiping it, so that is
 * done here. GSSAPI takes the ticket of the user's credential cache; getting
 * one for the server (service "pop") talks to the Kerberos server of the realm
 * and waits for it, which no deadline of ours can cut short.
 *
 * SCRAM is not taken from here: see docs/adr/0005-scram.md.
 */
#include <gsasl.h>

#include <stdlib.h>
#include <string.h>

#include "auth/answers.h"

typedef struct gsasl_state {
    Gsasl *context;
    Gsasl_session *session;
    bool finished;
} gsasl_state;

/* The copy belongs to GNU SASL, and it is about to free it. */
static void
wipe_property(Gsasl_session *session, Gsasl_property property)
{
    const char *value = gsasl_property_fast(session, property);

    if (value != NULL)
        secret_wipe((char *)value, strlen(value));
}

static void
forget(void *state)
{
    gsasl_state *g = state;

    if (g->session != NULL) {
        wipe_property(g->session, GSASL_PASSWORD);
        gsasl_finish(g->session);
    }
    if (g->context != NULL)
        gsasl_done(g->context);
    free(g);
}

static pop3_result
explain(auth_exchange *exchange, int code)
{
    pop3_result result = POP3_ERR_PROTOCOL;

    if (code == GSASL_MALLOC_ERROR)
        result = POP3_ERR_NOMEM;
    else if (code == GSASL_UNKNOWN_MECHANISM || code == GSASL_NO_CLIENT_CODE)
        result = POP3_ERR_UNSUPPORTED;
    else if (code == GSASL_SASLPREP_ERROR)
        result = POP3_ERR_ARGUMENT;
    else if (code >= GSASL_GSSAPI_RELEASE_BUFFER_ERROR &&
             code <= GSASL_GSSAPI_INIT_SEC_CONTEXT_ERROR)
        return answers_fail(exchange, POP3_ERR_ARGUMENT,
                            "Kerberos gives no ticket for this server: get "
                            "one with kinit, and name the host as the realm "
                            "does");
    return answers_fail(exchange, result, gsasl_strerror(code));
}

static int
tell(Gsasl_session *session, Gsasl_property property, const char *value)
{
    return value == NULL ? GSASL_OK
                         : gsasl_property_set(session, property, value);
}

static int
begin(auth_exchange *exchange, gsasl_state *g)
{
    const pop3_credentials *c = exchange->credentials;
    int code = gsasl_init(&g->context);

    if (code == GSASL_OK)
        code = gsasl_client_start(g->context, exchange->mechanism->name,
                                  &g->session);
    if (code == GSASL_OK)
        code = tell(g->session, GSASL_AUTHID, c->user);
    if (code == GSASL_OK)
        code = tell(g->session, GSASL_AUTHZID,
                    c->authzid != NULL ? c->authzid : c->user);
    if (code == GSASL_OK)
        code = tell(g->session, GSASL_SERVICE, "pop");
    if (code == GSASL_OK)
        code = tell(g->session, GSASL_HOSTNAME, exchange->scene.host);
    if (code == GSASL_OK && exchange->mechanism->needs == AUTH_NEEDS_PASSWORD)
        code = tell(g->session, GSASL_PASSWORD, exchange->password.data);
    return code;
}

static pop3_result
prepare(auth_exchange *exchange)
{
    gsasl_state *g;
    pop3_result result = POP3_OK;
    int code;

    if (exchange->mechanism->needs == AUTH_NEEDS_PASSWORD)
        result = auth_fetch_secret(exchange);
    if (result != POP3_OK)
        return result;
    g = calloc(1, sizeof(*g));
    if (g == NULL)
        return answers_fail(exchange, POP3_ERR_NOMEM, "memory is short");
    exchange->state = g;
    exchange->forget = forget;
    code = begin(exchange, g);
    return code == GSASL_OK ? POP3_OK : explain(exchange, code);
}

pop3_result
answer_gsasl(auth_exchange *exchange, pop3_span challenge, secret *answer)
{
    pop3_result result = exchange->state == NULL ? prepare(exchange) : POP3_OK;
    gsasl_state *g = exchange->state;
    char *out = NULL;
    size_t len = 0;
    int code;

    if (result != POP3_OK)
        return result;
    if (g->finished)
        return answers_fail(exchange, POP3_ERR_PROTOCOL,
                            "the server goes on behind the end of the "
                            "exchange");
    code = gsasl_step(g->session, challenge.ptr, challenge.len, &out, &len);
    if (code != GSASL_OK && code != GSASL_NEEDS_MORE)
        return explain(exchange, code);
    g->finished = exchange->proven = code == GSASL_OK;
    exchange->revealed = true;
    if (!secret_set(answer, out == NULL ? "" : out, len))
        result = answers_fail(exchange, POP3_ERR_NOMEM, "memory is short");
    secret_wipe(out, len);
    gsasl_free(out);
    return result;
}

/* ---- SASLprep ---- */

pop3_result
prep_sasl(pop3_span in, secret *out, const char **why)
{
    secret copy = {0}; /* with a NUL */
    char *prepared = NULL;
    int code = GSASL_MALLOC_ERROR;
    bool good;

    if (secret_set(&copy, in.ptr, in.len))
        code =
            gsasl_saslprep(copy.data, GSASL_ALLOW_UNASSIGNED, &prepared, NULL);
    secret_clear(&copy);
    if (code == GSASL_MALLOC_ERROR || code == GSASL_OK)
        *why = "memory is short";
    else
        *why = "the name or password holds characters that SASLprep forbids, "
               "or is not UTF-8";
    if (code != GSASL_OK)
        return code == GSASL_MALLOC_ERROR ? POP3_ERR_NOMEM : POP3_ERR_ARGUMENT;
    good = secret_set(out, prepared, strlen(prepared));
    secret_wipe(prepared, strlen(prepared));
    gsasl_free(prepared);
    return good ? POP3_OK : POP3_ERR_NOMEM;
}
