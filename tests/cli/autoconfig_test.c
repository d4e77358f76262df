/* SPDX-License-Identifier: MIT */
/*
 * autoconfig_test - documents that are taken, and what hostile ones come to.
 */
#include <cli/autoconfig.h>

#include <stdlib.h>

#include "harness/test.h"

#define SERVER(type, host, port, socket, rest)            \
    "<incomingServer type=\"" type "\"><hostname>" host   \
    "</hostname><port>" port "</port><socketType>" socket \
    "</socketType>" rest "</incomingServer>"
#define DOCUMENT(rows)                                      \
    "<?xml version=\"1.0\"?><clientConfig version=\"1.1\">" \
    "<emailProvider id=\"x\">" rows "</emailProvider></clientConfig>"
#define GOOD SERVER("pop3", "pop.example.org", "995", "SSL", "")

static mail_address
address(void)
{
    mail_address a;
    char why[200];

    CHECK(mail_address_parse("Alice@Example.ORG", &a, why, sizeof(why)));
    return a;
}

static bool
parse(const char *text, size_t len, autoconfig *out, char *why, size_t size)
{
    const mail_address a = address();

    return autoconfig_parse(text, len, &a, out, why, size);
}

/* ---- good ones ---- */

static void
test_a_whole_one(void)
{
    static const char text[] = DOCUMENT(
        "<domain>other.example</domain><domain> example.org\n</domain>"
        "<displayName>E</displayName>" SERVER("imap", "imap.example.org",
                                              "993", "SSL", "")
            SERVER("pop3", "POP.%EMAILDOMAIN%", " 995 ", "SSL",
                   "<username>%EMAILLOCALPART%</username>"
                   "<authentication>OAuth2</authentication>"
                   "<authentication>password-cleartext</authentication>"
                   "<pop3><leaveMessagesOnServer>true</leaveMessagesOnServer>"
                   "<port>1</port></pop3>")
                SERVER("pop3", "b.example.org", "110", "STARTTLS",
                       "<authentication>OAuth2</authentication>")
                    SERVER("pop3", "c.example.org", "110", "plain", "")
                        SERVER("pop3", "d.example.org", "110", "", ""));
    autoconfig c;
    char why[200] = "";

    CHECK(parse(text, strlen(text), &c, why, sizeof(why)));
    CHECK(c.names_domain);
    CHECK(c.count == 2);
    CHECK(c.clear == 2);
    CHECK_STR(c.items[0].host, "pop.example.org");
    CHECK_STR(c.items[0].user, "Alice");
    CHECK(c.items[0].port == 995);
    CHECK(c.items[0].tls == TLS_IMPLICIT);
    CHECK(!c.items[0].oauth);
    CHECK_STR(c.items[1].host, "b.example.org");
    CHECK_STR(c.items[1].user, "Alice@example.org");
    CHECK(c.items[1].port == 110);
    CHECK(c.items[1].tls == TLS_STLS);
    CHECK(c.items[1].oauth);
}

/* A name that a terminal would not show as it is: the address instead. */
static void
test_users(void)
{
    static const char *const rows[][2] = {{"&#x9b;31m", "Alice@example.org"},
                                          {"a&#x202e;b", "Alice@example.org"},
                                          {"a\\b", "Alice@example.org"},
                                          {"a&#127;", "Alice@example.org"},
                                          {"%PASSWORD%", "Alice@example.org"},
                                          {"b\xc3\xbc", "b\xc3\xbc"}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[1000];
        char why[200];
        autoconfig c;

        (void)snprintf(text, sizeof(text),
                       DOCUMENT(SERVER("pop3", "pop.example.org", "995", "SSL",
                                       "<username>%s</username>")),
                       rows[i][0]);
        CHECK(parse(text, strlen(text), &c, why, sizeof(why)));
        CHECK(c.count == 1);
        CHECK_STR(c.items[0].user, rows[i][1]);
    }
}

/* ---- servers that are passed over ---- */

static const char *const passed_over[] = {
    DOCUMENT(SERVER("imap", "pop.example.org", "995", "SSL", "")),
    DOCUMENT(SERVER("POP3", "pop.example.org", "995", "SSL", "")),
    DOCUMENT(SERVER("pop3", "", "995", "SSL", "")),
    DOCUMENT(SERVER("pop3", "localhost", "995", "SSL", "")),
    DOCUMENT(SERVER("pop3", "127.0.0.1", "995", "SSL", "")),
    DOCUMENT(SERVER("pop3", "[::1]", "995", "SSL", "")),
    DOCUMENT(SERVER("pop3", "a.example.org&#7;", "995", "SSL", "")),
    DOCUMENT(SERVER("pop3", "a,b.example.org", "995", "SSL", "")),
    DOCUMENT(SERVER("pop3", "-a.example.org", "995", "SSL", "")),
    DOCUMENT(SERVER("pop3", "b\xc3\xbc.example.org", "995", "SSL", "")),
    DOCUMENT(SERVER("pop3", "%PASSWORD%.example.org", "995", "SSL", "")),
    DOCUMENT(SERVER("pop3", "%", "995", "SSL", "")),
    DOCUMENT(SERVER("pop3", "pop.example.org", "0", "SSL", "")),
    DOCUMENT(SERVER("pop3", "pop.example.org", "65536", "SSL", "")),
    DOCUMENT(SERVER("pop3", "pop.example.org", "99999999999", "SSL", "")),
    DOCUMENT(SERVER("pop3", "pop.example.org", "-1", "SSL", "")),
    DOCUMENT(SERVER("pop3", "pop.example.org", "", "SSL", "")),
    DOCUMENT(SERVER("pop3", "pop.example.org", "995", "plain", "")),
    DOCUMENT(SERVER("pop3", "pop.example.org", "995", "ssl", "")),
    DOCUMENT("<x>" GOOD "</x>"),
    DOCUMENT("<domain>" GOOD "</domain>"),
    DOCUMENT("<incomingServer type=\"pop3\">" GOOD "</incomingServer>"),
    "<clientConfig>" GOOD "</clientConfig>",
    "<x><emailProvider>" GOOD "</emailProvider></x>",
};

static void
test_passed_over(void)
{
    size_t i;

    for (i = 0; i < sizeof(passed_over) / sizeof(passed_over[0]); i++) {
        autoconfig c;
        char why[200] = "";
        bool read = parse(passed_over[i], strlen(passed_over[i]), &c, why,
                          sizeof(why));

        CHECK(!read || why[0] == '\0');
        CHECK(c.count == 0);
        CHECK(!c.names_domain);
        if (c.count != 0)
            fprintf(stderr, "it was: %s\n", passed_over[i]);
    }
}

/* ---- documents that are refused ---- */

static const struct {
    const char *text;
    const char *why;
} refused[] = {
    {"", "line 1"},
    {"<clientConfig>", "line 1"},
    {DOCUMENT(GOOD) "<x/>", "line 1"},
    {DOCUMENT(GOOD "&nbsp;"), "line 1"},
    {"<!DOCTYPE clientConfig>" DOCUMENT(GOOD), "line 1"},
    {"<!DOCTYPE c [<!ENTITY a 'x'><!ENTITY b '&a;&a;&a;'>]>"
     "<clientConfig>&b;</clientConfig>",
     "document type"},
    {"<!DOCTYPE c [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
     "<clientConfig>&x;</clientConfig>",
     "document type"},
    {"<!DOCTYPE c [<!ENTITY % x SYSTEM 'https://example.org/'> %x;]>"
     "<clientConfig/>",
     "document type"},
    {"<!DOCTYPE c SYSTEM 'https://example.org/x.dtd'><clientConfig/>",
     "document type"},
    {"<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>", "too deep"},
    {"\xff\xfe<\0c", "line 1"},
};

static void
test_refused(void)
{
    size_t i;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        autoconfig c;
        char why[200] = "";

        CHECK(!parse(refused[i].text, strlen(refused[i].text), &c, why,
                     sizeof(why)));
        CHECK(strstr(why, refused[i].why) != NULL);
        if (strstr(why, refused[i].why) == NULL)
            fprintf(stderr, "got \"%s\" for: %s\n", why, refused[i].text);
        CHECK(c.count == 0);
    }
}

/* A server in front of what is wrong is not kept, either. */
static void
test_nothing_of_a_broken_one(void)
{
    static const char text[] =
        "<clientConfig><emailProvider><domain>example.org</domain>" GOOD
        "</emailProvider>";
    autoconfig c;
    char why[200];

    CHECK(!parse(text, strlen(text), &c, why, sizeof(why)));
    CHECK(c.count == 0);
    CHECK(!c.names_domain);
}

static void
test_sizes(void)
{
    size_t len = AUTOCONFIG_OCTETS + 1;
    char *text = malloc(len);
    autoconfig c;
    char why[200] = "";

    if (text == NULL)
        return;
    memset(text, ' ', len);
    CHECK(!parse(text, len, &c, why, sizeof(why)));
    CHECK(strstr(why, "larger than") != NULL);
    /* One text of all that may come: a host that begins well. */
    memset(text, 'a', len);
    memcpy(text, "<clientConfig><emailProvider><domain>", 37);
    CHECK(!parse(text, len - 1, &c, why, sizeof(why)));
    CHECK(strstr(why, "too long") != NULL);
    free(text);
}

static void
test_many_servers(void)
{
    static const char text[] =
        DOCUMENT(GOOD GOOD GOOD GOOD GOOD GOOD GOOD GOOD GOOD GOOD GOOD GOOD);
    autoconfig c;
    char why[200];

    CHECK(parse(text, strlen(text), &c, why, sizeof(why)));
    CHECK(c.count == AUTOCONFIG_MAX);
}

int
main(void)
{
    test_a_whole_one();
    test_users();
    test_passed_over();
    test_refused();
    test_nothing_of_a_broken_one();
    test_sizes();
    test_many_servers();
    return test_summary();
}
