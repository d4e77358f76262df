/* SPDX-License-Identifier: MIT */
/*
 * password - where a password, or another secret, comes from.
 */
#ifndef CLI_PASSWORD_H
#define CLI_PASSWORD_H

#include <pop3.h>

#include "base/secret.h"
#include "cli/options.h"

typedef struct password {
    const password_source *source;
    uint64_t deadline_ms; /* for a command */
    const char *what;     /* it is: "password", unless set otherwise */
    const char *refusal;  /* tells a command why it is asked once more */
    const char *flags;    /* by which to give it; NULL: the account's own */
    const char *who;      /* "user@host" */
    secret value;         /* with a NUL behind it */
    bool failed;          /* it could not be had; that was reported */
} password;

/* The source stays valid. */
void password_init(password *p, const password_source *source,
                   uint64_t deadline_ms);

/* Asks on the terminal, once, if that is where the password comes from. `who`
 * is "user@host", and stays valid. Everything else is read later, when the
 * login needs it. False: it failed. */
bool password_prepare(password *p, const char *who);

/* For pop3_credentials.secret; ctx is the password. */
pop3_result password_fetch(void *ctx, pop3_span *value);

/* The value serves no more: it is wiped, and fetched once more when it is
 * asked for. Not for one from the terminal. */
void password_renew(password *p, const char *refusal);

/* The login is over: wipes it, but for one from the terminal. Nobody is asked
 * again for another connection of the same run. */
void password_used(password *p);

/* Wipes it. */
void password_clear(password *p);

#endif
