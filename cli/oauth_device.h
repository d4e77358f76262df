/* SPDX-License-Identifier: MIT */
/*
 * oauth_device - waits until the user has typed a code elsewhere.
 */
#ifndef CLI_OAUTH_DEVICE_H
#define CLI_OAUTH_DEVICE_H

#include <stdint.h>

#include "cli/oauth_reply.h"
#include "mail/mail_error.h"

/* What waiting needs of the world. */
typedef struct oauth_device_world {
    /* Asks for the token, as oauth_ask(). */
    mail_result (*ask)(void *ctx, oauth_reply *reply, mail_error *error);
    void (*pause)(void *ctx, uint64_t ms);
    uint64_t (*now_ms)(void *ctx);
    void *ctx;
} oauth_device_world;

/* Whether the answer of the device endpoint has what is needed. */
bool oauth_device_is_good(const oauth_reply *code);

/* Asks again and again, as slowly as `code` and the server want it. MAIL_OK:
 * *reply has a token, or an error that is final. To be cleared in any case. */
mail_result oauth_device_wait(const oauth_device_world *world,
                              const oauth_reply *code, oauth_reply *reply,
                              mail_error *error) MAIL_MUST_CHECK;

#endif
