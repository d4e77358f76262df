/* SPDX-License-Identifier: MIT */
/*
 * mask_test - secrets are cut out, raw and as base64 (R16).
 */
#include "core/mask.h"

#include "alloc.h"
#include "test.h"

static pop3_span
span(const char *text)
{
    return (pop3_span){text, strlen(text)};
}

static void
check(const mask *m, const char *in, const char *want)
{
    char out[4000];
    text_builder t = text_start(out, sizeof(out));

    mask_print(m, &t, span(in));
    CHECK_STR(out, want);
}

static void
test_masked(void)
{
    mask m = {0};

    check(&m, "nothing is secret\n", "nothing is secret\\x0A");
    CHECK(mask_add(&m, span("sesame")));
    CHECK(mask_add(&m, span("sesame street")));
    CHECK(mask_add(&m, span("")));
    CHECK(mask_add(&m, (pop3_span){"\0a\0b", 4}));
    check(&m, "", "");
    check(&m, "sesame", "****");
    check(&m, "open sesame!", "open ****!");
    check(&m, "sesamesesame", "********");
    check(&m, "sesame street", "****");
    check(&m, "a sesame street b sesame c", "a **** b **** c");
    check(&m, "SESAME sesam", "SESAME sesam");
    check(&m, "c2VzYW1l", "****");
    check(&m, "AUTH AGEAYg== x", "AUTH **** x");
    check(&m, "\x01sesame\\", "\\x01****\\\\");
    mask_clear(&m);
    check(&m, "sesame", "sesame");
    mask_clear(&m);
}

/* A secret that stands across the place where a long line is cut. */
static void
test_long(void)
{
    mask m = {0};
    char in[900];
    char out[4000];
    text_builder t = text_start(out, sizeof(out));
    size_t at;

    CHECK(mask_add(&m, span("opensesame")));
    for (at = 380; at < 410; at++) {
        memset(in, 'x', sizeof(in));
        memcpy(in + at, "opensesame", 10);
        t = text_start(out, sizeof(out));
        mask_print(&m, &t, (pop3_span){in, sizeof(in)});
        CHECK(strstr(out, "ope") == NULL);
        CHECK(strstr(out, "same") == NULL);
    }
    mask_clear(&m);
}

static void
test_no_memory(void)
{
    unsigned long nth;
    mask m = {0};

    for (nth = 1; nth < 20; nth++) {
        alloc_arm(nth);
        if (mask_add(&m, span("sesame")))
            break;
        CHECK(alloc_failed());
        check(&m, "sesame c2VzYW1l", "sesame c2VzYW1l");
        CHECK_INT(alloc_live(), 0);
    }
    CHECK(nth > 3 && nth < 20);
    check(&m, "sesame c2VzYW1l", "**** ****");
    mask_clear(&m);
    CHECK_INT(alloc_live(), 0);
}

int
main(void)
{
    test_masked();
    test_long();
    test_no_memory();
    return test_summary();
}
