/* SPDX-License-Identifier: MIT */
/*
 * password_command - runs a program for the first line of what it prints.
 */
#ifndef CLI_PASSWORD_COMMAND_H
#define CLI_PASSWORD_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct password_job {
    const char *const *argv;
    const char *what;     /* it prints: "password" */
    const char *refusal;  /* NULL, or what POP3_OAUTH_ERROR tells it */
    uint64_t deadline_ms; /* for all of it */
} password_job;

/* Runs the job and keeps the first `size` octets of what it prints; *len tells
 * how many there are. Ends it after deadline_ms. False: it could not be run,
 * did not end in time, or failed; that was reported. The caller wipes the
 * buffer in any case. */
bool password_command(const password_job *job, char *buffer, size_t size,
                      size_t *len);

#endif
