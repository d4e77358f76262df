/* SPDX-License-Identifier: MIT */
/*
 * again - whether another AUTH may follow one that was refused.
 *
 * It may in three cases only, each at most once for a mechanism, and never
 * when the server says that later is the time (R15):
 *   - a token that went with AUTH was refused without a word of why: servers
 *     that take it in two steps alone do that (quirk 6);
 *   - the caller has another token;
 *   - nobody named the mechanism, and nothing that was sent was made from the
 *     password: the next safe mechanism is tried. That gives nothing away that
 *     the server could not have had by announcing less, inside verified TLS.
 */
#include "auth/auth.h"

static pop3_result
with_token(auth_exchange *exchange, const auth_refusal *refusal, bool *again)
{
    bool explained =
        bytes_len(&exchange->refusal) > 0 || refusal->resp != POP3_RESP_NONE;
    pop3_result result;

    if (refusal->initial_sent && !explained) {
        exchange->two_steps = true;
    } else if (!exchange->renewed) {
        exchange->renewed = true;
        result = auth_renew_token(exchange);
        if (result != POP3_OK)
            return result == POP3_ERR_AUTH ? POP3_OK : result;
    } else {
        return POP3_OK;
    }
    auth_restart(exchange);
    *again = true;
    return POP3_OK;
}

/* The next one that is safe, if there is one. */
static void
with_another(auth_exchange *exchange, bool *again)
{
    const pop3_credentials *credentials = exchange->credentials;
    const auth_scene scene = exchange->scene;
    const auth_mechanism *next;

    if (credentials->mechanism != NULL || exchange->revealed)
        return;
    next = auth_choose(&scene, credentials, exchange->mechanism);
    *again = next != NULL &&
             auth_start(exchange, next, credentials, &scene) == POP3_OK;
}

pop3_result
auth_again(auth_exchange *exchange, const auth_refusal *refusal, bool *again)
{
    *again = false;
    if (refusal->temporary || refusal->resp == POP3_RESP_SYS_PERM)
        return POP3_OK;
    if (exchange->mechanism->needs == AUTH_NEEDS_TOKEN)
        return with_token(exchange, refusal, again);
    with_another(exchange, again);
    return POP3_OK;
}
