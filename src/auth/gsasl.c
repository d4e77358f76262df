/* SPDX-License-Identifier: MIT */
/*
 * gsasl - mechanisms of GNU SASL: CRAM-MD5 and GSSAPI.
 *
 * Everything that it may ask is told beforehand, so that it needs no
 * callback. GNU SASL frees what it was told without wiping it, so that is
 * done here. GSSAPI takes the ticket of the user's credential cache; getting
 * one for the server (service "pop") talks to the Kerberos server of the realm
 * and waits for it, which no deadline of ours can cut short.
 *
 * SCRAM is not taken from here: see docs/adr/0005-scram.md.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/answers.h"
#include "auth/gsasl_load.h"

typedef struct gsasl_state {
    gsasl_library library;
    Gsasl *context;
    Gsasl_session *session;
    bool finished;
} gsasl_state;

/* The copy belongs to GNU SASL, and it is about to free it. */
static void
wipe_property(gsasl_state *g, Gsasl_property property)
{
    const char *value = g->library.property_fast(g->session, property);

    if (value != NULL)
        secret_wipe((char *)value, strlen(value));
}

static void
forget(void *state)
{
    gsasl_state *g = state;

    if (g->session != NULL) {
        wipe_property(g, GSASL_PASSWORD);
        g->library.finish(g->session);
    }
    if (g->context != NULL)
        g->library.done(g->context);
    gsasl_library_close(&g->library);
    free(g);
}

static pop3_result
explain(auth_exchange *exchange, const gsasl_state *g, int code)
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
    return answers_fail(exchange, result, g->library.strerror(code));
}

static int
tell(gsasl_state *g, Gsasl_property property, const char *value)
{
    return value == NULL
               ? GSASL_OK
               : g->library.property_set(g->session, property, value);
}

static int
begin(auth_exchange *exchange, gsasl_state *g)
{
    const pop3_credentials *c = exchange->credentials;
    int code = g->library.init(&g->context);

    if (code == GSASL_OK)
        code = g->library.client_start(g->context, exchange->mechanism->name,
                                       &g->session);
    if (code == GSASL_OK)
        code = tell(g, GSASL_AUTHID, c->user);
    if (code == GSASL_OK)
        code =
            tell(g, GSASL_AUTHZID, c->authzid != NULL ? c->authzid : c->user);
    if (code == GSASL_OK)
        code = tell(g, GSASL_SERVICE, "pop");
    if (code == GSASL_OK)
        code = tell(g, GSASL_HOSTNAME, exchange->scene.host);
    if (code == GSASL_OK && exchange->mechanism->needs == AUTH_NEEDS_PASSWORD)
        code = tell(g, GSASL_PASSWORD, exchange->password.data);
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
    if (!gsasl_library_open(&g->library)) {
        free(g);
        return answers_fail(exchange, POP3_ERR_UNSUPPORTED,
                            "the mechanism needs " GSASL_MISSING);
    }
    exchange->state = g;
    exchange->forget = forget;
    code = begin(exchange, g);
    return code == GSASL_OK ? POP3_OK : explain(exchange, g, code);
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
    code =
        g->library.step(g->session, challenge.ptr, challenge.len, &out, &len);
    if (code != GSASL_OK && code != GSASL_NEEDS_MORE)
        return explain(exchange, g, code);
    g->finished = exchange->proven = code == GSASL_OK;
    exchange->revealed = true;
    if (!secret_set(answer, out == NULL ? "" : out, len))
        result = answers_fail(exchange, POP3_ERR_NOMEM, "memory is short");
    secret_wipe(out, len);
    g->library.free(out);
    return result;
}
