/* SPDX-License-Identifier: MIT */
/*
 * oauth - bearer tokens: OAUTHBEARER (RFC 7628) and XOAUTH2 (Google's and
 * Microsoft's forerunner of it).
 *
 * One message holds all. A server that does not like the token says why in
 * JSON, as one more challenge, and waits for an answer before its -ERR: one
 * octet 0x01 for OAUTHBEARER (RFC 7628 §3.2.3), none for XOAUTH2. What it said
 * is kept for the caller, who may have a fresher token; it is not interpreted
 * here, since it is a stranger's text.
 */
#include <string.h>

#include "auth/answers.h"

static bool
append(bytes *message, const char *text)
{
    return bytes_append(message, text, strlen(text));
}

/* The token and what ends the message. */
static bool
append_token(const auth_exchange *exchange, bytes *message)
{
    return append(message, "\1auth=Bearer ") &&
           bytes_append(message, exchange->password.data,
                        exchange->password.len) &&
           append(message, "\1\1");
}

/* RFC 5801 §4: a name in a GS2 header, "," and "=" escaped. */
static bool
append_name(bytes *message, const char *name)
{
    bool good = true;

    for (; *name != '\0' && good; name++) {
        if (*name == ',')
            good = append(message, "=2C");
        else if (*name == '=')
            good = append(message, "=3D");
        else
            good = bytes_append(message, name, 1);
    }
    return good;
}

static bool
join_oauthbearer(const auth_exchange *exchange, bytes *message)
{
    const pop3_credentials *c = exchange->credentials;

    return append(message, "n,a=") &&
           append_name(message, c->authzid == NULL ? c->user : c->authzid) &&
           append(message, ",") && append_token(exchange, message);
}

static bool
join_xoauth2(const auth_exchange *exchange, bytes *message)
{
    return append(message, "user=") &&
           append(message, exchange->credentials->user) &&
           append_token(exchange, message);
}

/* The server's error: kept, and answered as the mechanism wants it. */
static pop3_result
take_refusal(auth_exchange *exchange, pop3_span challenge, const char *reply,
             secret *answer)
{
    bytes message = {0};

    if (exchange->answers > 1)
        return answers_fail(exchange, POP3_ERR_PROTOCOL,
                            "the server goes on after it refused the token");
    return answers_take(
        exchange, &message,
        bytes_append(&exchange->refusal, challenge.ptr, challenge.len) &&
            append(&message, reply),
        answer);
}

/* Whether the token is such that no part of it can end its field: RFC 6750
 * §2.1 has letters, digits and a few signs. */
static bool
is_token(const secret *token)
{
    for (size_t i = 0; i < token->len; i++)
        if (token->data[i] < 33 || token->data[i] > 126)
            return false;
    return token->len > 0;
}

static pop3_result
fetch_token(auth_exchange *exchange)
{
    pop3_result result = auth_fetch_secret(exchange);

    if (result == POP3_OK && !is_token(&exchange->password))
        return answers_fail(exchange, POP3_ERR_ARGUMENT,
                            "the token is empty, or holds what no token has");
    return result;
}

pop3_result
answer_oauthbearer(auth_exchange *exchange, pop3_span challenge,
                   secret *answer)
{
    bytes message = {0};
    pop3_result result;

    if (exchange->answers > 0)
        return take_refusal(exchange, challenge, "\1", answer);
    result = fetch_token(exchange);
    if (result != POP3_OK)
        return result;
    exchange->revealed = true;
    return answers_take(exchange, &message,
                        join_oauthbearer(exchange, &message), answer);
}

pop3_result
answer_xoauth2(auth_exchange *exchange, pop3_span challenge, secret *answer)
{
    bytes message = {0};
    pop3_result result;

    if (exchange->answers > 0)
        return take_refusal(exchange, challenge, "", answer);
    result = fetch_token(exchange);
    if (result != POP3_OK)
        return result;
    exchange->revealed = true;
    return answers_take(exchange, &message, join_xoauth2(exchange, &message),
                        answer);
}
