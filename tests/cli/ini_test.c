/* SPDX-License-Identifier: MIT */
/*
 * ini_test - texts of configuration files against the events they become.
 *
 * Events are written as text: "[name]", "key=value", "!line:column: why".
 */
#include <cli/ini.h>

#include "harness/test.h"

typedef struct row {
    const char *text;
    const char *events; /* each ends with "|" */
} row;

static const row rows[] = {
    {"", ""},
    {"\n\n  \n", ""},
    {"# all\n; comments\n  # here too", ""},
    {"[a]", "[a]|"},
    {" [ account  work ] # c\n", "[account  work]|"},
    {"[a] ; c\nk=v\n", "[a]|k=v|"},
    {"k=v", "k=v|"},
    {"  key \t=\t v w  \n", "key=v w|"},
    {"k = v # c\n", "k=v|"},
    {"k = v#w\n", "k=v#w|"},
    {"k = v ; w\n", "k=v ; w|"},
    {"k = a=b\n", "k=a=b|"},
    {"k = \"v\"\n", "k=v|"},
    {"k = \" v # w \" # c\n", "k= v # w |"},
    {"k = \"a\\\"b\\\\c\"\n", "k=a\"b\\c|"},
    {"k = a \"b # c\" d\n", "k=a \"b|"},
    {"k = it's \"x\"\n", "k=it's \"x\"|"},
    {"k = a \\\n   b\nm = n\n", "k=a b|m=n|"},
    {"k = a\\\r\n\tb\r\nm = n\r\n", "k=a b|m=n|"},
    {"k = \\\n  a\n", "k=a|"},
    {"k \\\n = a\n", "k=a|"},
    {"k = \"a\\\nb\"\n", "k=a b|"},
    {"k = a\\b\n", "k=a\\b|"},
    {"k = a\\", "k=a\\|"},
    {"# c \\\nk = v\n", "k=v|"},
    {"k = v # c \\\nm = n\n", "k=v|m=n|"},
    {"\xef\xbb\xbfk = v\n", "k=v|"},
    {"k = \xc3\xa9\xe2\x82\xac\n", "k=\xc3\xa9\xe2\x82\xac|"},
    /* errors: where, why, and that the next line is read */
    {"k\nm=n\n", "!1:2: \"=\" is missing|m=n|"},
    {"k # = v\nm=n\n", "!1:3: \"=\" is missing|m=n|"},
    {"  = v\nm=n\n", "!1:3: the key|m=n|"},
    {"k =\nm=n\n", "!1:4: the value|m=n|"},
    {"k = # c\nm=n\n", "!1:5: the value|m=n|"},
    {"k = \"\"\n", "!1:5: the value|"},
    {"k = \"a\nm=n\n", "!1:5: the closing|m=n|"},
    {"k = \"a\" b\nm=n\n", "!1:5: only a comment|m=n|"},
    {"k = \"\\n\"\nm=n\n", "!1:5: in quotation|m=n|"},
    {"k = \"\\", "!1:5: in quotation|"},
    {"[a\nm=n\n", "!1:1: \"]\" is missing|m=n|"},
    {"[a] b\nm=n\n", "!1:5: only a comment|m=n|"},
    {"k = a \\\n  b\n\xc3\xa9\xc3\xa9 x\n", "k=a b|!3:5: \"=\" is missing|"},
    {"\xef\xbb\xbfk\n", "!1:2: \"=\" is missing|"},
};

static void
add(char *text, const char *before, const char *one, const char *between,
    const char *two)
{
    const char *const parts[] = {before, one, between, two, "|"};
    size_t i;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        memcpy(text + strlen(text), parts[i], strlen(parts[i]) + 1);
}

/* Why is cut to the length that the row has of it. */
static void
add_error(char *text, size_t size, const ini *s, const char *want)
{
    char place[60];
    size_t len = strlen(text);
    size_t end;

    (void)snprintf(place, sizeof(place), "!%zu:%zu: ", s->name_at.line,
                   s->name_at.column);
    end = strlen(want) > len ? strcspn(want + len, "|") : 0;
    end = end > strlen(place) ? end - strlen(place) : 0;
    (void)snprintf(text + len, size - len, "%s%.*s|", place, (int)end, s->why);
}

static ini reader;

static const char *
events_of(const char *input, size_t input_len, const char *want)
{
    static char text[6000];

    text[0] = '\0';
    ini_start(&reader, input, input_len);
    for (;;) {
        switch (ini_next(&reader)) {
        case INI_END:
            return text;
        case INI_HEADING:
            add(text, "[", reader.name, "]", "");
            break;
        case INI_ENTRY:
            add(text, "", reader.name, "=", reader.value);
            break;
        case INI_ERROR:
            add_error(text, sizeof(text), &reader, want);
            break;
        }
    }
}

static void
test_rows(void)
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        /* Memory of just that size, for the sanitizers. */
        size_t len = strlen(rows[i].text);
        char *copy = malloc(len + 1);

        TEST_ROW("row %zu", i);
        memcpy(copy, rows[i].text, len);
        copy = realloc(copy, len > 0 ? len : 1);
        CHECK_STR(events_of(copy, len, rows[i].events), rows[i].events);
        free(copy);
    }
}

static void
test_long(void)
{
    static char text[10000];
    size_t len;

    for (len = INI_VALUE_MAX - 2; len < INI_VALUE_MAX + 3; len++) {
        memset(text, 'v', sizeof(text));
        memcpy(text, "k = ", 4);
        memcpy(text + 4 + len, "\nm = n\n", 8);
        TEST_ROW("value of %zu", len);
        ini_start(&reader, text, strlen(text));
        CHECK_INT(ini_next(&reader),
                  len <= INI_VALUE_MAX ? INI_ENTRY : INI_ERROR);
        CHECK_INT(ini_next(&reader), INI_ENTRY);
        CHECK_STR(reader.name, "m");
    }
    for (len = INI_NAME_MAX - 2; len < INI_NAME_MAX + 3; len++) {
        memset(text, 'k', sizeof(text));
        memcpy(text + len, "=v\nm = n\n", 10);
        TEST_ROW("key of %zu", len);
        ini_start(&reader, text, strlen(text));
        CHECK_INT(ini_next(&reader),
                  len <= INI_NAME_MAX ? INI_ENTRY : INI_ERROR);
        CHECK_INT(ini_next(&reader), INI_ENTRY);
        CHECK_STR(reader.name, "m");
    }
}

static const struct {
    const char *text;
    size_t len;
    size_t line; /* 0: good */
    size_t column;
    const char *why;
} texts[] = {
    {"a\tb\r\n\n", 6, 0, 0, ""},
    {"\xc3\xa9\xf0\x9f\x98\x80\xef\xbb\xbf", 9, 0, 0, ""},
    {"ab\n\xc3\xa9\0x", 8, 2, 2, "NUL"},
    {"a\rb", 3, 1, 2, "carriage return"},
    {"a\r", 2, 1, 2, "carriage return"},
    {"a\n\x1b[", 4, 2, 1, "control"},
    {"\x7f", 1, 1, 1, "control"},
    {"a\xc3", 2, 1, 2, "UTF-8"},
    {"\xc0\x80", 2, 1, 1, "UTF-8"},
    {"\xed\xa0\x80", 3, 1, 1, "UTF-8"},
    {"\xf4\x90\x80\x80", 4, 1, 1, "UTF-8"},
    {"\xe0\x80\x80", 3, 1, 1, "UTF-8"},
    {"\xf0\x80\x80\x80", 4, 1, 1, "UTF-8"},
    {"\x80", 1, 1, 1, "UTF-8"},
    {"\xff\xfe", 2, 1, 1, "UTF-8"},
};

static void
test_texts(void)
{
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ini_place at;
        const char *why = "";
        bool good = ini_check_text(texts[i].text, texts[i].len, &at, &why);

        TEST_ROW("text %zu", i);
        CHECK_INT(good, texts[i].line == 0);
        if (good)
            continue;
        CHECK_INT(at.line, texts[i].line);
        CHECK_INT(at.column, texts[i].column);
        CHECK(strstr(why, texts[i].why) != NULL);
    }
}

/* What is written is read as the same. */
static void
test_write(void)
{
    static const char *const values[] = {
        "v",      " v",       "v ",  "a # b", "#a",         "a#b",
        "\"a\"",  "a\"b\" c", "a\\", "\\",    "\\\"",       "a\t#",
        "a \\ b", "\t",       "a;b", ";",     "\"",         "\\\\ \"",
        "a = b",  "\xc3\xa9", "[a]", "a  b",  "cmd: x 'y'",
    };
    size_t i;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char *text = NULL;
        size_t len = 0;
        FILE *file = open_memstream(&text, &len);

        TEST_ROW("%s", values[i]);
        ini_write(file, "key", values[i]);
        fclose(file);
        ini_start(&reader, text, len);
        CHECK_INT(ini_next(&reader), INI_ENTRY);
        CHECK_STR(reader.name, "key");
        CHECK_STR(reader.value, values[i]);
        CHECK_INT(ini_next(&reader), INI_END);
        free(text);
    }
}

int
main(void)
{
    test_rows();
    test_long();
    test_texts();
    test_write();
    return test_summary();
}
