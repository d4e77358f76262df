/* SPDX-License-Identifier: MIT */
/*
 * proxy_choice - by which proxy the server is reached, if by any.
 */
#ifndef CLI_PROXY_CHOICE_H
#define CLI_PROXY_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/secret.h"
#include "cli/options.h"
#include "cli/password.h"

typedef struct proxy_choice {
    const char *url; /* as given, without a password; NULL: none */
    char who[600];   /* "user@host" of the proxy; "" without a user */
    secret full;     /* with the password, and a NUL; empty: see ready() */
    password password;
} proxy_choice;

/* The proxy of the options, or of the environment unless NO_PROXY names the
 * host. False: `why` says what is wrong with it. */
bool proxy_choose(proxy_choice *c, const options *opt, const char *host,
                  char *why, size_t why_size);

/* Gets the password, and makes c->full. False: a message was printed. */
bool proxy_ready(proxy_choice *c);

/* What pop3_options.proxy is to be, once it is ready; NULL: none. */
const char *proxy_full(const proxy_choice *c);

/* Wipes. */
void proxy_forget(proxy_choice *c);

/* The value of one of two variables that is not empty; NULL: there is none. */
const char *proxy_environment(const char *upper, const char *lower);

/* Whether a host stands in a list as NO_PROXY has it. */
bool proxy_is_exempt(const char *list, const char *host);

#endif
