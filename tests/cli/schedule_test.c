/* SPDX-License-Identifier: MIT */
/*
 * schedule_test - pauses by what went wrong, and what the server wants; spans
 * of time in words; addresses for metrics.
 */
#include <cli/duration.h>
#include <cli/metrics_address.h>
#include <cli/schedule.h>

#include "harness/test.h"

#define MIDDLE (UINT32_C(1) << 31) /* no jitter */

static int64_t
seconds(outcome_kind kind, uint64_t every_s, uint64_t failures)
{
    const schedule s = {.every_s = every_s,
                        .kind = kind,
                        .failures = failures,
                        .expire_days = POP3_EXPIRE_NEVER};
    int64_t ms = schedule_next_ms(&s, MIDDLE);

    return ms == SCHEDULE_NEVER ? -1 : ms / 1000;
}

static void
test_pauses(void)
{
    static const struct {
        outcome_kind kind;
        uint64_t every_s;
        int64_t pauses[5]; /* of the first failures, and of the 1000th */
    } rows[] = {{OUTCOME_GOOD, 0, {300, 300, 300, 300, 300}},
                {OUTCOME_GOOD, 60, {60, 60, 60, 60, 60}},
                {OUTCOME_PARTIAL, 60, {60, 60, 60, 60, 60}},
                {OUTCOME_INTERRUPTED, 60, {60, 60, 60, 60, 60}},
                {OUTCOME_NETWORK, 300, {30, 60, 120, 240, 1800}},
                {OUTCOME_NETWORK, 10, {10, 20, 40, 80, 1800}},
                {OUTCOME_NETWORK, 86400, {30, 60, 120, 240, 86400}},
                {OUTCOME_BUSY, 300, {30, 60, 120, 240, 600}},
                {OUTCOME_SERVER, 300, {300, 600, 1200, 2400, 3600}},
                {OUTCOME_LOGIN_DELAY, 300, {300, 600, 1200, 2400, 3600}},
                {OUTCOME_DISK, 300, {60, 120, 240, 480, 1800}},
                {OUTCOME_CONFIG, 300, {300, 600, 1200, 2400, 3600}},
                {OUTCOME_GUARD, 3600, {3600, 7200, 14400, 21600, 21600}},
                {OUTCOME_PROTOCOL, 7200, {7200, 7200, 7200, 7200, 7200}},
                {OUTCOME_CRASH, 300, {300, 600, 1200, 2400, 3600}},
                {OUTCOME_LOGIN, 300, {-1, -1, -1, -1, -1}}};
    size_t i;
    size_t j;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEST_ROW("%s, %d", outcome_name(rows[i].kind), (int)rows[i].every_s);
        for (j = 0; j < 5; j++)
            CHECK_INT(
                seconds(rows[i].kind, rows[i].every_s, j < 4 ? j + 1 : 1000),
                rows[i].pauses[j]);
    }
}

static void
test_server(void)
{
    schedule s = {.every_s = 60,
                  .kind = OUTCOME_GOOD,
                  .login_delay_s = 900,
                  .expire_days = POP3_EXPIRE_NEVER};
    uint32_t random;

    TEST_ROW("login delay");
    for (random = 0; random < UINT32_MAX - (1U << 28); random += 1U << 28)
        CHECK_INT(schedule_next_ms(&s, random), 900000);
    CHECK_INT(schedule_least_ms(&s), 900000);
    s.kind = OUTCOME_NETWORK;
    s.failures = 1;
    CHECK_INT(schedule_next_ms(&s, 0), 900000);

    TEST_ROW("expire");
    s = (schedule){.every_s = 604800, .expire_days = 2};
    CHECK_INT(schedule_next_ms(&s, MIDDLE), 86400000);
    CHECK_INT(schedule_next_ms(&s, UINT32_MAX), 86400000);
    s.every_s = 3600;
    CHECK_INT(schedule_next_ms(&s, MIDDLE), 3600000);
    s.expire_days = 0; /* it may remove at once: nothing to hurry for */
    CHECK_INT(schedule_next_ms(&s, MIDDLE), 3600000);
}

static void
test_jitter(void)
{
    const schedule s = {.every_s = 100, .expire_days = POP3_EXPIRE_NEVER};

    TEST_ROW("jitter");
    CHECK_INT(schedule_next_ms(&s, 0), 90000);
    CHECK_INT(schedule_next_ms(&s, UINT32_MAX), 109999);
    CHECK_INT(schedule_next_ms(&s, MIDDLE), 100000);
}

static void
test_words(void)
{
    static const struct {
        uint64_t seconds;
        const char *words;
    } rows[] = {{0, "0 seconds"},     {1, "1 second"},      {59, "59 seconds"},
                {60, "1 minute"},     {119, "119 seconds"}, {120, "2 minutes"},
                {3600, "1 hour"},     {3660, "61 minutes"}, {7200, "2 hours"},
                {86400, "1 day"},     {172799, "47 hours"}, {172800, "2 days"},
                {8640000, "100 days"}};
    char words[40];
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_STR(duration_words(rows[i].seconds, words, sizeof(words)),
                  rows[i].words);
}

static void
test_addresses(void)
{
    static const char *const good[] = {"unix:/run/pop3/metrics",
                                       "127.0.0.1:9995", "127.1.2.3:0",
                                       "[::1]:65535"};
    static const char *const bad[] = {"",
                                      "unix:",
                                      "unix:relative",
                                      "0.0.0.0:9995",
                                      "10.0.0.1:1",
                                      "[::]:9995",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:65536",
                                      "127.0.0.1:9x",
                                      "localhost:9995",
                                      "[::1]9995",
                                      "127.0.0.1.5:80"};
    size_t i;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        TEST_ROW("%s", good[i]);
        CHECK(metrics_address_wrong(good[i]) == NULL);
    }
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        TEST_ROW("%s", bad[i]);
        CHECK(metrics_address_wrong(bad[i]) != NULL);
    }
}

int
main(void)
{
    test_pauses();
    test_server();
    test_jitter();
    test_words();
    test_addresses();
    return test_summary();
}
