/* SPDX-License-Identifier: MIT */
/*
 * filter_test - headers become values, and rules match what they should, in a
 * bounded time.
 */
#include <cli/filter.h>
#include <cli/header.h>

#include "harness/test.h"

static pop3_span
span(const char *text)
{
    return (pop3_span){text, strlen(text)};
}

static void
test_values(void)
{
    static const struct {
        const char *text;
        const char *value;
    } rows[] = {
        {"A: b\r\n", "b"},
        {"A:b", "b"},
        {"A: b \t\r\n", "b"},
        {"A:\r\n b\r\n\tc\r\nX: y\r\n", "b c"},
        {"A: b\n c\n", "b c"},
        {"A: \x01\x7f"
         "b\x1b[0m\r\n",
         "b [0m"},
        {"A: =?utf-8?q?a_b=3D?=", "a b="},
        {"A: x =?UTF-8?Q?y?= z", "x y z"},
        {"A: =?utf-8?b?w6Q=?= =?utf-8?q?=c3=b6?=", "\xc3\xa4\xc3\xb6"},
        {"A: =?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"},
        {"A: =?iso-8859-1*de?q?=e4?=", "\xc3\xa4"},
        {"A: =?us-ascii?Q?a?=b", "ab"},
        {"A: =?utf-8?q?a?= ", "a"},
        {"A: =?utf-8?q?=00=0a?=x", "x"},
        /* What is no encoded word stays. */
        {"A: =?koi8-r?q?a?=", "=?koi8-r?q?a?="},
        {"A: =?utf-8?x?a?=", "=?utf-8?x?a?="},
        {"A: =?utf-8?q?=4?=", "=?utf-8?q?=4?="},
        {"A: =?utf-8?q?=zz?=", "=?utf-8?q?=zz?="},
        {"A: =?utf-8?b?w?=", "=?utf-8?b?w?="},
        {"A: =?utf-8?q?a b?=", "=?utf-8?q?a b?="},
        {"A: =?utf-8?q?a", "=?utf-8?q?a"},
        {"A: =?utf-8?", "=?utf-8?"},
        {"A: =?", "=?"},
        {"A: = ?", "= ?"},
    };
    size_t i;
    header h;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEST_ROW("%s", rows[i].text);
        header_start(&h, span(rows[i].text));
        CHECK(header_next(&h));
        CHECK_STR(h.value, rows[i].value);
        CHECK_SPAN(h.name, "A");
    }
    TEST_ROW("%s", "");
}

static void
test_fields(void)
{
    header h;

    header_start(&h, span("From me\r\n a: folded\r\nB : x\r\n\r\n: y\r\nc:"));
    CHECK(header_next(&h));
    CHECK_SPAN(h.name, "B");
    CHECK_STR(h.value, "x");
    CHECK(header_next(&h));
    CHECK_SPAN(h.name, "");
    CHECK(header_next(&h));
    CHECK_SPAN(h.name, "c");
    CHECK_STR(h.value, "");
    CHECK(!header_next(&h));
    header_start(&h, (pop3_span){"", 0});
    CHECK(!header_next(&h));
}

static void
test_long_value(void)
{
    static char text[3 * HEADER_VALUE_MAX];
    header h;

    memset(text, 'x', sizeof(text));
    memcpy(text, "A:", 2);
    header_start(&h, (pop3_span){text, sizeof(text)});
    CHECK(header_next(&h));
    CHECK_INT(strlen(h.value), HEADER_VALUE_MAX);
    CHECK(!header_next(&h));
}

static void
test_globs(void)
{
    static const struct {
        const char *glob;
        const char *text;
        bool matches;
    } rows[] = {
        {"a", "a", true},        {"a", "A", true},
        {"A", "a", true},        {"a", "b", false},
        {"a", "", false},        {"", "", true},
        {"", "a", false},        {"*", "", true},
        {"**", "abc", true},     {"*c", "abcbc", true},
        {"a*", "abc", true},     {"a*d", "abc", false},
        {"*b*", "abc", true},    {"*ab*cd*", "xxabyycdzz", true},
        {"a?c", "abc", true},    {"a?c", "ac", false},
        {"[a-c]x", "bx", true},  {"[A-C]x", "bx", true},
        {"[!a]x", "ax", false},  {"[!a]x", "bx", true},
        {"[^a]x", "bx", true},   {"[]a]", "]", true},
        {"[a-]", "-", true},     {"[a-]", "b", false},
        {"[ad]", "[ad]", false}, {"\\[ad\\]", "[ad]", true},
        {"[a", "[a", true},      {"[", "[", true},
        {"\\*", "*", true},      {"\\*", "x", false},
        {"a\\", "a\\", true},    {"\xff*", "\xff\xfe", true},
        {"*.", "a.b.", true},    {"*.b", "a.b.", false},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEST_ROW("%s %s", rows[i].glob, rows[i].text);
        CHECK_INT(filter_glob(rows[i].glob, rows[i].text), rows[i].matches);
    }
    TEST_ROW("%s", "");
}

/* With a matcher that goes back through all stars this ends never. */
static void
test_many_stars(void)
{
    static char glob[600];
    static char text[HEADER_VALUE_MAX + 1];
    size_t i;

    for (i = 0; i + 4 < sizeof(glob); i += 2)
        memcpy(glob + i, "*a", 2);
    memcpy(glob + i, "*b", 2);
    memset(text, 'a', sizeof(text) - 1);
    CHECK(!filter_glob(glob, text));
}

static bool
wants(const char *skip, const char *only, const char *text)
{
    filter_rules skip_if = {{skip, "X-Never: x"}, skip == NULL ? 0 : 2};
    filter_rules only_if = {{"X-Never: x", only}, only == NULL ? 0 : 2};
    filter *f = filter_new(&skip_if, &only_if);
    bool wanted;

    CHECK(f != NULL);
    wanted = filter_wants(f, span(text));
    filter_free(f);
    return wanted;
}

static void
test_rules(void)
{
    const char *text = "From: Bob <b@x.example>\r\nSubject: Big\r\n sale\r\n"
                       "Received: one\r\nReceived: two\r\n";

    CHECK(wants(NULL, NULL, text));
    CHECK(!wants("subject: big sale", NULL, text));
    CHECK(wants("Subject: big", NULL, text));
    CHECK(wants("Sub: *", NULL, text));
    CHECK(wants("Subjects: *", NULL, text));
    CHECK(!wants("Received: two", NULL, text));
    CHECK(!wants("From:/<b@x[.]EX/", NULL, text));
    CHECK(wants("From: /^b@/", NULL, text));
    CHECK(wants(NULL, "Received: two", text));
    CHECK(!wants(NULL, "Received: three", text));
    CHECK(!wants("Received: one", "Received: two", text));
    CHECK(!wants(NULL, "To: *", text));
    CHECK(!wants(NULL, "To: *", ""));
    CHECK(wants("To: *", NULL, ""));
}

static void
test_errors(void)
{
    static const struct {
        const char *text;
        size_t at;
    } rows[] = {{"", 0},       {"a", 0},           {":x", 0},
                {"a b: x", 0}, {"a:", 2},          {"a: ", 3},
                {"a: /", 3},   {"a: //", 3},       {"a: /x", 3},
                {"a: /(/", 3}, {"a: /(x)\\1/", 3}, {"\xc3\xa4: x", 0}};
    char why[200];
    size_t at;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEST_ROW("%s", rows[i].text);
        why[0] = '\0';
        CHECK(!filter_check(rows[i].text, &at, why, sizeof(why)));
        CHECK_INT(at, rows[i].at);
        CHECK(why[0] != '\0');
    }
    TEST_ROW("%s", "");
    CHECK(filter_check("a: /\\\\1/", &at, why, sizeof(why)));
    CHECK(filter_check("a:*", &at, why, sizeof(why)));
}

static void
test_print(void)
{
    const filter_rules none = {.count = 0};
    const filter_rules ab = {{"a", "b"}, 2};
    const filter_rules a_b = {{"ab"}, 1};
    const filter_rules ba = {{"b", "a"}, 2};

    CHECK_INT(filter_print(&none, &none), 0);
    CHECK(filter_print(&ab, &none) > 0);
    CHECK_INT(filter_print(&ab, &none), filter_print(&ab, &none));
    CHECK(filter_print(&ab, &none) != filter_print(&none, &ab));
    CHECK(filter_print(&ab, &none) != filter_print(&a_b, &none));
    CHECK(filter_print(&ab, &none) != filter_print(&ba, &none));
}

int
main(void)
{
    test_values();
    test_fields();
    test_long_value();
    test_globs();
    test_many_stars();
    test_rules();
    test_errors();
    test_print();
    return test_summary();
}
