/* SPDX-License-Identifier: MIT */
/*
 * auth - the ways to log in: a table, a policy, and the answers. It computes,
 * and never sends.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include <pop3.h>

#include "base/secret.h"

/* By which commands a mechanism is carried. */
typedef enum auth_kind {
    AUTH_BY_SASL, /* AUTH: RFC 5034 */
    AUTH_BY_USER, /* USER and PASS */
    AUTH_BY_APOP
} auth_kind;

/* One login. Borrows the credentials; owns the copy of the password. */
typedef struct auth_exchange {
    const struct auth_mechanism *mechanism;
    const pop3_credentials *credentials;
    secret password; /* fetched when it is first needed */
    unsigned answers;
    const char *why; /* the last failure in words; static */
} auth_exchange;

typedef struct auth_mechanism {
    const char *name;
    auth_kind kind;
    bool client_first; /* SASL: its first answer may go with AUTH */
    /* SASL: answers a challenge; the first of a mechanism that is
     * client_first answers an empty one. `answer` is the caller's to clear.
     * Errors: NOMEM, ARGUMENT, PROTOCOL (the server is not what it should
     * be: give up). */
    pop3_result (*answer)(auth_exchange *exchange, pop3_span challenge,
                          secret *answer);
} auth_mechanism;

/* The mechanism that the user named; case-blind; NULL if it is unknown. */
const auth_mechanism *auth_find(const char *name);

/* The best mechanism that both sides have and that is safe without being
 * asked for by name; NULL if there is none. Inside TLS only. */
const auth_mechanism *auth_choose(const pop3_capa *capa, bool tls);

/* Begins. Errors: ARGUMENT (credentials that cannot be used). */
pop3_result auth_start(auth_exchange *exchange,
                       const auth_mechanism *mechanism,
                       const pop3_credentials *credentials) POP3_MUST_CHECK;

/* Makes sure that exchange->password is there. Errors: ARGUMENT (there is
 * none, or it holds a NUL), NOMEM, or what the caller's function returned. */
pop3_result auth_fetch_password(auth_exchange *exchange) POP3_MUST_CHECK;

/* The APOP digest of timestamp and password. Errors: those of
 * auth_fetch_password(); UNSUPPORTED. */
pop3_result auth_apop_digest(auth_exchange *exchange, pop3_span timestamp,
                             char *hex) POP3_MUST_CHECK;

/* Wipes what it holds. */
void auth_clear(auth_exchange *exchange);

#endif
