/* SPDX-License-Identifier: MIT */
/*
 * child - a program that is run and watched until it ends.
 */
#ifndef MAIL_CHILD_H
#define MAIL_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "mail/mail_error.h"

enum {
    CHILD_SAID_SIZE = 200
};

typedef struct child_end {
    bool lost;                  /* nobody knows how it ended */
    bool timed_out;             /* and was killed, with its process group */
    int status;                 /* as waitpid() tells it, unless it was lost */
    char said[CHILD_SAID_SIZE]; /* the end of its standard error, printable */
} child_end;

/* Runs `path` with `in` as its standard input, and with no other descriptor
 * but the standard error. Errors: BUSY (no process can be had), CONFIG (it
 * cannot be executed). */
mail_result child_run(const char *path, char *const *argv, char *const *env,
                      int in, uint64_t deadline_ms, child_end *end,
                      mail_error *error) MAIL_MUST_CHECK;

/* The program that a word names, looked for in PATH; to be freed. NULL: there
 * is none, or memory is short. */
char *child_find(const char *name);

#endif
