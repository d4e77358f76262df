/* SPDX-License-Identifier: MIT */
/*
 * dot_test - stuffing and the terminator (RFC 1939 §3, R20, R22). All short
 * bodies are in exhaustive_test; here are the contract of dot_next() and what
 * stays untaken.
 */
#include "core/dot.h"

#include "test.h"

static const struct row {
    bool crlf;
    const char *in;
    const char *data;
    bool end;
    size_t left; /* octets behind the terminator, or held back */
} rows[] = {
    {true, ".\r\n", "", true, 0},
    {true, ".\r\n+OK", "", true, 3},
    {true, "a\r\n.\r\n", "a\r\n", true, 0},
    {true, "..\r\n.\r\n", ".\r\n", true, 0},
    {true, "a\n.\n\r\n.\r\nx", "a\n.\n\r\n", true, 1},
    {true, ".\r", "", false, 2},
    {true, ".", "", false, 1},
    {true, "a\r\n.", "a\r\n", false, 1},
    {true, "a\r\n.\r", "a\r\n", false, 2},
    {true, "", "", false, 0},
    {true, "no line end", "no line end", false, 0},
    {true, ".x\r\n", "x\r\n", false, 0},
    {false, ".\n", "", true, 0},
    {false, "a\n.\nb", "a\n", true, 1},
    {false, "a\n..\n.\n", "a\n.\n", true, 0},
    {false, "a\r\n.\r\n.\n", "a\r\n\r\n", true, 0},
    {false, ".", "", false, 1},
};

/* Feeds `step` octets more each time; what is untaken stays in front. */
static void
check(const struct row *row, size_t step)
{
    dot d = dot_start(scan_best(), row->crlf);
    size_t len = strlen(row->in);
    size_t begin = 0;
    size_t end = 0;
    char got[200];
    size_t got_len = 0;
    dot_status status = DOT_MORE;

    while (status != DOT_END) {
        pop3_span data = {NULL, 0};
        size_t taken = 0;

        status = dot_next(&d, (pop3_span){row->in + begin, end - begin}, &data,
                          &taken);
        begin += taken;
        if (status == DOT_DATA) {
            CHECK(data.len > 0);
            memcpy(got + got_len, data.ptr, data.len);
            got_len += data.len;
        } else if (status == DOT_MORE) {
            CHECK(end - begin <= 2);
            if (end == len)
                break;
            end = end + step < len ? end + step : len;
        }
    }
    CHECK_MEM(got, got_len, row->data, strlen(row->data));
    CHECK_INT(status == DOT_END, row->end);
    if (status == DOT_MORE || step >= len)
        CHECK_INT(len - begin, row->left);
}

int
main(void)
{
    size_t i;
    size_t step;

    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        TEST_ROW("row %zu", i);
        for (step = 1; step <= strlen(rows[i].in) + 1; step++)
            check(&rows[i], step);
    }
    return test_summary();
}
