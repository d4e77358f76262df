/* SPDX-License-Identifier: MIT */
/*
 * Tests of idn.c, or of idn_none.c in a build without libidn2.
 */
#include "net/idn.h"

#include <stdlib.h>
#include <string.h>

#include "harness/test.h"
#include "net/resolve.h"

/* What is ASCII stays what it is, whatever it is. */
static void
test_ascii(void)
{
    static const char *const hosts[] = {
        "",
        "mail.example.org",
        "Mail.Example.ORG.",
        "127.0.0.1",
        "::1%lo",
        "_under.example",
        "xn--bcher-kva.example",
        "-odd-",
        "no such host",
    };

    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        net_error error = {0};
        char *out = NULL;

        TEST_ROW("%s", hosts[i]);
        CHECK_INT(idn_to_ascii(hosts[i], &out, &error), POP3_OK);
        CHECK_STR(out, hosts[i]);
        free(out);
    }
    TEST_ROW("%s", "");
}

#ifdef IDN

static const struct {
    const char *host;
    const char *ascii; /* NULL: refused */
    const char *words;
} ROWS[] = {
    {"b\u00fccher.example", "xn--bcher-kva.example", NULL},
    {"B\u00dcCHER.Example.", "xn--bcher-kva.example.", NULL},
    {"u\u0308ber.example", "xn--ber-goa.example", NULL}, /* not NFC */
    {"mail.\u4f8b\u3048.\u30c6\u30b9\u30c8", "mail.xn--r8jz45g.xn--zckzah",
     NULL},
    {"mail\u3002b\u00fccher\uff0eexample", "mail.xn--bcher-kva.example",
     NULL}, /* dots */
    {"\uff2d\uff21\uff29\uff2c.example", "mail.example",
     NULL},                                           /* full width */
    {"fa\u00df.example", "xn--fa-hia.example", NULL}, /* not "fass" */
    {"\u03b2\u03cc\u03bb\u03bf\u03c2.example", "xn--nxasmm1c.example", NULL},
    {"xn--bcher-kva.b\u00fccher", "xn--bcher-kva.xn--bcher-kva", NULL},

    /* STD 3: what the mapping makes of letters that look like signs */
    {"evil.example\u2100.example", NULL, "no host name has"}, /* a/c */
    {"a\uff0fb.example", NULL, "no host name has"},           /* / */
    {"a\uff03b.example", NULL, "no host name has"},           /* # */
    {"a\uff20b.example", NULL, "no host name has"},           /* @ */
    {"a\uff05b.example", NULL, "no host name has"},           /* % */
    {"a_\u00fc.example", NULL, "no host name has"},
    {"a \u00fc.example", NULL, "no host name has"},
    {"a\n\u00fc.example", NULL, "no host name has"},
    {"a..\u00fc.example", NULL, "cannot be one"},
    {"\u00ad.example", NULL, "cannot be one"}, /* maps to nothing */
    {"\u2024\u00fc.example", NULL, "cannot be one"},
    {"-\u00fc.example", NULL, "hyphen"},
    {"\u00fc-.example", NULL, "hyphen"},
    {"\u0308a.example", NULL, "accent alone"},
    {"\u05d0a.example", NULL, "the left and from the right"},
    {"a\u200db.example", NULL, "do not go together"},
    {"\uff11\uff12\uff17.0.0.1", NULL, "address in disguise"},
    {"\u2615.example", NULL, "no host name has"},
    {"a\xc3.example", NULL, "not UTF-8"},
    {"a\xff.example", NULL, "not UTF-8"},
    {"\u00fc2345678901234567890123456789012345678901234567890123456789.x",
     NULL, "63 octets"},
};

static void
test_letters(void)
{
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        net_error error = {0};
        char *out = NULL;
        pop3_result result = idn_to_ascii(ROWS[i].host, &out, &error);

        TEST_ROW("%s", ROWS[i].host);
        if (ROWS[i].ascii != NULL) {
            CHECK_INT(result, POP3_OK);
            CHECK_STR(out == NULL ? error.text : out, ROWS[i].ascii);
            CHECK_INT(resolve_check_host(out, &error), POP3_OK);
        } else {
            CHECK_INT(result, POP3_ERR_ARGUMENT);
            CHECK(out == NULL);
            CHECK(strstr(error.text, ROWS[i].words) != NULL);
            if (strstr(error.text, ROWS[i].words) == NULL)
                fprintf(stderr, "  \"%s\" is not in: %s\n", ROWS[i].words,
                        error.text);
        }
        free(out);
    }
    TEST_ROW("%s", "");
}

/* The name that is refused is shown, without its controls. */
static void
test_words(void)
{
    net_error error = {0};
    char *out = NULL;

    CHECK_INT(idn_to_ascii("b\u00fc\x1b[31m.x", &out, &error),
              POP3_ERR_ARGUMENT);
    CHECK(strstr(error.text, "\"b\u00fc\\x1B[31m.x\"") != NULL);
}

#else

static void
test_letters(void)
{
    net_error error = {0};
    char *out = NULL;

    CHECK_INT(idn_to_ascii("b\u00fccher.example", &out, &error), POP3_OK);
    CHECK_INT(resolve_check_host(out, &error), POP3_ERR_ARGUMENT);
    CHECK(strstr(error.text, "xn--") != NULL);
    free(out);
}

static void
test_words(void)
{
}

#endif

/* ---- without the library ---- */

static bool is_missing;

void *__real_dlopen(const char *path, int flags);
void *__wrap_dlopen(const char *path, int flags);

void *
__wrap_dlopen(const char *path, int flags)
{
    return is_missing ? NULL : __real_dlopen(path, flags);
}

/* As a build without it: the name is left to resolve_check_host(). */
static void
test_missing(void)
{
    static const char name[] = "b\xc3\xbc\x63her.example";
    net_error error = {0};
    char *out = NULL;

    is_missing = true;
    CHECK_INT(idn_to_ascii(name, &out, &error), POP3_OK);
    CHECK_STR(out, name);
    free(out);
    is_missing = false;
}

int
main(void)
{
    test_ascii();
    test_missing();
    test_letters();
    test_words();
    return test_summary();
}
