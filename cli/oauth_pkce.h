/* SPDX-License-Identifier: MIT */
/*
 * oauth_pkce - proof that who asks for the token is who asked for the code.
 */
#ifndef CLI_OAUTH_PKCE_H
#define CLI_OAUTH_PKCE_H

#include <stdbool.h>

enum {
    OAUTH_RANDOM_SIZE = 44 /* 256 bits in base64url, and a NUL */
};

/* Fills `out` with what nobody can guess. False: the system gives none. */
bool oauth_random(char out[OAUTH_RANDOM_SIZE]);

/* The S256 challenge of a verifier (RFC 7636 §4.2). */
bool oauth_challenge(const char *verifier, char out[OAUTH_RANDOM_SIZE]);

#endif
