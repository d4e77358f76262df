/* SPDX-License-Identifier: MIT */
/*
 * text_test - what of a stranger's words reaches a terminal (R24).
 */
#include "base/text.h"

#include <pop3.h>

#include "test.h"

static const struct row {
    const char *in;
    const char *out;
} rows[] = {
    {"", ""},
    {"plain text, ASCII: ~!", "plain text, ASCII: ~!"},
    {"a\\b", "a\\\\b"},
    {"\a\b\t\x1b[31m", "\\x07\\x08\\x09\\x1B[31m"},
    {"line\r\nend", "line\\x0D\\x0Aend"},
    {"\x7f", "\\x7F"},
    /* UTF-8 passes: 2, 3 and 4 octets, and the edges of each. */
    {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
    {"\xe2\x82\xac \xf0\x9f\x93\xac", "\xe2\x82\xac \xf0\x9f\x93\xac"},
    {"\xc2\xa0", "\xc2\xa0"},
    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
    {"\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80"},
    /* C1, as UTF-8 and raw. */
    {"\xc2\x9b"
     "31m",
     "\\xC2\\x9B31m"},
    {"\xc2\x80\xc2\x9f", "\\xC2\\x80\\xC2\\x9F"},
    {"\x9b", "\\x9B"},
    /* Bidirectional controls, separators, the byte order mark. */
    {"\xe2\x80\xae", "\\xE2\\x80\\xAE"},
    {"\xe2\x81\xa6", "\\xE2\\x81\\xA6"},
    {"\xe2\x81\xa9", "\\xE2\\x81\\xA9"},
    {"\xe2\x80\x8e\xe2\x80\x8f", "\\xE2\\x80\\x8E\\xE2\\x80\\x8F"},
    {"\xd8\x9c", "\\xD8\\x9C"},
    {"\xe2\x80\xa8", "\\xE2\\x80\\xA8"},
    {"\xef\xbb\xbf", "\\xEF\\xBB\\xBF"},
    {"\xe2\x81\xa5\xe2\x81\xaa", "\xe2\x81\xa5\xe2\x81\xaa"},
    /* No UTF-8: cut, alone, too long, surrogates, too large. */
    {"\xc3", "\\xC3"},
    {"\xc3(", "\\xC3("},
    {"\xe2\x82", "\\xE2\\x82"},
    {"\xe2(\xac", "\\xE2(\\xAC"},
    {"\x80", "\\x80"},
    {"\xc0\x80", "\\xC0\\x80"},
    {"\xc1\xbf", "\\xC1\\xBF"},
    {"\xe0\x9f\xbf", "\\xE0\\x9F\\xBF"},
    {"\xf0\x8f\xbf\xbf", "\\xF0\\x8F\\xBF\\xBF"},
    {"\xed\xa0\x80", "\\xED\\xA0\\x80"},
    {"\xed\xbf\xbf", "\\xED\\xBF\\xBF"},
    {"\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"},
    {"\xf5\x80\x80\x80", "\\xF5\\x80\\x80\\x80"},
    {"\xff\xfe", "\\xFF\\xFE"},
};

static void
test_printable(void)
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        pop3_span in = {rows[i].in, strlen(rows[i].in)};
        char out[100];
        char tight[100];
        size_t size;

        TEST_ROW("row %zu", i);
        CHECK_INT(pop3_printable(in, out, sizeof(out)), strlen(rows[i].out));
        CHECK_STR(out, rows[i].out);
        /* Into every size: never past it, always ended, nothing cut in two. */
        for (size = 1; size <= strlen(rows[i].out) + 1; size++) {
            memset(tight, 'Z', sizeof(tight));
            CHECK(pop3_printable(in, tight, size) < size);
            CHECK_INT(tight[strnlen(tight, sizeof(tight))], '\0');
            CHECK_INT(tight[size], 'Z');
        }
    }
    TEST_ROW("%s", "");
    CHECK_INT(pop3_printable((pop3_span){"abc", 3}, NULL, 0), 0);
    CHECK_INT(pop3_printable((pop3_span){NULL, 0}, (char[4]){"x"}, 4), 0);
}

static void
test_nul(void)
{
    char out[20];

    CHECK_INT(pop3_printable((pop3_span){"a\0b", 3}, out, sizeof(out)), 6);
    CHECK_STR(out, "a\\x00b");
}

/* At most 400 octets of a stranger, and "..." where they were cut. */
static void
test_budget(void)
{
    char in[500];
    char out[2000];

    memset(in, 'x', sizeof(in));
    CHECK_INT(pop3_printable((pop3_span){in, 400}, out, sizeof(out)), 400);
    CHECK_INT(pop3_printable((pop3_span){in, 401}, out, sizeof(out)), 403);
    CHECK_STR(out + 400, "...");
    memset(in, '\x01', sizeof(in));
    CHECK_INT(pop3_printable((pop3_span){in, 500}, out, sizeof(out)), 1603);
    CHECK_STR(out + 1596, "\\x01...");
    /* A character that begins within the budget is shown whole. */
    memset(in, 'x', sizeof(in));
    memcpy(in + 399, "\xe2\x82\xac", 3);
    CHECK_INT(pop3_printable((pop3_span){in, 402}, out, sizeof(out)), 402);
}

static void
test_builder(void)
{
    char buf[12];
    text_builder t = text_start(buf, sizeof(buf));

    CHECK_STR(buf, "");
    text_add(&t, "n=");
    text_add_number(&t, 0);
    text_add_octets(&t, ",", 1);
    text_add_number(&t, 1234567890123);
    CHECK_STR(buf, "n=0,1234567");
    CHECK_INT(t.len, sizeof(buf) - 1);
    text_add(&t, "more");
    CHECK_STR(buf, "n=0,1234567");
}

static void
test_number(void)
{
    char buf[30];
    text_builder t = text_start(buf, sizeof(buf));

    text_add_number(&t, UINT64_MAX);
    CHECK_STR(buf, "18446744073709551615");
}

static void
test_letters(void)
{
    int c;

    for (c = 0; c < 256; c++) {
        bool small = c >= 'a' && c <= 'z';
        bool large = c >= 'A' && c <= 'Z';

        CHECK(text_is_letter((char)c) == (small || large));
        CHECK(text_lower((char)c) == (char)(large ? c + 32 : c));
    }
}

static void
test_caseless(void)
{
    CHECK(text_equal_caseless("Top", 3, "TOP"));
    CHECK(!text_equal_caseless("TOPS", 4, "TOP"));
    CHECK(!text_equal_caseless("TO", 2, "TOP"));
    CHECK(!text_equal_caseless("T\0P", 3, "TOP"));
    CHECK(!text_equal_caseless("@", 1, "`"));
    CHECK(text_equal_caseless("", 0, ""));
    CHECK(text_contains_caseless("Mailbox LOCKED now", 18, "lock"));
    CHECK(text_contains_caseless("lock", 4, "lock"));
    CHECK(!text_contains_caseless("loc", 3, "lock"));
    CHECK(!text_contains_caseless("", 0, "lock"));
    CHECK(!text_contains_caseless("l.o.c.k", 7, "lock"));
    CHECK(text_contains_caseless("xlock", 5, "lock"));
}

static void
test_kinds_of_octets(void)
{
    int c;

    for (c = 0; c < 256; c++) {
        const char octet = (char)c;
        const char *digits = "0123456789abcdefABCDEF";
        const char *at = c == 0 ? NULL : strchr(digits, c);
        int place = at == NULL ? -1 : (int)(at - digits);

        CHECK_INT(text_hex_value(octet), place < 16 ? place : place - 6);
        CHECK(text_is_ascii(&octet, 1) == (c < 128));
        CHECK(text_holds_control(&octet, 1) == (c < 32 || c == 127));
    }
    CHECK(text_is_ascii("", 0) && !text_holds_control("", 0));
    CHECK(!text_is_ascii("a\xc3\xa4", 3) && text_holds_control("a\0", 2));
}

static void
test_utf8_len(void)
{
    static const struct {
        const char *octets;
        size_t len;
    } forms[] = {
        {"a", 1},
        {"\xc2\x80", 2},
        {"\xe2\x82\xac!", 3},
        {"\xf0\x9f\x93\xa7", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\x80", 0},             /* no first octet */
        {"\xc0\x80", 0},         /* longer than needed */
        {"\xe0\x9f\xbf", 0},     /* the same */
        {"\xf0\x8f\xbf\xbf", 0}, /* the same */
        {"\xed\xa0\x80", 0},     /* a surrogate */
        {"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", 0}, /* the same */
        {"\xe2\x82", 0},         /* cut */
        {"\xe2\x28\xa1", 0},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        CHECK_INT(text_utf8_len(forms[i].octets, strlen(forms[i].octets)),
                  forms[i].len);
}

int
main(void)
{
    test_printable();
    test_nul();
    test_budget();
    test_builder();
    test_number();
    test_letters();
    test_caseless();
    test_kinds_of_octets();
    test_utf8_len();
    return test_summary();
}
