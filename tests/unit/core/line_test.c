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

/* The same by line_peek(), whole and octet by octet. */
static void
check_peek(const struct row *row)
{
    size_t len = strlen(row->in);
    line_index whole = {0};
    line_index slow = {0};
    line_result out = {0};
    line_status status = LINE_MORE;
    size_t part;

    check(row,
          line_peek(&whole, scan_best(), (pop3_span){row->in, len}, row->end,
                    row->limit, &out),
          &out);
    for (part = 0; part <= len && status == LINE_MORE; part++)
        status = line_peek(&slow, scan_best(), (pop3_span){row->in, part},
                           row->end, row->limit, &out);
    check(row, status, &out);
}

/* More lines than an index holds, of all short lengths, seen in windows. */
static void
check_many(void)
{
    static char text[20000];
    line_index index = {0};
    line_result out;
    size_t window;
    size_t len = 0;
    size_t at;
    size_t i;

    for (i = 0; i < 1500; i++) {
        memset(text + len, 'a', i % 7);
        len += i % 7;
        memcpy(text + len, "\n\r\n", 3);
        len += i % 3 == 0 ? 1 : 3;
    }
    for (window = 1; window < 600; window += window < 200 ? 13 : 100) {
        line_index_reset(&index);
        for (at = 0; at < len; at += out.octets) {
            const char *lf = memchr(text + at, '\n', len - at);
            size_t seen = window;

            TEST_ROW("window %zu, at %zu", window, at);
            while (line_peek(&index, scan_best(),
                             (pop3_span){text + at,
                                         seen < len - at ? seen : len - at},
                             LINE_END_LF, 100, &out) == LINE_MORE)
                seen++;
            CHECK_INT(out.octets, (size_t)(lf - text) - at + 1);
            line_take(&index, &out);
        }
    }
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
        check_peek(row);
    }
    check_many();
    return test_summary();
}
