/* SPDX-License-Identifier: MIT */
/* count - what the server saw, so that no client is believed blindly. */
#ifndef BENCH_SERVER_COUNT_H
#define BENCH_SERVER_COUNT_H

#include <stdint.h>

typedef enum verb {
    VERB_CAPA,
    VERB_STLS,
    VERB_USER,
    VERB_PASS,
    VERB_AUTH,
    VERB_STAT,
    VERB_LIST,
    VERB_UIDL,
    VERB_RETR,
    VERB_TOP,
    VERB_DELE,
    VERB_NOOP,
    VERB_RSET,
    VERB_QUIT,
    VERB_OTHER,
    VERBS
} verb;

typedef struct counts {
    uint64_t connections;
    uint64_t open, peak; /* at once; `open` is not reset */
    uint64_t logins;
    uint64_t handshakes;
    uint64_t resumed; /* of them, with a session of before */
    uint64_t turns;
    uint64_t commands;
    uint64_t verbs[VERBS];
    uint64_t refused; /* answered by -ERR */
    uint64_t octets;  /* of answers, before TLS, given to the kernel */
    uint64_t deleted; /* by a QUIT */
} counts;

extern const char *const verb_names[VERBS];

/* One line of JSON on the standard output. */
void counts_report(const counts *c);

/* All to zero, but what is open stays open. */
void counts_reset(counts *c);

#endif
