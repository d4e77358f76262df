/* SPDX-License-Identifier: MIT */
/*
 * hook - a program that is run when mail has arrived.
 */
#ifndef CLI_HOOK_H
#define CLI_HOOK_H

#include "cli/account.h"
#include "cli/outcome.h"

enum {
    HOOK_WHY = 400
};

/* Runs the account's on-mail program and waits for it, if the run delivered
 * something. False: it failed, which `why` tells. The mail is safe by then,
 * and nothing else depends on it. The session only names the account. */
bool hook_run(const account *a, const session *s, const outcome *o, char *why,
              size_t size);

#endif
