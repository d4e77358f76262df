/* SPDX-License-Identifier: MIT */
/*
 * Tests of net_error.c and clock.c: an error is cut to fit and never runs
 * over; the clock never goes back.
 */
#include "net/net_error.h"

#include "harness/test.h"
#include "net/clock.h"

static void
test_sets_both(void)
{
    net_error error = {0};

    net_error_set(&error, 111, "cannot %s: %d", "do it", 7);
    CHECK_INT(error.sys, 111);
    CHECK_STR(error.text, "cannot do it: 7");
}

static void
test_cuts(void)
{
    struct {
        net_error error;
        char behind[8];
    } guarded;
    char longer[2000];

    memset(&guarded, 'x', sizeof(guarded));
    memset(longer, 'y', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    net_error_set(&guarded.error, 1, "%s", longer);
    CHECK_INT(strlen(guarded.error.text), sizeof(guarded.error.text) - 1);
    CHECK_MEM(guarded.behind, sizeof(guarded.behind), "xxxxxxxx", 8);
}

static void
test_clock(void)
{
    int64_t before = clock_ms();
    bool went_back = false;

    for (int i = 0; i < 10000; i++) {
        int64_t now = clock_ms();

        went_back = went_back || now < before;
        before = now;
    }
    CHECK(!went_back);
    CHECK(before > 0);
}

int
main(void)
{
    test_sets_both();
    test_cuts();
    test_clock();
    return test_summary();
}
