/* SPDX-License-Identifier: MIT */
/*
 * Tests of percent.c: what is decoded, and what is refused.
 */
#include "base/percent.h"

#include "test.h"

static const struct {
    const char *in;
    const char *out; /* NULL: it is refused */
    percent_result result;
} rows[] = {
    {"", "", PERCENT_OK},
    {"abc", "abc", PERCENT_OK},
    {"a%40b", "a@b", PERCENT_OK},
    {"%25%2f%2F", "%//", PERCENT_OK},
    {"%c3%A9", "\xc3\xa9", PERCENT_OK},
    {"1234567", "1234567", PERCENT_OK},
    {"12345678", NULL, PERCENT_LONG},
    {"%3132345678", NULL, PERCENT_LONG},
    {"%", NULL, PERCENT_BAD},
    {"%4", NULL, PERCENT_BAD},
    {"%g0", NULL, PERCENT_BAD},
    {"%0g", NULL, PERCENT_BAD},
    {"%00", NULL, PERCENT_CONTROL},
    {"%0d", NULL, PERCENT_CONTROL},
    {"%1f", NULL, PERCENT_CONTROL},
    {"%7f", NULL, PERCENT_CONTROL},
    {"a\nb", NULL, PERCENT_CONTROL},
};

int
main(void)
{
    char out[8];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEST_ROW("%s", rows[i].in);
        CHECK_INT(
            percent_decode(rows[i].in, strlen(rows[i].in), out, sizeof(out)),
            rows[i].result);
        if (rows[i].out != NULL)
            CHECK_STR(out, rows[i].out);
    }
    return test_summary();
}
