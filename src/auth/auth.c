/* SPDX-License-Identifier: MIT */
/*
 * auth - the mechanism table and the policy.
 *
 * What the user named is used and never replaced by another (RFC 2384 §4).
 * Where nothing was named, a password travels only inside TLS (R12): as PLAIN
 * if the server announces it, else by USER and PASS. APOP is never chosen: its
 * MD5 proves nothing today (R11). A further SASL mechanism is a row in the
 * table and a function that answers challenges.
 *
 * The password is fetched when the first answer needs it and wiped with the
 * exchange (R17).
 */
#include "auth/auth.h"

#include <string.h>

#include "auth/md5.h"
#include "base/bytes.h"
#include "base/text.h"

static pop3_result
fail(auth_exchange *exchange, pop3_result result, const char *why)
{
    exchange->why = why;
    return result;
}

/* RFC 4616 §2: [authzid] NUL authcid NUL passwd. */
static bool
join_plain(const auth_exchange *exchange, bytes *message)
{
    const pop3_credentials *c = exchange->credentials;
    const char *authzid = c->authzid == NULL ? "" : c->authzid;

    return bytes_append(message, authzid, strlen(authzid) + 1) &&
           bytes_append(message, c->user, strlen(c->user) + 1) &&
           bytes_append(message, exchange->password.data,
                        exchange->password.len);
}

static pop3_result
answer_plain(auth_exchange *exchange, pop3_span challenge, secret *answer)
{
    bytes message = {0};
    pop3_result result;

    if (challenge.len != 0 || exchange->answers > 0)
        return fail(exchange, POP3_ERR_PROTOCOL,
                    "the server sent a challenge that PLAIN does not have");
    result = auth_fetch_password(exchange);
    if (result != POP3_OK)
        return result;
    if (!join_plain(exchange, &message) ||
        !secret_set(answer, bytes_ptr(&message), bytes_len(&message)))
        result = fail(exchange, POP3_ERR_NOMEM, "memory is short");
    bytes_clear(&message);
    exchange->answers++;
    return result;
}

static const auth_mechanism MECHANISMS[] = {
    {"PLAIN", AUTH_BY_SASL, true, answer_plain},
    {"USER", AUTH_BY_USER, false, NULL},
    {"APOP", AUTH_BY_APOP, false, NULL},
};

const auth_mechanism *
auth_find(const char *name)
{
    for (size_t i = 0; i < sizeof(MECHANISMS) / sizeof(MECHANISMS[0]); i++)
        if (text_equal_caseless(name, strlen(name), MECHANISMS[i].name))
            return &MECHANISMS[i];
    return NULL;
}

const auth_mechanism *
auth_choose(const pop3_capa *capa, bool tls)
{
    if (!tls)
        return NULL;
    if (pop3_capa_has_arg(capa, "SASL", "PLAIN"))
        return auth_find("PLAIN");
    return auth_find("USER");
}

pop3_result
auth_start(auth_exchange *exchange, const auth_mechanism *mechanism,
           const pop3_credentials *credentials)
{
    *exchange = (auth_exchange){
        .mechanism = mechanism, .credentials = credentials, .why = ""};
    if (credentials->user == NULL || *credentials->user == '\0')
        return fail(exchange, POP3_ERR_ARGUMENT, "a user name is needed");
    if (credentials->authzid != NULL && mechanism->kind != AUTH_BY_SASL)
        return fail(exchange, POP3_ERR_ARGUMENT,
                    "an authorization identity needs PLAIN");
    return POP3_OK;
}

static pop3_result
find_password(auth_exchange *exchange, pop3_span *found)
{
    const pop3_credentials *c = exchange->credentials;
    pop3_result result;

    if (c->password != NULL) {
        *found = (pop3_span){c->password, strlen(c->password)};
        return POP3_OK;
    }
    if (c->secret == NULL)
        return fail(exchange, POP3_ERR_ARGUMENT, "a password is needed");
    result = c->secret(c->ctx, found);
    if (pop3_is_fatal(result))
        result = POP3_ERR_CANCELED;
    if (result != POP3_OK)
        return fail(exchange, result, "the password could not be fetched");
    return POP3_OK;
}

pop3_result
auth_fetch_password(auth_exchange *exchange)
{
    pop3_span found;
    pop3_result result;

    if (exchange->password.data != NULL)
        return POP3_OK;
    result = find_password(exchange, &found);
    if (result != POP3_OK)
        return result;
    if (found.len > 0 && memchr(found.ptr, '\0', found.len) != NULL)
        return fail(exchange, POP3_ERR_ARGUMENT, "the password holds a NUL");
    if (!secret_set(&exchange->password, found.ptr, found.len))
        return fail(exchange, POP3_ERR_NOMEM, "memory is short");
    return POP3_OK;
}

pop3_result
auth_apop_digest(auth_exchange *exchange, pop3_span timestamp, char *hex)
{
    pop3_result result;

    if (timestamp.len == 0)
        return fail(exchange, POP3_ERR_UNSUPPORTED,
                    "the server's greeting has no usable APOP timestamp");
    result = auth_fetch_password(exchange);
    if (result != POP3_OK)
        return result;
    result = md5_hex(
        timestamp,
        (pop3_span){exchange->password.data, exchange->password.len}, hex);
    if (result != POP3_OK)
        return fail(exchange, result, "this build has no MD5 for APOP");
    return POP3_OK;
}

void
auth_clear(auth_exchange *exchange)
{
    secret_clear(&exchange->password);
}
