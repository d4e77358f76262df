/* SPDX-License-Identifier: MIT */
/*
 * url_test - URLs and their parts, and URLs that are refused with a reason.
 */
#include <cli/url.h>

#include "harness/test.h"

typedef struct good {
    const char *text;
    url_scheme scheme;
    const char *user;
    const char *auth;
    const char *host;
    const char *port;
} good;

static const good goods[] = {
    {"pops://alice@mail.example.org", URL_POPS, "alice", "",
     "mail.example.org", ""},
    {"POP3S://alice@Mail.Example.ORG/", URL_POPS, "alice", "",
     "mail.example.org", ""},
    {"pop://rg@mailsrv.qualcomm.com", URL_POP, "rg", "",
     "mailsrv.qualcomm.com", ""},
    {"pop3://h", URL_POP, "", "", "h", ""},
    {"pop://rg;AUTH=+APOP@mail.eudora.com:8110", URL_POP, "rg", "APOP",
     "mail.eudora.com", "8110"},
    {"pop://baz;AUTH=SCRAM-MD5@foo.bar", URL_POP, "baz", "SCRAM-MD5",
     "foo.bar", ""},
    {"pop://a;auth=plain@h", URL_POP, "a", "PLAIN", "h", ""},
    {"pop://a;AUTH=*@h", URL_POP, "a", "", "h", ""},
    {"pops://a%40b.org@h:1", URL_POPS, "a@b.org", "", "h", "1"},
    {"pops://a@b.org@h:65535", URL_POPS, "a@b.org", "", "h", "65535"},
    {"pops://a%3Ab%3bc%25%20d@h", URL_POPS, "a:b;c% d", "", "h", ""},
    {"pops://\xc3\xa9@h", URL_POPS, "\xc3\xa9", "", "h", ""},
#ifdef IDN
    {"pops://a@B\u00fccher.example:995", URL_POPS, "a", "",
     "xn--bcher-kva.example", "995"},
    {"pops://a@b%c3%bccher.example/", URL_POPS, "a", "",
     "xn--bcher-kva.example", ""},
#endif
    {"pops://a@[::1]", URL_POPS, "a", "", "::1", ""},
    {"pops://a@[2001:DB8::1]:00995/", URL_POPS, "a", "", "2001:db8::1", "995"},
    {"pops://a@[fe80::1%25eth0]:995", URL_POPS, "a", "", "fe80::1%eth0",
     "995"},
    {"pops://a@[FE80::1%eth0]:995", URL_POPS, "a", "", "fe80::1%eth0", "995"},
    {"pops://a@[fe80::1%25Br-Lan.7]", URL_POPS, "a", "", "fe80::1%Br-Lan.7",
     ""},
    {"pops://a@[fe80::1%2]", URL_POPS, "a", "", "fe80::1%2", ""},
    {"pops://a@192.0.2.1:995", URL_POPS, "a", "", "192.0.2.1", "995"},
};

static const struct {
    const char *text;
    const char *why; /* stands in the reason */
} bads[] = {
    {"", "not a URL"},
    {"alice@host", "not a URL"},
    {"pops:/h", "not a URL"},
    {"pops:", "not a URL"},
    {"http://h", "scheme"},
    {"pops://", "missing"},
    {"pops://a@", "missing"},
    {"pops://@h", "user"},
    {"pops://a:secret@h", "password"},
    {"pops://a:@h", "password"},
    {"pops://a:b;AUTH=PLAIN@h", "password"},
    {"pops://a;b@h", ";AUTH="},
    {"pops://a;AUTH=@h", "mechanism"},
    {"pops://a;AUTH=+X@h", "mechanism"},
    {"pops://a;AUTH=P LAIN@h", "mechanism"},
    {"pops://a;AUTH=P%4@h", "hexadecimal"},
    {"pops://a%@h", "hexadecimal"},
    {"pops://a%4@h", "hexadecimal"},
    {"pops://a%zz@h", "hexadecimal"},
    {"pops://a%0d%0aDELE%201@h", "control"},
    {"pops://a%00@h", "control"},
    {"pops://a\x7f@h", "control"},
    {"pops://a\nb@h", "control"},
    {"pops://a@h:0", "port"},
    {"pops://a@h:", "port"},
    {"pops://a@h:65536", "port"},
    {"pops://a@h:99999999999999999999", "port"},
    {"pops://a@h:9a", "port"},
    {"pops://a@h:pop3", "port"},
    {"pops://a@h/INBOX", "folders"},
    {"pops://a@h//", "folders"},
    {"pops://a@h?x", "folders"},
    {"pops://a@h#x", "folders"},
    {"pops://a@h h", "character"},
#ifdef IDN
    {"pops://a@-\xc3\xa9", "hyphen"},
    {"pops://a@x\uff0fy", "no host name has"},
    {"pops://a@\uff11.2.3.4", "in disguise"},
    {"pops://a@%c3", "not UTF-8"},
#else
    {"pops://a@-\xc3\xa9", "xn--"},
#endif
    {"pops://a@[\xc3\xa9]", ""},
    {"pops://a@[::1", "bracket"},
    {"pops://a@[::1]x", "port"},
    {"pops://a@[]", "missing"},
    {"pops://a@[fe80::1%]", "interface"},
    {"pops://a@[fe80::1%25]", "interface"},
    {"pops://a@[%25eth0]", "missing"},
    {"pops://a@[fe80::1%25e%0d]", "zone"},
    {"pops://a@[fe80::1%25a/b]", "folders"},
    {"pops://a@[fe80::1%e h]", "zone"},
    {"pops://a@[g::1]/x", "folders"},
};

static void
test_good(void)
{
    size_t i;

    for (i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
        const good *want = &goods[i];
        char why[200] = "";
        url got;
        bool parsed = url_parse(want->text, &got, why, sizeof(why));

        TEST_ROW("%s", want->text);
        CHECK_INT(parsed, want->host != NULL);
        if (!parsed || want->host == NULL)
            continue;
        CHECK_INT(got.scheme, want->scheme);
        CHECK_STR(got.user, want->user);
        CHECK_STR(got.auth, want->auth);
        CHECK_STR(got.host, want->host);
        CHECK_STR(got.port, want->port);
    }
}

static void
test_bad(void)
{
    size_t i;

    for (i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        char why[300] = "";
        url got;

        TEST_ROW("%s", bads[i].text);
        CHECK(!url_parse(bads[i].text, &got, why, sizeof(why)));
        if (strstr(why, bads[i].why) == NULL)
            CHECK_STR(why, bads[i].why);
        CHECK(strstr(why, "secret") == NULL);
    }
}

/* No part may be longer than its field. */
static void
test_long(void)
{
    char text[2000];
    char why[8];
    size_t len;
    url got;

    for (len = 250; len < 260; len++) {
        size_t at = 7;

        memcpy(text, "pops://", 7);
        memset(text + at, 'u', len);
        at += len;
        memcpy(text + at, "@h", 3);
        TEST_ROW("user of %zu", len);
        CHECK_INT(url_parse(text, &got, why, sizeof(why)), len < 256);
        text[at] = '\0';
        TEST_ROW("host of %zu", len);
        CHECK_INT(url_parse(text, &got, why, sizeof(why)), len < 256);
    }
}

int
main(void)
{
    test_good();
    test_bad();
    test_long();
    return test_summary();
}
