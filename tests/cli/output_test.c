/* SPDX-License-Identifier: MIT */
/*
 * output_test - JSON, lines for a terminal, command lines that are split, and
 * words that are near.
 */
#include <cli/json.h>
#include <cli/near.h>
#include <cli/report.h>
#include <base/split.h>
#include <cli/terminal.h>

#include <stdlib.h>

#include "harness/test.h"

static char *text;
static size_t text_len;

static FILE *
open_text(void)
{
    FILE *out = open_memstream(&text, &text_len);

    if (out == NULL)
        exit(1);
    return out;
}

static void
check_text(FILE *out, const char *want)
{
    fclose(out);
    CHECK_STR(text, want);
    free(text);
}

static void
check_string(const char *in, size_t len, const char *want)
{
    FILE *out = open_text();
    json j = json_start(out);

    json_string(&j, NULL, (pop3_span){in, len});
    check_text(out, want);
}

static void
test_json_strings(void)
{
    check_string("", 0, "\"\"");
    check_string("a\"b\\c/", 6, "\"a\\\"b\\\\c/\"");
    check_string("\0\n\x1b\x7f", 4, "\"\\u0000\\u000a\\u001b\\u007f\"");
    check_string("\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\x89", 9,
                 "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\x89\"");
    check_string("\xc2\x9b", 2, "\"\\u009b\"");
    check_string("a\xff"
                 "b\xc3",
                 4, "\"a\\ufffdb\\ufffd\"");
    check_string("\xc0\xaf", 2, "\"\\ufffd\\ufffd\"");
    check_string("\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"");
    check_string("\xe0\x80\xaf", 3, "\"\\ufffd\\ufffd\\ufffd\"");
    check_string("\xf4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
}

static void
test_json_shape(void)
{
    FILE *out = open_text();
    json j = json_start(out);

    json_open(&j, NULL, '{');
    json_number(&j, "n", UINT64_MAX);
    json_open(&j, "empty", '[');
    json_close(&j, ']');
    json_open(&j, "a", '[');
    json_bool(&j, NULL, true);
    json_text(&j, NULL, "x");
    json_close(&j, ']');
    json_uid(&j, (pop3_span){"\xff\x01", 2});
    json_close(&j, '}');
    check_text(out, "{\n  \"n\": 18446744073709551615,\n  \"empty\": [],\n"
                    "  \"a\": [\n    true,\n    \"x\"\n  ],\n"
                    "  \"uid\": null,\n  \"uid_hex\": \"ff01\"\n}\n");
}

static void
check_line(const char *in, size_t len, const char *want)
{
    FILE *out = open_text();

    terminal_line(out, (pop3_span){in, len}, true);
    check_text(out, want);
}

static void
test_terminal(void)
{
    char in[1200];
    char want[1300];

    check_line("", 0, "\n");
    check_line("a\tb\\c", 5, "a\tb\\c\n");
    check_line("\x1b[2J\x07\0", 6, "\\x1B[2J\\x07\\x00\n");
    check_line("\xc3\xa9\xff\xc2\x9b", 5, "\xc3\xa9\\xFF\\xC2\\x9B\n");
    /* A sequence of three octets lies across the border of two pieces. */
    memset(in, 'x', 388);
    memcpy(in + 388, "\xe2\x82\xac\xe2\x82\xac tail", 11);
    memcpy(want, in, 399);
    memcpy(want + 399, "\n", 2);
    check_line(in, 399, want);
    memset(in, 'y', 1200);
    memcpy(want, in, 1200);
    memcpy(want + 1200, "\n", 2);
    check_line(in, 1200, want);
}

static void
check_split(const char *in, const char *want)
{
    const char *why = NULL;
    char **words = split_words(in, &why);
    char joined[200] = "";
    size_t i;

    TEST_ROW("%s", in);
    for (i = 0; words != NULL && words[i] != NULL; i++)
        (void)snprintf(joined + strlen(joined),
                       sizeof(joined) - strlen(joined), "<%s>", words[i]);
    CHECK_STR(words == NULL ? NULL : joined, want);
    CHECK_INT(words == NULL, why != NULL);
    split_free(words);
    TEST_ROW("%s", "");
}

static void
test_split(void)
{
    check_split("pass show mail", "<pass><show><mail>");
    check_split("  a\t b  ", "<a><b>");
    check_split("a 'b c' \"d e\" f'g'h", "<a><b c><d e><fgh>");
    check_split("a\\ b \"c\\\"d\" 'e\\f' ''", "<a b><c\"d><e\\f><>");
    check_split("$HOME `x` | ; *", "<$HOME><`x`><|><;><*>");
    check_split("a\\", "<a\\>");
    check_split("", NULL);
    check_split("   ", NULL);
    check_split("a 'b", NULL);
    check_split("a \"b", NULL);
}

static const char *
nearest(const char *typed)
{
    static const char *const words[] = {"check", "list",   "show", "save",
                                        "fetch", "delete", "help"};
    near n = near_start(typed);
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        near_offer(&n, words[i]);
    return n.best;
}

static void
test_near(void)
{
    CHECK_STR(nearest("fetsh"), "fetch");
    CHECK_STR(nearest("ftech"), "fetch");
    CHECK_STR(nearest("fe"), "fetch");
    CHECK_STR(nearest("cheek"), "check");
    CHECK_STR(nearest("dlete"), "delete");
    CHECK_STR(nearest("ls"), NULL);
    CHECK_STR(nearest("frobnicate"), NULL);
    CHECK_STR(nearest(""), NULL);
    CHECK_STR(nearest("an-argument-that-is-much-longer-than-any-command-of"),
              NULL);
}

static void
test_human(void)
{
    CHECK_STR(human_octets(0), "0 bytes");
    CHECK_STR(human_octets(999), "999 bytes");
    CHECK_STR(human_octets(1000), "1.0 kB");
    CHECK_STR(human_octets(999949), "999.9 kB");
    CHECK_STR(human_octets(999950), "1.0 MB");
    CHECK_STR(human_octets(53200000), "53.2 MB");
    CHECK_STR(human_octets(UINT64_MAX), "18446.7 PB");
}

int
main(void)
{
    test_json_strings();
    test_json_shape();
    test_terminal();
    test_split();
    test_near();
    test_human();
    return test_summary();
}
