/* SPDX-License-Identifier: MIT */
/*
 * daemon_lock - one daemon for one memory.
 */
#ifndef CLI_DAEMON_LOCK_H
#define CLI_DAEMON_LOCK_H

#include <sys/types.h>

#include "mail/mail_error.h"

/* Locks "<state>.daemon", and writes our process id into it; *fd holds the
 * lock. BUSY: another daemon has it. */
mail_result daemon_lock(int *fd, const char *state,
                        mail_error *error) MAIL_MUST_CHECK;

/* The process id of the daemon that runs; 0: none does. */
pid_t daemon_lock_owner(const char *state);

#endif
