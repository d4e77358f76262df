/* SPDX-License-Identifier: MIT */
/*
 * srv_test - the order of SRV records, with a dice that is told what to show;
 * and mail addresses and domains.
 */
#include <cli/mail_address.h>
#include <cli/srv.h>

#include "harness/test.h"

/* ---- order ---- */

static uint32_t last_below;

static uint32_t
lowest(void *ctx, uint32_t below)
{
    (void)ctx;
    last_below = below;
    return 0;
}

static uint32_t
highest(void *ctx, uint32_t below)
{
    (void)ctx;
    return below - 1;
}

static uint32_t
counting(void *ctx, uint32_t below)
{
    uint32_t *at = ctx;

    return (*at)++ % below;
}

static const dns_srv records[] = {
    {20, 0, 1, "c"},
    {10, 0, 2, "a"},
    {10, 5, 3, "b"},
    {65535, 65535, 4, "d"},
};

static void
order(uint32_t (*draw)(void *, uint32_t), void *ctx, char *out)
{
    dns_srv srv[4];
    size_t i;

    memcpy(srv, records, sizeof(srv));
    srv_order(srv, 4, draw, ctx);
    for (i = 0; i < 4; i++)
        out[i] = srv[i].target[0];
    out[4] = '\0';
}

static void
test_order(void)
{
    char got[5];

    order(lowest, NULL, got);
    CHECK_STR(got, "abcd");
    CHECK_INT(last_below, 65535U * 256 + 1);
    order(highest, NULL, got);
    CHECK_STR(got, "bacd");
    srv_order(NULL, 0, lowest, NULL);
}

/* A weight of 5 to one of 0: as 1281 to 1. */
static void
test_weights(void)
{
    uint32_t at;
    unsigned first = 0;

    for (at = 0; at < 1282; at++) {
        uint32_t drawn = at;
        char got[5];

        order(counting, &drawn, got);
        first += got[0] == 'a' ? 1 : 0;
        CHECK_INT(got[2], 'c');
    }
    CHECK_INT(first, 1);
}

static void
test_refusal(void)
{
    dns_srv none[2] = {{0, 0, 0, ""}, {0, 0, 0, ""}};
    dns_srv mixed[2] = {{0, 0, 0, ""}, {0, 0, 995, "pop.example.org"}};

    CHECK_INT(srv_is_refusal(none, 1), true);
    CHECK_INT(srv_is_refusal(none, 2), true);
    CHECK_INT(srv_is_refusal(mixed, 2), false);
    CHECK_INT(srv_is_refusal(NULL, 0), false);
}

/* ---- names ---- */

static void
test_domains(void)
{
    static const struct {
        const char *name;
        bool good;
    } rows[] = {
        {"example.org", true},
        {"a.b", true},
        {"xn--bcher-kva.example", true},
        {"_x.example.org", true},
        {"1.example.org", true},
        {"", false},
        {"org", false},
        {"example.org.", false},
        {".example.org", false},
        {"a..b", false},
        {"-a.b", false},
        {"a-.b", false},
        {"A.b", false},
        {"a b.c", false},
        {"1.2.3.4", false},
        {"a.1", false},
        {"a.b\n", false},
        {"a/b.c", false},
        {"a:b.c", false},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEST_ROW("%s", rows[i].name);
        CHECK_INT(domain_is_name(rows[i].name), rows[i].good);
    }
}

static void
test_below(void)
{
    CHECK_INT(domain_has("example.org", "example.org"), true);
    CHECK_INT(domain_has("example.org", "pop.example.org"), true);
    CHECK_INT(domain_has("example.org", "popexample.org"), false);
    CHECK_INT(domain_has("example.org", "example.org.evil.test"), false);
    CHECK_INT(domain_has("example.org", "org"), false);
    CHECK_INT(domain_has("pop.example.org", "example.org"), false);
}

static void
test_addresses(void)
{
    static const char *const bad[] = {
        "",          "a",       "@b.c",      "a@",
        "a@b",       "a b@c.d", "a@b.c ",    "<a@b.c>",
        "\"a\"@b.c", "a,b@c.d", "a@b..c",    "a@[1::2]",
        "a@1.2.3.4", "a@b.c\n", "a\x7f@b.c", "a@\xc3\xbc..c",
    };
    mail_address a;
    char why[200];
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        TEST_ROW("%s", bad[i]);
        why[0] = '\0';
        CHECK_INT(mail_address_parse(bad[i], &a, why, sizeof(why)), false);
        CHECK_INT(why[0] != '\0', true);
    }
    CHECK_INT(mail_address_parse("Al.ice+x@Example.ORG", &a, why, sizeof(why)),
              true);
    CHECK_STR(a.local, "Al.ice+x");
    CHECK_STR(a.domain, "example.org");
    CHECK_STR(a.text, "Al.ice+x@example.org");
    CHECK_INT(mail_address_parse("a@b@c.d", &a, why, sizeof(why)), true);
    CHECK_STR(a.local, "a@b");
}

static void
test_long_addresses(void)
{
    char text[600];
    mail_address a;
    char why[200];
    size_t len;

    for (len = 1; len < 300; len++) {
        memset(text, 'l', len);
        memcpy(text + len, "@b.c", 5);
        TEST_ROW("%zu before the @", len);
        CHECK_INT(mail_address_parse(text, &a, why, sizeof(why)), len < 65);
    }
    for (len = 1; len < 300; len++) {
        size_t i;

        memcpy(text, "a@", 2);
        for (i = 0; i < len; i++)
            text[2 + i] = i % 50 == 49 ? '.' : 'd';
        memcpy(text + 2 + len, "x.c", 4);
        TEST_ROW("%zu behind it", len + 3);
        CHECK_INT(mail_address_parse(text, &a, why, sizeof(why)),
                  len + 3 < 254);
    }
}

int
main(void)
{
    test_order();
    test_weights();
    test_refusal();
    test_domains();
    test_below();
    test_addresses();
    test_long_addresses();
    return test_summary();
}
