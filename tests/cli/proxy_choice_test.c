/* SPDX-License-Identifier: MIT */
/*
 * proxy_choice_test - which hosts NO_PROXY means, and which proxy is taken.
 */
#include <cli/proxy_choice.h>

#include <stdlib.h>

#include "harness/test.h"

static const struct {
    const char *list;
    const char *host;
    bool exempt;
} lists[] = {
    {"", "example.org", false},
    {" , ,", "example.org", false},
    {"*", "example.org", true},
    {"*", "192.0.2.1", true},
    {"*.org", "example.org", false},
    {"example.org", "example.org", true},
    {"Example.ORG", "mail.example.org", true},
    {".example.org", "mail.example.org", true},
    {".example.org", "example.org", true},
    {"example.org", "notexample.org", false},
    {"mail.example.org", "example.org", false},
    {"a.test,b.test c.test", "b.test", true},
    {"a.test,b.test c.test", "x.c.test", true},
    {"a.test,b.test", "c.test", false},
    {"localhost", "localhost", true},
    {"192.0.2.1", "192.0.2.1", true},
    {"192.0.2.1", "192.0.2.10", false},
    {"2.1", "192.0.2.1", false},
    {"10.0.0.0/8", "10.255.1.2", true},
    {"10.0.0.0/8", "11.0.0.1", false},
    {"10.32.0.0/11", "10.63.0.1", true},
    {"10.32.0.0/11", "10.64.0.1", false},
    {"0.0.0.0/0", "203.0.113.9", true},
    {"10.0.0.0/33", "10.0.0.0", false},
    {"10.0.0.0/", "10.0.0.0", false},
    {"10.0.0.0/8x", "10.0.0.0", false},
    {"0.0.0.0/0", "::1", false},
    {"::1", "::1", true},
    {"[::1]", "0:0:0:0:0:0:0:1", true},
    {"2001:db8::/32", "2001:db8:ffff::1", true},
    {"2001:db8::/32", "2001:db9::1", false},
};

static void
test_lists(void)
{
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        TEST_ROW("%s in \"%s\"", lists[i].host, lists[i].list);
        CHECK_INT(proxy_is_exempt(lists[i].list, lists[i].host),
                  lists[i].exempt);
    }
}

static const struct {
    const char *name; /* of the variable that is set; NULL: none */
    const char *value;
    const char *exempt;
    const char *given; /* --proxy */
    const char *url;   /* that is chosen */
} choices[] = {
    {NULL, NULL, NULL, NULL, NULL},
    {NULL, NULL, NULL, "socks5h://p", "socks5h://p"},
    {"ALL_PROXY", "socks5h://p", NULL, NULL, "socks5h://p"},
    {"all_proxy", "socks5h://p", NULL, NULL, "socks5h://p"},
    {"ALL_PROXY", "", NULL, NULL, NULL},
    {"ALL_PROXY", "socks5h://p", "h.test", NULL, NULL},
    {"ALL_PROXY", "socks5h://p", "i.test", NULL, "socks5h://p"},
    {"ALL_PROXY", "socks5h://p", "*", "http://q:1", "http://q:1"},
    {"ALL_PROXY", "socks5h://p", NULL, "none", NULL},
    {"ALL_PROXY", "socks5h://u@p", NULL, NULL, "socks5h://u@p"},
};

static void
forget_environment(void)
{
    static const char *const names[] = {"ALL_PROXY", "all_proxy", "NO_PROXY",
                                        "no_proxy"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)unsetenv(names[i]);
}

static void
test_choices(void)
{
    options opt = {.deadline_ms = 1};
    char why[400];
    proxy_choice c;

    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        TEST_ROW("row %zu", i);
        forget_environment();
        if (choices[i].name != NULL)
            (void)setenv(choices[i].name, choices[i].value, 1);
        if (choices[i].exempt != NULL)
            (void)setenv("no_proxy", choices[i].exempt, 1);
        opt.proxy = choices[i].given;
        CHECK(proxy_choose(&c, &opt, "h.test", why, sizeof(why)));
        CHECK_STR(c.url, choices[i].url);
        CHECK(proxy_ready(&c));
        CHECK_STR(proxy_full(&c), choices[i].url);
        proxy_forget(&c);
    }
}

static void
test_passwords(void)
{
    options opt = {.deadline_ms = 20000};
    char why[400] = "";
    proxy_choice c;

    forget_environment();
    TEST_ROW("in the environment");
    (void)setenv("ALL_PROXY", "http://u:sesame@p:1", 1);
    CHECK(!proxy_choose(&c, &opt, "h.test", why, sizeof(why)));
    CHECK(strstr(why, "ALL_PROXY: a password") != NULL);
    CHECK(strstr(why, "sesame") == NULL);
    TEST_ROW("in the options");
    opt.proxy = "http://u:@p:1";
    CHECK(!proxy_choose(&c, &opt, "h.test", why, sizeof(why)));
    CHECK(strstr(why, "--proxy-password-file") != NULL);

    TEST_ROW("from a command");
    opt.proxy = "socks5h://u%40x@p:1/";
    opt.proxy_password =
        (password_source){PASSWORD_COMMAND, "printf 'a:@\\303\\251'"};
    CHECK(proxy_choose(&c, &opt, "h.test", why, sizeof(why)));
    CHECK(proxy_ready(&c));
    CHECK_STR(proxy_full(&c), "socks5h://u%40x:%61%3A%40%C3%A9@p:1/");
    proxy_forget(&c);
    CHECK_STR(proxy_full(&c), "socks5h://u%40x@p:1/");

    TEST_ROW("without a user none is asked for");
    opt.proxy = "socks5h://p:1";
    CHECK(proxy_choose(&c, &opt, "h.test", why, sizeof(why)));
    CHECK(proxy_ready(&c));
    CHECK_STR(proxy_full(&c), "socks5h://p:1");

    TEST_ROW("a command that fails");
    opt.proxy = "socks5h://u@p:1";
    opt.proxy_password.text = "false";
    CHECK(proxy_choose(&c, &opt, "h.test", why, sizeof(why)));
    CHECK(!proxy_ready(&c));
    proxy_forget(&c);
}

int
main(void)
{
    test_lists();
    test_choices();
    test_passwords();
    return test_summary();
}
