/* SPDX-License-Identifier: MIT */
/*
 * oauth_loopback - waits on 127.0.0.1 for the browser to come back.
 */
#ifndef CLI_OAUTH_LOOPBACK_H
#define CLI_OAUTH_LOOPBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/oauth_redirect.h"
#include "mail/mail_error.h"

typedef struct oauth_loopback {
    int fd;
    unsigned port;
} oauth_loopback;

/* Listens on a port of the system's choice. To be closed if it is MAIL_OK. */
mail_result oauth_loopback_open(oauth_loopback *l,
                                mail_error *error) MAIL_MUST_CHECK;
void oauth_loopback_close(oauth_loopback *l);

/* Waits for the one request that is believed: see oauth_redirect_read().
 * Everything else is refused. Whoever holds *out wipes it. */
mail_result oauth_loopback_wait(const oauth_loopback *l, const char *host,
                                const char *state, uint64_t timeout_ms,
                                oauth_redirect *out,
                                mail_error *error) MAIL_MUST_CHECK;

#endif
