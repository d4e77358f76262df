/* SPDX-License-Identifier: MIT */
/*
 * Tests of proxy_url.c: URLs that are understood, and those that are refused
 * with a reason, which never repeats a password.
 */
#include "net/proxy_url.h"

#include "harness/test.h"

static const struct {
    const char *text;
    proxy_kind kind;
    const char *user; /* NULL: none */
    const char *password;
    const char *host;
    const char *port;
} goods[] = {
    {"socks5h://proxy.example.org", PROXY_SOCKS5, NULL, "",
     "proxy.example.org", "1080"},
    {"SOCKS5://p:9050/", PROXY_SOCKS5, NULL, "", "p", "9050"},
    {"http://p:3128", PROXY_HTTP, NULL, "", "p", "3128"},
    {"http://[::1]:8080", PROXY_HTTP, NULL, "", "::1", "8080"},
    {"socks5h://[fe80::1%25eth0]", PROXY_SOCKS5, NULL, "", "fe80::1%eth0",
     "1080"},
    {"http://al@p:1", PROXY_HTTP, "al", "", "p", "1"},
    {"http://al:@p:1", PROXY_HTTP, "al", "", "p", "1"},
    {"http://al:se:sa@me@p:65535", PROXY_HTTP, "al", "se:sa@me", "p", "65535"},
    {"socks5h://a%3Ab:%40%2F%25@p", PROXY_SOCKS5, "a:b", "@/%", "p", "1080"},
};

static const struct {
    const char *text;
    const char *why;
} bads[] = {
    {"", "socks5h:// or http://"},
    {"p:3128", "socks5h:// or http://"},
    {"https://al:sesame@p:3128", "no other kind"},
    {"socks4://al:sesame@p", "no other kind"},
    {"http://al:sesame@p", "a port must follow"},
    {"http://al:sesame@", "it is empty"},
    {"http://al:sesame@p:", "1 to 65535"},
    {"http://al:sesame@p:0", "1 to 65535"},
    {"http://al:sesame@p:65536", "1 to 65535"},
    {"http://al:sesame@p:123456", "1 to 65535"},
    {"http://al:sesame@p:31x8", "1 to 65535"},
    {"http://al:sesame@p:80/x", "1 to 65535"},
    {"socks5h://al:sesame@p/x", "nothing may follow"},
    {"socks5h://al:sesame@p?x", "nothing may follow"},
    {"socks5h://al:sesame@p#x", "nothing may follow"},
    {"socks5h://:sesame@p", "a user must stand"},
    {"http://a%3Ab:sesame@p:1", "colon"},
    {"http://al:sesame%0d%0a@p:1", "control"},
    {"http://al:sesame%@p:1", "hexadecimal"},
    {"http://al:sesame@p%0a:1", "control"},
    {"http://al:sesame@p%20q:1", "space"},
    {"http://al:sesame@[::1:1", "bracket"},
    {"http://al:sesame@[::1]1", "only a port"},
    {"http://al:sesame@.p:1", "dot"},
};

int
main(void)
{
    char text[600] = "socks5h://";
    net_error error;
    proxy_url u;

    for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
        TEST_ROW("%s", goods[i].text);
        CHECK_INT(proxy_url_parse(&u, goods[i].text, &error), POP3_OK);
        CHECK_INT(u.kind, goods[i].kind);
        CHECK_INT(u.has_user, goods[i].user != NULL);
        CHECK_STR(u.user, goods[i].user == NULL ? "" : goods[i].user);
        CHECK_STR(u.password, goods[i].password);
        CHECK_STR(u.host, goods[i].host);
        CHECK_STR(u.port, goods[i].port);
    }
    for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        TEST_ROW("%s", bads[i].text);
        CHECK_INT(proxy_url_parse(&u, bads[i].text, &error),
                  POP3_ERR_ARGUMENT);
        CHECK(strstr(error.text, bads[i].why) != NULL);
        CHECK(strstr(error.text, "sesame") == NULL);
        CHECK_STR(u.password, "");
    }
    TEST_ROW("256 octets");
    memset(text + 10, 'u', 256);
    memcpy(text + 266, "@p", 3);
    CHECK_INT(proxy_url_parse(&u, text, &error), POP3_ERR_ARGUMENT);
    memcpy(text + 265, "@p", 3);
    CHECK_INT(proxy_url_parse(&u, text, &error), POP3_OK);
    CHECK_INT(strlen(u.user), 255);
    return test_summary();
}
