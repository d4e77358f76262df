/* SPDX-License-Identifier: MIT */
/*
 * command - COMMANDS → BYTES: the verb table, and the only function that
 * writes a command line (R19).
 */
#ifndef CORE_COMMAND_H
#define CORE_COMMAND_H

#include <pop3.h>

#include "base/bytes.h"

/* What follows a +OK. */
typedef enum command_body {
    BODY_NONE,
    BODY_ROWS,
    BODY_DATA
} command_body;

/* Which fields of pop3_command a verb takes. */
typedef enum command_args {
    ARGS_NONE,
    ARGS_TEXT,     /* arg, not empty */
    ARGS_PASSWORD, /* arg, may be empty */
    ARGS_DIGEST,   /* arg and arg2, 32 hexadecimal digits */
    ARGS_AUTH,     /* arg, a mechanism; initial may be set */
    ARGS_LANG,     /* arg, one word, may be NULL */
    ARGS_NUMBER,
    ARGS_NUMBER_OR_ALL,
    ARGS_NUMBER_LINES,
    ARGS_RAW /* arg, the whole line */
} command_args;

enum {
    IN_AUTHORIZATION = 1,
    IN_TRANSACTION = 2,
    IN_BOTH = 3
};

typedef struct command_info {
    const char *name;
    command_args args;
    command_body body;    /* when it asks for all, or for a message */
    unsigned states;      /* where it is legal: IN_* (RFC 1939, 2449, 6856) */
    bool waits;           /* is sent only when nothing is in flight */
    bool holds;           /* nothing is sent behind it until it is done */
    bool credential;      /* needs TLS, or leave by name (R2) */
    bool logs_in;         /* its +OK leads to TRANSACTION */
    unsigned shown_words; /* of its line in a trace; 0: all of them */
} command_info;

enum {
    COMMAND_LINE_MAX = 255,
    COMMAND_LONG_LINE_MAX = 65536
};

/* By verb. */
extern const command_info COMMAND_INFO[];

static inline const command_info *
command_info_of(pop3_verb verb)
{
    return &COMMAND_INFO[verb];
}

/* The verb whose name is the first word of the line, or NULL. */
const command_info *command_info_of_line(pop3_span line);

/* What follows the +OK of this very command. */
command_body command_body_of(const pop3_command *command);

/* Appends the line with its CRLF, at most `max_line` octets. Errors: ARGUMENT
 * with *why in words; NOMEM. Nothing is appended then. */
pop3_result command_encode(const pop3_command *command, size_t max_line,
                           bytes *out, const char **why) POP3_MUST_CHECK;

#endif
