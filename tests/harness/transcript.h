/* SPDX-License-Identifier: MIT */
/*
 * transcript - a dialogue on paper: tests/transcripts/<area>/<case>.pop3
 *
 *   # why: one sentence [RFC1939 §3]     at least one; other # are comments
 *   O: option option=value               options of the session, see below
 *   S: text        the server sends text and CRLF
 *   S> text        the server sends exactly text
 *   S+ text        as S:, and never split from what stands before it: the
 *                  two arrive in one piece
 *   EOF            the server closes
 *   C: text        text and CRLF is pending now; it is taken as sent
 *   C> text        the same without CRLF
 *   > VERB args [= RESULT]   the caller submits; RESULT is OK if not given
 *   > RESPOND "octets" [= RESULT]   answers a challenge
 *   > RESPOND-CANCEL [= RESULT]
 *   > TLS-DONE [= RESULT]
 *   > MASK "octets"
 *   > FAIL RESULT              the transport fails
 *   > LOGIN user password [mechanism] [= RESULT]   connections only; the
 *                  password "token:A:B" is a token A, and B when A is refused;
 *                  "token:A:" has no other; "-" is no password
 *   E: event       the next event in its normal form, see event.h;
 *                  a form with fewer attributes matches too
 *   E*N: event     the same N times
 *   E: DATA *      any octets of a message, or none
 *   T: C line      the next line of the trace (with O: trace)
 *   ?: what value  what the session must say about itself, see play.h
 *
 * Arguments: APOP name digest; AUTH mechanism [="initial octets"]; TOP n m;
 * RAW "line" and RAW* "line" (multi-line); others take a number or the rest
 * of the line, in quotes where spaces or escapes matter. Escapes: octets.h.
 *
 * Options: tls clear nopipe any_state unsent (what is pending need not be
 * taken before the server speaks) trace[=2] line= capa= body= items= window=
 * answers= challenge= challenges= mask= nocapa stls (conn: POP3_TLS_STLS) utf8
 * (of pop3_credentials); md5, scram, gsasl (need a library that has them).
 * Nonces of SCRAM are those of RFC 5802.
 */
#ifndef HARNESS_TRANSCRIPT_H
#define HARNESS_TRANSCRIPT_H

#include "octets.h"

#include <pop3.h>

enum step_kind {
    STEP_SERVER,
    STEP_EOF,
    STEP_CLIENT,
    STEP_SUBMIT,
    STEP_RESPOND,
    STEP_RESPOND_CANCEL,
    STEP_TLS_DONE,
    STEP_MASK,
    STEP_FAIL,
    STEP_LOGIN,
    STEP_EVENT,
    STEP_TRACE,
    STEP_ASK
};

struct step {
    enum step_kind kind;
    int line; /* in the file, from 1 */
    bool glued;
    struct octets text; /* octets, or the normal form of what is expected */
    pop3_result result; /* that the call must give; of FAIL: that it takes */
    pop3_verb verb;
    uint64_t number;
    uint64_t lines;
    struct octets arg;     /* also the user of LOGIN */
    struct octets arg2;    /* also its password */
    struct octets initial; /* also its mechanism */
    bool has_arg;
    bool has_arg2;
    bool has_initial;
    bool multiline;
};

struct transcript {
    char name[128]; /* area/case */
    char path[512];
    struct octets why;
    struct step *steps;
    size_t count;
    size_t server_octets; /* sum of all STEP_SERVER */
    pop3_core_options options;
    struct octets mask;
    struct octets *secrets; /* see secrets.c */
    size_t secret_count;
    bool unsent;
    bool trace;
    bool no_capa;
    bool stls;
    bool utf8;
    bool md5;
    bool scram;
    bool gsasl;
};

/* Reads one file. On failure says why on stderr, with file and line. */
bool transcript_load(struct transcript *t, const char *path);
void transcript_clear(struct transcript *t);

/* The command of a STEP_SUBMIT. Its strings live in the step; `initial` must
 * live as long as the command. */
pop3_command transcript_command(const struct step *step, pop3_span *initial);

/* Names of results and verbs as transcripts write them: "OK", "REFUSED". */
const char *transcript_result(pop3_result result);
bool transcript_parse_result(const char *name, size_t len,
                             pop3_result *result);
const char *transcript_verb(pop3_verb verb);

/* All *.pop3 files below `dir`, sorted; the names are to be test_free()d. */
size_t transcript_find(const char *dir, char ***paths);

#endif
