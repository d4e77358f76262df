/* SPDX-License-Identifier: MIT */
/*
 * fuzz_auth - challenges of a hostile server. The first octet picks the
 * mechanism; the rest are its challenges, decoded, one a line.
 *
 * Whatever it says, it does not know the password: SCRAM never takes it for
 * somebody who does, and the secret goes into no answer before its message
 * was found to be sound.
 */
#include "auth/auth.h"
#include "fuzz.h"

#include <string.h>

static const char *const NAMES[] = {
    "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS",
    "XOAUTH2",     "OAUTHBEARER",   "PLAIN",
    "LOGIN",       "CRAM-MD5",      "EXTERNAL",
    "ANONYMOUS"};

static pop3_result
give_token(void *ctx, const pop3_span *error, pop3_span *token)
{
    (void)ctx;
    (void)error;
    *token = (pop3_span){"token", 5};
    return POP3_OK;
}

/* A small nonce, so that the fuzzer can extend it. */
static void
start(auth_exchange *exchange, const auth_mechanism *m, pop3_credentials *c)
{
    const auth_scene scene = {.host = "pop.example.org",
                              .tls = true,
                              .certificate = true,
                              .binding_name = "tls-exporter",
                              .binding = {"0123456789", 10},
                              .nonce = {"n", 1}};

    *c = (pop3_credentials)POP3_CREDENTIALS_INIT;
    c->user = "user";
    if (m->needs == AUTH_NEEDS_TOKEN)
        c->token = give_token;
    else
        c->password = "pencil";
    PROPERTY(auth_start(exchange, m, c, &scene) == POP3_OK);
}

static bool
answer_one(auth_exchange *exchange, pop3_span challenge)
{
    const auth_mechanism *m = exchange->mechanism;
    secret answer = {0};
    pop3_result result = m->answer(exchange, challenge, &answer);

    PROPERTY(result != POP3_OK || answer.data != NULL);
    PROPERTY(result == POP3_OK || *exchange->why != '\0');
    if (m->binds || strncmp(m->name, "SCRAM", 5) == 0) {
        PROPERTY(!exchange->proven);
        PROPERTY(exchange->revealed || exchange->password.data == NULL);
    }
    secret_clear(&answer);
    exchange->answers++;
    return result == POP3_OK;
}

/* Up to 1,000,000 iterations are allowed, and are seconds here. */
static bool
is_slow(pop3_span challenge)
{
    size_t digits = 0;

    for (size_t i = 0; i < challenge.len; i++) {
        bool digit = challenge.ptr[i] >= '0' && challenge.ptr[i] <= '9';

        digits = digit ? digits + 1 : 0;
        if (digits > 5)
            return true;
    }
    return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data + 1;
    const char *end = (const char *)data + size;
    const auth_mechanism *m;
    auth_exchange exchange = {0};
    pop3_credentials c;
    bool good = true;

    if (size == 0)
        return 0;
    m = auth_find(NAMES[data[0] % (sizeof(NAMES) / sizeof(NAMES[0]))]);
    if (m == NULL)
        return 0; /* not built in */
    start(&exchange, m, &c);
    if (m->client_first)
        good = answer_one(&exchange, (pop3_span){NULL, 0});
    while (good && at < end && exchange.answers < 10) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        const char *stop = lf != NULL ? lf : end;
        pop3_span challenge = {at, (size_t)(stop - at)};

        good = !is_slow(challenge) && answer_one(&exchange, challenge);
        at = stop + 1;
    }
    auth_clear(&exchange);
    return 0;
}
