/* SPDX-License-Identifier: MIT */
/*
 * simple - PLAIN, LOGIN, EXTERNAL and ANONYMOUS: mechanisms that compute
 * nothing, and so need no library.
 *
 * LOGIN has no standard: the server asks for a name and then for a password,
 * in words that nobody agreed on, so the order alone counts.
 */
#include <string.h>

#include "auth/answers.h"

static bool
append(bytes *message, const char *text)
{
    return bytes_append(message, text, strlen(text));
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

pop3_result
answer_plain(auth_exchange *exchange, pop3_span challenge, secret *answer)
{
    bytes message = {0};
    pop3_result result;

    if (challenge.len != 0 || exchange->answers > 0)
        return answers_fail(exchange, POP3_ERR_PROTOCOL,
                            "the server sent a challenge that PLAIN does not "
                            "have");
    result = auth_fetch_secret(exchange);
    if (result != POP3_OK)
        return result;
    exchange->revealed = true;
    return answers_take(exchange, &message, join_plain(exchange, &message),
                        answer);
}

pop3_result
answer_login(auth_exchange *exchange, pop3_span challenge, secret *answer)
{
    bytes message = {0};
    pop3_result result;

    (void)challenge;
    if (exchange->answers == 0)
        return answers_take(exchange, &message,
                            append(&message, exchange->credentials->user),
                            answer);
    if (exchange->answers > 1)
        return answers_fail(exchange, POP3_ERR_PROTOCOL,
                            "the server asked for more than a name and a "
                            "password");
    result = auth_fetch_secret(exchange);
    if (result != POP3_OK)
        return result;
    exchange->revealed = true;
    return answers_take(exchange, &message,
                        append(&message, exchange->password.data), answer);
}

static pop3_result
answer_once(auth_exchange *exchange, const char *text, secret *answer)
{
    bytes message = {0};

    if (exchange->answers > 0)
        return answers_fail(exchange, POP3_ERR_PROTOCOL,
                            "the server sent a challenge that the mechanism "
                            "does not have");
    return answers_take(exchange, &message, append(&message, text), answer);
}

/* RFC 4422 appendix A: who to act as; empty: whoever the certificate says. */
pop3_result
answer_external(auth_exchange *exchange, pop3_span challenge, secret *answer)
{
    const char *authzid = exchange->credentials->authzid;

    (void)challenge;
    return answer_once(exchange, authzid == NULL ? "" : authzid, answer);
}

/* RFC 4505: a trace, such as an address; nobody checks it. */
pop3_result
answer_anonymous(auth_exchange *exchange, pop3_span challenge, secret *answer)
{
    const char *user = exchange->credentials->user;

    (void)challenge;
    return answer_once(
        exchange, user == NULL || *user == '\0' ? "anonymous" : user, answer);
}
