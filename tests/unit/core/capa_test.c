/* SPDX-License-Identifier: MIT */
/*
 * capa_test - capabilities and what can be asked of them (RFC 2449 §5, §6).
 */
#include "core/capa.h"

#include "alloc.h"
#include "test.h"

static void
add(pop3_capa *capa, const char *row)
{
    CHECK(capa_add(capa, (pop3_span){row, strlen(row)}));
}

static void
test_unknown(void)
{
    pop3_span span;
    uint32_t number;
    bool user;

    CHECK_INT(pop3_capa_count(NULL), 0);
    CHECK(!pop3_capa_at(NULL, 0, &span, &span));
    CHECK(!pop3_capa_has(NULL, "TOP"));
    CHECK(!pop3_capa_has_arg(NULL, "SASL", "PLAIN"));
    CHECK(!pop3_capa_args(NULL, "SASL", &span));
    CHECK(!pop3_capa_expire(NULL, &number, &user));
    CHECK(!pop3_capa_login_delay(NULL, &number, &user));
    CHECK(!pop3_capa_implementation(NULL, &span));
}

static void
test_all(void)
{
    static const char *const rows[] = {"TOP", "sasl PLAIN LOGIN", "X-A b  c",
                                       "SASL EXTERNAL", "TOP again"};
    static const char *const tags[] = {"TOP", "sasl", "X-A", "SASL", "TOP"};
    pop3_capa capa = {0};
    pop3_span tag;
    pop3_span args;
    size_t i;

    for (i = 0; i < 5; i++)
        add(&capa, rows[i]);
    CHECK_INT(pop3_capa_count(&capa), 5);
    for (i = 0; i < 5; i++) {
        CHECK(pop3_capa_at(&capa, i, &tag, &args));
        CHECK_SPAN(tag, tags[i]);
    }
    CHECK(!pop3_capa_at(&capa, 5, &tag, &args));
    CHECK_SPAN(tag, "TOP");
    CHECK_SPAN(args, "again");
    CHECK(pop3_capa_args(&capa, "Sasl", &args));
    CHECK_SPAN(args, "PLAIN LOGIN");
    CHECK(pop3_capa_args(&capa, "top", &args));
    CHECK_SPAN(args, "");
    CHECK(pop3_capa_has_arg(&capa, "SASL", "login"));
    CHECK(pop3_capa_has_arg(&capa, "SASL", "external"));
    CHECK(pop3_capa_has_arg(&capa, "x-a", "c"));
    CHECK(!pop3_capa_has_arg(&capa, "SASL", "LOG"));
    CHECK(!pop3_capa_has_arg(&capa, "SASL", "PLAIN LOGIN"));
    CHECK(!pop3_capa_has_arg(&capa, "TOP", ""));
    CHECK(!pop3_capa_has_arg(&capa, "UIDL", "x"));
    CHECK(!pop3_capa_has(&capa, "X"));
    capa_clear(&capa);
    CHECK_INT(pop3_capa_count(&capa), 0);
    CHECK(!pop3_capa_has(&capa, "TOP"));
}

/* Rows with odd spaces, and rows that hold nothing else. */
static void
test_spaces(void)
{
    pop3_capa capa = {0};
    pop3_span args;

    add(&capa, "");
    add(&capa, "   ");
    add(&capa, "\t");
    CHECK_INT(pop3_capa_count(&capa), 0);
    add(&capa, "  SASL \t PLAIN ");
    CHECK(pop3_capa_args(&capa, "SASL", &args));
    CHECK_SPAN(args, "PLAIN");
    capa_clear(&capa);
}

static const struct {
    const char *row;
    bool good;
    uint32_t value;
    bool user;
} expires[] = {
    {"EXPIRE NEVER", true, POP3_EXPIRE_NEVER, false},
    {"expire never user", true, POP3_EXPIRE_NEVER, true},
    {"EXPIRE 0", true, 0, false},
    {"EXPIRE 60 USER", true, 60, true},
    {"EXPIRE 60 user", true, 60, true},
    {"EXPIRE 60 other", true, 60, false},
    {"EXPIRE 4294967294", true, 4294967294U, false},
    {"EXPIRE 4294967295", false, 0, false},
    {"EXPIRE 99999999999999999999", false, 0, false},
    {"EXPIRE", false, 0, false},
    {"EXPIRE x", false, 0, false},
    {"EXPIRE -1", false, 0, false},
    {"EXPIRED 1", false, 0, false},
};

static void
test_policies(void)
{
    size_t i;

    for (i = 0; i < sizeof(expires) / sizeof(*expires); i++) {
        pop3_capa capa = {0};
        uint32_t days = 4711;
        bool user = false;

        TEST_ROW("%s", expires[i].row);
        add(&capa, expires[i].row);
        CHECK_INT(pop3_capa_expire(&capa, &days, &user), expires[i].good);
        if (expires[i].good) {
            CHECK_INT(days, expires[i].value);
            CHECK_INT(user, expires[i].user);
        } else {
            CHECK_INT(days, 4711);
        }
        CHECK(!pop3_capa_login_delay(&capa, &days, &user));
        add(&capa, "LOGIN-DELAY 900 USER");
        CHECK(pop3_capa_login_delay(&capa, &days, &user));
        CHECK_INT(days, 900);
        CHECK(user);
        capa_clear(&capa);
    }
    TEST_ROW("%s", "");
}

static void
test_login_delay(void)
{
    static const char *const bad[] = {"LOGIN-DELAY", "LOGIN-DELAY NEVER",
                                      "LOGIN-DELAY 1s"};
    size_t i;

    for (i = 0; i < 3; i++) {
        pop3_capa capa = {0};
        uint32_t seconds = 4711;
        bool user;

        add(&capa, bad[i]);
        CHECK(!pop3_capa_login_delay(&capa, &seconds, &user));
        CHECK_INT(seconds, 4711);
        capa_clear(&capa);
    }
}

static void
test_no_memory(void)
{
    pop3_capa capa = {0};
    char long_row[600];

    alloc_arm(1);
    CHECK(!capa_add(&capa, (pop3_span){"TOP", 3}));
    CHECK_INT(pop3_capa_count(&capa), 0);
    add(&capa, "TOP");
    memset(long_row, 'x', sizeof(long_row));
    alloc_arm(1);
    CHECK(!capa_add(&capa, (pop3_span){long_row, sizeof(long_row)}));
    CHECK_INT(pop3_capa_count(&capa), 1);
    CHECK(pop3_capa_has(&capa, "TOP"));
    CHECK(capa_add(&capa, (pop3_span){long_row, sizeof(long_row)}));
    CHECK_INT(pop3_capa_count(&capa), 2);
    capa_clear(&capa);
}

int
main(void)
{
    test_unknown();
    test_all();
    test_spaces();
    test_policies();
    test_login_delay();
    test_no_memory();
    return test_summary();
}
