/* SPDX-License-Identifier: MIT */
/*
 * auth - the ways to log in: a table, a policy, and the answers. It computes,
 * and never sends.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include <pop3.h>

#include "base/bytes.h"
#include "base/secret.h"

/* By which commands a mechanism is carried. */
typedef enum auth_kind {
    AUTH_BY_SASL, /* AUTH: RFC 5034 */
    AUTH_BY_USER, /* USER and PASS */
    AUTH_BY_APOP
} auth_kind;

/* What a mechanism needs from the user. */
typedef enum auth_needs {
    AUTH_NEEDS_NOTHING,
    AUTH_NEEDS_PASSWORD,
    AUTH_NEEDS_TOKEN,       /* OAuth 2: a bearer token */
    AUTH_NEEDS_CERTIFICATE, /* shown in the TLS handshake */
    AUTH_NEEDS_TICKET       /* Kerberos: in the user's credential cache */
} auth_needs;

/* What is known about the connection. Borrowed for the time of a login. */
typedef struct auth_scene {
    const pop3_capa *capa; /* NULL: unknown */
    const char *host;      /* as the user named it; Kerberos wants it */
    bool tls;
    bool certificate;         /* a client certificate is configured */
    const char *binding_name; /* of the TLS channel (RFC 5056); NULL: none */
    pop3_span binding;
    pop3_span nonce; /* for tests of SCRAM; empty: a random one */
} auth_scene;

/* One login. Borrows the credentials; owns the copy of the secret. */
typedef struct auth_exchange {
    const struct auth_mechanism *mechanism;
    const pop3_credentials *credentials;
    auth_scene scene;
    secret password; /* or token; fetched when it is first needed */
    unsigned answers;
    bool revealed;  /* an answer was made from the secret */
    bool two_steps; /* the first answer is not to go with AUTH again */
    bool renewed;   /* the caller was asked for another token */
    bool proven;    /* the server proved that it knows the secret too */
    bytes refusal;  /* OAuth 2: the server's error, as it sent it (JSON) */
    void *state;    /* of the mechanism; forget() frees it */
    void (*forget)(void *state);
    const char *why; /* the last failure in words; static */
} auth_exchange;

/* Answers a challenge; the first of a mechanism that is client_first answers
 * an empty one. `answer` is the caller's to clear. Errors: NOMEM, ARGUMENT,
 * UNSUPPORTED, PROTOCOL (the server is not what it should be: give up), or
 * what a callback of the caller's returned. */
typedef pop3_result auth_answer(auth_exchange *exchange, pop3_span challenge,
                                secret *answer);

typedef struct auth_mechanism {
    const char *name;
    auth_kind kind;
    auth_needs needs;
    bool automatic;    /* may be chosen; else only when named */
    bool tls_only;     /* never in clear, not even when named */
    bool binds;        /* SCRAM-PLUS: needs a channel binding */
    bool proves;       /* the server has to prove itself before +OK */
    bool nameless;     /* works without a user */
    bool acts_as;      /* takes an authorization identity */
    bool client_first; /* its first answer may go with AUTH */
    auth_answer *answer;
    bool (*is_here)(void); /* the library that it needs; NULL: none */
} auth_mechanism;

/* The mechanism that the user named; case-blind; NULL if it is unknown. */
const auth_mechanism *auth_find(const char *name);

/* The best mechanism that both sides have and that is safe without being
 * asked for by name, of those ranked behind `after` (NULL: of all); NULL if
 * there is none. Inside TLS only. */
const auth_mechanism *auth_choose(const auth_scene *scene,
                                  const pop3_credentials *credentials,
                                  const auth_mechanism *after);

/* Begins. Clears what a login before it left. Errors: ARGUMENT (credentials
 * that cannot be used), INSECURE, UNSUPPORTED. */
pop3_result auth_start(auth_exchange *exchange,
                       const auth_mechanism *mechanism,
                       const pop3_credentials *credentials,
                       const auth_scene *scene) POP3_MUST_CHECK;

/* The same with the mechanism that the credentials name, or else the best one
 * that is safe. */
pop3_result auth_begin(auth_exchange *exchange,
                       const pop3_credentials *credentials,
                       const auth_scene *scene) POP3_MUST_CHECK;

/* The same mechanism with the same secret from its beginning. */
void auth_restart(auth_exchange *exchange);

/* Makes sure that exchange->password holds the password, or the token. Errors:
 * ARGUMENT (there is none, or it holds a NUL), NOMEM, or what the caller's
 * function returned. */
pop3_result auth_fetch_secret(auth_exchange *exchange) POP3_MUST_CHECK;

/* Asks the caller for another token after a refusal. Errors: AUTH (there is
 * none: the refusal stands), NOMEM, or what the caller's function returned. */
pop3_result auth_renew_token(auth_exchange *exchange) POP3_MUST_CHECK;

/* How an AUTH was refused. */
typedef struct auth_refusal {
    pop3_resp_code resp;
    bool temporary;    /* pop3_error_is_temporary() */
    bool initial_sent; /* the first answer went with AUTH */
} auth_refusal;

/* Whether AUTH may be sent once more; the exchange is at the beginning of that
 * then, perhaps of another mechanism. Errors: NOMEM, or what the caller's
 * function returned. */
pop3_result auth_again(auth_exchange *exchange, const auth_refusal *refusal,
                       bool *again) POP3_MUST_CHECK;

/* The APOP digest of timestamp and password. Errors: those of
 * auth_fetch_secret(); UNSUPPORTED. */
pop3_result auth_apop_digest(auth_exchange *exchange, pop3_span timestamp,
                             char *hex) POP3_MUST_CHECK;

/* Whether the server takes UTF-8 in USER, PASS and APOP, and there is some
 * (RFC 6856 §2.1). Fetches the password. Errors: those of
 * auth_fetch_secret(). */
pop3_result auth_needs_utf8(auth_exchange *exchange,
                            bool *needed) POP3_MUST_CHECK;

/* Wipes what it holds. */
void auth_clear(auth_exchange *exchange);

#endif
