/* SPDX-License-Identifier: MIT */
/*
 * lock - one process at a time works on an account.
 */
#ifndef MAIL_LOCK_H
#define MAIL_LOCK_H

#include "mail/mail_error.h"

/* Locks `account` in the lock file beside the state file `state`; *fd holds
 * the lock until it is closed. BUSY: another process has it. */
mail_result lock_account(int *fd, const char *state, const char *account,
                         mail_error *error) MAIL_MUST_CHECK;

#endif
