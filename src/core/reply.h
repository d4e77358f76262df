/* SPDX-License-Identifier: MIT */
/*
 * reply - LINES → REPLIES: the grammar of a status line (RFC 1939 §3).
 */
#ifndef CORE_REPLY_H
#define CORE_REPLY_H

#include <stdbool.h>

#include <pop3.h>

typedef enum reply_kind {
    REPLY_OK,       /* "+OK", and any other line that begins with "+" */
    REPLY_CONTINUE, /* "+" alone, or "+ ": a SASL challenge; else success */
    REPLY_ERR,      /* "-ERR", and any other line that begins with "-" */
    REPLY_INVALID   /* anything else */
} reply_kind;

/* All spans point into the line. */
typedef struct reply {
    reply_kind kind;
    pop3_span rest;      /* what follows the indicator and its spaces */
    pop3_span text;      /* the rest without a response code */
    pop3_resp_code code; /* RFC 2449 §8 */
    pop3_span code_text; /* between the brackets; empty if none */
} reply;

reply reply_parse(pop3_span line);

#endif
