/* SPDX-License-Identifier: MIT */
/*
 * schedule - the interval, and how it grows while something is wrong.
 *
 * Each kind of failure has a first pause, which doubles with each further
 * failure up to a last one; neither is longer, or shorter, than the interval
 * where that makes no sense: an account that is looked at once a day is tried
 * again sooner when the network was down, and one that is looked at once a
 * minute is not forgotten for half an hour longer than need be. A refused
 * login is never tried again by itself, as it locks accounts.
 *
 * All is spread at random, by a tenth to both sides, so that many clients do
 * not come together after a server was down. What the server asks for comes
 * last: never sooner than LOGIN-DELAY, and, when it removes mail after EXPIRE
 * days, at least twice in that time (RFC 2449 §6.5, §6.7).
 */
#include "cli/schedule.h"

#include "base/banned.h"

enum {
    HOUR_S = 3600,
    DAY_S = 86400,
    DOUBLINGS_MAX = 20
};

typedef struct pause {
    int64_t first_s; /* 0: the interval */
    int64_t last_s;  /* 0: the interval */
} pause;

static const pause pauses[OUTCOME_KINDS] = {
    [OUTCOME_GOOD] = {0, 0},
    [OUTCOME_PARTIAL] = {0, 0},
    [OUTCOME_INTERRUPTED] = {0, 0},
    [OUTCOME_NETWORK] = {30, HOUR_S / 2},
    [OUTCOME_BUSY] = {30, HOUR_S / 6},
    [OUTCOME_SERVER] = {0, HOUR_S},
    [OUTCOME_LOGIN_DELAY] = {0, HOUR_S},
    [OUTCOME_DISK] = {60, HOUR_S / 2},
    [OUTCOME_CONFIG] = {0, HOUR_S},
    [OUTCOME_GUARD] = {0, DAY_S / 4},
    [OUTCOME_PROTOCOL] = {0, HOUR_S},
    [OUTCOME_CRASH] = {0, HOUR_S}};

static int64_t
interval_s(const schedule *s)
{
    return s->every_s == 0 ? SCHEDULE_EVERY_S : (int64_t)s->every_s;
}

static int64_t
pause_s(const schedule *s)
{
    const pause *p = &pauses[s->kind];
    int64_t every = interval_s(s);
    int64_t first = p->first_s == 0 || p->first_s > every ? every : p->first_s;
    int64_t last = p->last_s < every ? every : p->last_s;
    uint64_t doublings = s->failures > 0 ? s->failures - 1 : 0;

    if (doublings > DOUBLINGS_MAX)
        doublings = DOUBLINGS_MAX;
    if (p->last_s == 0)
        return every;
    return first > last >> doublings ? last : first << doublings;
}

int64_t
schedule_least_ms(const schedule *s)
{
    return (int64_t)s->login_delay_s * 1000;
}

int64_t
schedule_next_ms(const schedule *s, uint32_t random)
{
    int64_t tenth;
    int64_t next;
    int64_t most = INT64_MAX;

    if (s->kind == OUTCOME_LOGIN)
        return SCHEDULE_NEVER;
    next = pause_s(s) * 1000;
    tenth = next / 10;
    next += (int64_t)(((uint64_t)tenth * 2 * random) >> 32) - tenth;
    if (s->expire_days != POP3_EXPIRE_NEVER && s->expire_days > 0)
        most = (int64_t)s->expire_days * DAY_S * 1000 / 2;
    if (next > most)
        next = most;
    return next < schedule_least_ms(s) ? schedule_least_ms(s) : next;
}
