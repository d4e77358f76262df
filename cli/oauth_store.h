/* SPDX-License-Identifier: MIT */
/*
 * oauth_store - where the tokens of an account are kept.
 */
#ifndef CLI_OAUTH_STORE_H
#define CLI_OAUTH_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "mail/mail_error.h"

/* What is kept. NULL, and 0: it is not known. */
typedef struct oauth_tokens {
    char *token_url; /* where they are from: they go nowhere else */
    char *client_id;
    char *refresh_token;
    char *access_token;
    char *seed;          /* SHA-256, in hex, of the first refresh token, if
                          * that was given from outside */
    uint64_t issued_at;  /* of the access token; seconds since 1970 */
    uint64_t expires_at; /* the same */
} oauth_tokens;

typedef struct oauth_store {
    int dir;    /* -1: there is none yet */
    int lock;   /* -1: it is not locked */
    int fresh;  /* what is being written; -1: nothing is */
    char *path; /* of the directory */
    char name[256];
    char fresh_name[256];
} oauth_store;

/* Finds the place for an account. With `create`, it is made. To be closed in
 * any case. */
mail_result oauth_store_open(oauth_store *s, const char *account, bool create,
                             mail_error *error) MAIL_MUST_CHECK;
void oauth_store_close(oauth_store *s);

/* Waits for its turn until timeout_ms have passed: then BUSY. */
mail_result oauth_store_lock(oauth_store *s, uint64_t timeout_ms,
                             mail_error *error) MAIL_MUST_CHECK;

/* Reads what is kept; all empty if that is nothing. To be cleared in any
 * case. */
mail_result oauth_store_read(const oauth_store *s, oauth_tokens *tokens,
                             mail_error *error) MAIL_MUST_CHECK;
void oauth_tokens_clear(oauth_tokens *tokens);

/* Takes the room on the disk that a write needs, so that what a server gives
 * but once is not lost for want of it. The store is locked. */
mail_result oauth_store_reserve(oauth_store *s,
                                mail_error *error) MAIL_MUST_CHECK;

/* Puts the tokens in the place of what was kept, in the room that is reserved:
 * on the disk when this returns, all or nothing. */
mail_result oauth_store_write(oauth_store *s, const oauth_tokens *tokens,
                              mail_error *error) MAIL_MUST_CHECK;

/* Forgets what is kept. The store is locked. */
mail_result oauth_store_remove(oauth_store *s,
                               mail_error *error) MAIL_MUST_CHECK;

#endif
