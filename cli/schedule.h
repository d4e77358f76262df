/* SPDX-License-Identifier: MIT */
/*
 * schedule - when an account is to be fetched again.
 */
#ifndef CLI_SCHEDULE_H
#define CLI_SCHEDULE_H

#include "cli/outcome.h"

#define SCHEDULE_NEVER INT64_MAX

enum {
    SCHEDULE_EVERY_S = 300 /* where no interval was set */
};

typedef struct schedule {
    uint64_t every_s;  /* the interval; 0: the usual one */
    outcome_kind kind; /* of the last run */
    uint64_t failures; /* runs in a row that were not good */
    uint32_t login_delay_s;
    uint32_t expire_days;
} schedule;

/* Milliseconds from the end of the last run to the next one, by an even
 * random number; SCHEDULE_NEVER: a person must do something first. No I/O, no
 * clock. */
int64_t schedule_next_ms(const schedule *s, uint32_t random);

/* The least of them: what the server wants between two logins. */
int64_t schedule_least_ms(const schedule *s);

#endif
