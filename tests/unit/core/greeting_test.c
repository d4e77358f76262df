/* SPDX-License-Identifier: MIT */
/*
 * greeting_test - which greetings hold a timestamp for APOP (R11). More of
 * them are transcripts, in the area apop.
 */
#include "core/greeting.h"

#include "test.h"

static const struct {
    const char *line;
    const char *timestamp;
} rows[] = {
    {"+OK <1896.697170952@dbc.mtview.ca.us>",
     "<1896.697170952@dbc.mtview.ca.us>"},
    {"<a@b>", "<a@b>"},
    {"+OK x<a@b>y", "<a@b>"},
    {"+OK <!#$%&'*+-/=?^_`{|}~@b>", "<!#$%&'*+-/=?^_`{|}~@b>"},
    {"+OK <a@[1.2.3.4]>", "<a@[1.2.3.4]>"},
    {"+OK <a@[IPv6:::1]>", "<a@[IPv6:::1]>"},
    {"+OK <a@[]>", "<a@[]>"},
    {"+OK <a@[>", ""},
    {"+OK <a@]>", ""},
    {"+OK <a@[b]c]>", ""},
    {"+OK <a@[b\\c]>", ""},
    {"+OK <a@[b c]>", ""},
    {"+OK <a@[b\x7f]>", ""},
    {"+OK <a@[b\xe4]>", ""},
    {"", ""},
    {"+OK", ""},
    {"+OK >a@b<", ""},
    {"+OK <a@b", ""},
    {"+OK <>", ""},
    {"+OK <@>", ""},
    {"+OK <a@>", ""},
    {"+OK <@b>", ""},
    {"+OK <ab>", ""},
    {"+OK <a@b@c>", ""},
    {"+OK <.a@b>", ""},
    {"+OK <a.@b>", ""},
    {"+OK <a..a@b>", ""},
    {"+OK <a@.b>", ""},
    {"+OK <a@b.>", ""},
    {"+OK <a b@c>", ""},
    {"+OK <a@b c>", ""},
    {"+OK <\"a\"@b>", ""},
    {"+OK <a,b@c>", ""},
    {"+OK <\xe4@b>", ""},
    {"+OK <<a@b>", ""},
    {"+OK <a(c)@b>", ""},
};

int
main(void)
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        pop3_span line = {rows[i].line, strlen(rows[i].line)};
        pop3_span got;

        TEST_ROW("%s", rows[i].line);
        got = greeting_timestamp(line);
        CHECK_SPAN(got, rows[i].timestamp);
    }
    TEST_ROW("NUL");
    CHECK_INT(greeting_timestamp((pop3_span){"<a\0b@c>", 7}).len, 0);
    CHECK_INT(greeting_timestamp((pop3_span){NULL, 0}).len, 0);
    return test_summary();
}
