/* SPDX-License-Identifier: MIT */
/*
 * line_test - where a line ends, for each kind of line end, as octets come
 * one by one and all at once (R20, R32).
 */
#include "core/line.h"

#include "test.h"

static const struct row {
    const char *in;
    line_end end;
    size_t limit;
    line_status status;
    const char *text;
    size_t octets;
    bool crlf;
} rows[] = {
    {"", LINE_END_EITHER, 10, LINE_MORE, "", 0, false},
    {"ab", LINE_END_EITHER, 10, LINE_MORE, "", 0, false},
    {"ab\r", LINE_END_EITHER, 10, LINE_MORE, "", 0, false},
    {"ab\r\n", LINE_END_EITHER, 10, LINE_READY, "ab", 4, true},
    {"ab\nc", LINE_END_EITHER, 10, LINE_READY, "ab", 3, false},
    {"\n", LINE_END_EITHER, 10, LINE_READY, "", 1, false},
    {"\r\n", LINE_END_EITHER, 10, LINE_READY, "", 2, true},
    {"a\rb\r\r\n", LINE_END_EITHER, 10, LINE_READY, "a\rb\r", 6, true},
    {"a\nb\r\n", LINE_END_CRLF, 10, LINE_READY, "a\nb", 5, true},
    {"\nb\r\n", LINE_END_CRLF, 10, LINE_READY, "\nb", 4, true},
    {"\n\n\r\n", LINE_END_CRLF, 10, LINE_READY, "\n\n", 4, true},
    {"a\n", LINE_END_CRLF, 10, LINE_MORE, "", 0, false},
    {"a\r\nb", LINE_END_CRLF, 10, LINE_READY, "a", 3, true},
    {"a\r\n", LINE_END_LF, 10, LINE_READY, "a\r", 3, false},
    {"a\n", LINE_END_LF, 10, LINE_READY, "a", 2, false},
    {"12345678\r\n", LINE_END_EITHER, 10, LINE_READY, "12345678", 10, true},
    {"123456789\n", LINE_END_LF, 10, LINE_READY, "123456789", 10, false},
    {"123456789\r\n", LINE_END_EITHER, 10, LINE_TOO_LONG, "", 0, false},
    {"1234567890", LINE_END_EITHER, 10, LINE_TOO_LONG, "", 0, false},
    {"123456789", LINE_END_EITHER, 10, LINE_MORE, "", 0, false},
    {"1234567890\n", LINE_END_LF, 10, LINE_TOO_LONG, "", 0, false},
    {"\n\n\n\n\n\n\n\n\n\n", LINE_END_CRLF, 10, LINE_TOO_LONG, "", 0, false},
};

static void
check(const struct row *row, line_status status, const line_result *out)
{
    CHECK_INT(status, row->status);
    if (status != LINE_READY || row->status != LINE_READY)
        return;
    CHECK_SPAN(out->text, row->text);
    CHECK_INT(out->octets, row->octets);
    if (row->end == LINE_END_EITHER)
        CHECK_INT(out->crlf, row->crlf);
}

int
main(void)
{
    size_t i;
    size_t len;

    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct row *row = &rows[i];
        line_reader whole = {0};
        line_reader slow = {0};
        line_result out = {0};
        pop3_span in = {row->in, strlen(row->in)};
        line_status status = LINE_MORE;

        TEST_ROW("row %zu", i);
        check(row, line_next(&whole, in, row->end, row->limit, &out), &out);
        for (len = 0; len <= in.len && status == LINE_MORE; len++)
            status = line_next(&slow, (pop3_span){in.ptr, len}, row->end,
                               row->limit, &out);
        check(row, status, &out);
    }
    return test_summary();
}
