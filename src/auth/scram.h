/* SPDX-License-Identifier: MIT */
/*
 * scram - the client's side of SCRAM (RFC 5802, 7677): three messages.
 *
 *   scram_first() ─▶ server-first ─▶ scram_final() ─▶ server-final ─▶
 *   scram_verify()
 */
#ifndef AUTH_SCRAM_H
#define AUTH_SCRAM_H

#include <pop3.h>

#include "auth/digest.h"
#include "base/bytes.h"
#include "base/secret.h"

enum {
    SCRAM_NONCE_OCTETS = 18,     /* 24 characters of base64 */
    SCRAM_ITERATIONS_MIN = 4096, /* R13 */
    SCRAM_ITERATIONS_MAX = 1000000
};

/* All zero: not begun. */
typedef struct scram {
    digest_hash hash;
    bytes binding; /* the GS2 header, and behind it the channel's binding */
    bytes bare;    /* client-first-message-bare */
    size_t nonce;  /* where our nonce begins in it */
    unsigned char server_signature[DIGEST_MAX];
    const char *why; /* the last failure in words; static */
} scram;

/* What the first message says. Names are prepared already. */
typedef struct scram_setup {
    digest_hash hash;
    pop3_span user;
    pop3_span authzid;        /* empty: none */
    const char *binding_name; /* a -PLUS mechanism; NULL: not one */
    pop3_span binding;
    bool could_bind; /* "y": we would bind, the server does not offer it */
    pop3_span nonce; /* empty: a random one */
} scram_setup;

/* Errors: NOMEM, UNSUPPORTED (no random octets). */
pop3_result scram_first(scram *s, const scram_setup *setup,
                        bytes *message) POP3_MUST_CHECK;

/* Judges the server's first message before any password is needed. Errors:
 * PROTOCOL. */
pop3_result scram_check(scram *s, pop3_span challenge) POP3_MUST_CHECK;

/* The same, and answers. `password` is prepared already. Errors: PROTOCOL,
 * ARGUMENT, NOMEM, UNSUPPORTED (no such hash on this machine). */
pop3_result scram_final(scram *s, pop3_span challenge, pop3_span password,
                        bytes *message) POP3_MUST_CHECK;

/* Errors: PROTOCOL: the server does not know the password. */
pop3_result scram_verify(scram *s, pop3_span challenge) POP3_MUST_CHECK;

/* Wipes and frees. */
void scram_clear(scram *s);

#endif
