/* SPDX-License-Identifier: MIT */
/*
 * lmtp_test - targets that make sense and that do not; bodies against what
 * stands on the wire, in all splits; who has a message, also after a crash.
 */
#include <mail/lmtp_accepted.h>
#include <mail/lmtp_body.h>
#include <mail/lmtp_where.h>

#include "harness/test.h"
#include "scratch.h"

static const struct {
    const char *in;
    const char *out;
} bodies[] = {
    {"", ".\r\n"},
    {"a\r\n", "a\r\n.\r\n"},
    {"a", "a\r\n.\r\n"},
    {".\r\n..\r\na.\r\n", "..\r\n...\r\na.\r\n.\r\n"},
    {"a\n.\nb", "a\r\n..\r\nb\r\n.\r\n"},
    {"a\r.\rb\r", "a\r\n..\r\nb\r\n.\r\n"},
    {"\r\r\n", "\r\n\r\n.\r\n"},
    {"\r\n\r\n", "\r\n\r\n.\r\n"},
    {"a\r\n.\r", "a\r\n..\r\n.\r\n"},
};

static void
test_bodies(void)
{
    size_t row;
    size_t cut;

    for (row = 0; row < sizeof(bodies) / sizeof(bodies[0]); row++) {
        const char *in = bodies[row].in;
        size_t len = strlen(in);

        for (cut = 0; cut <= len; cut++) {
            lmtp_body b = {.inside = false};
            char out[128];
            size_t n = lmtp_body_put(&b, in, cut, out);

            TEST_ROW("body %zu, cut at %zu", row, cut);
            n += lmtp_body_put(&b, in + cut, len - cut, out + n);
            n += lmtp_body_end(&b, out + n);
            CHECK_MEM(out, n, bodies[row].out, strlen(bodies[row].out));
        }
    }
}

static const struct {
    const char *rest;
    bool implicit;
    const char *path; /* NULL: it is refused */
    const char *host;
    const char *port;
    lmtp_tls tls;
} targets[] = {
    {"/run/lmtp", false, "/run/lmtp", "", "24", LMTP_TLS_NONE},
    {"//mx.example:26", false, "", "mx.example", "26", LMTP_TLS_STARTTLS},
    {"//mx.example", true, "", "mx.example", "24", LMTP_TLS_IMPLICIT},
    {"//localhost", false, "", "localhost", "24", LMTP_TLS_NONE},
    {"//127.0.0.1:1", false, "", "127.0.0.1", "1", LMTP_TLS_NONE},
    {"//127.evil.example", false, "", "127.evil.example", "24",
     LMTP_TLS_STARTTLS},
    {"//[::1]:30", false, "", "::1", "30", LMTP_TLS_NONE},
    {"//[2001:db8::1]", false, "", "2001:db8::1", "24", LMTP_TLS_STARTTLS},
    {"//h?tls=none", false, "", "h", "24", LMTP_TLS_NONE},
    {"//localhost?tls=starttls", false, "", "localhost", "24",
     LMTP_TLS_STARTTLS},
    {"//h:1?ca-file=/x&tls=none", false, "", "h", "1", LMTP_TLS_NONE},
    {"/run/lmtp", true, NULL, "", "", LMTP_TLS_NONE},
    {"//h?tls=none", true, NULL, "", "", LMTP_TLS_NONE},
    {"//h?tls=maybe", false, NULL, "", "", LMTP_TLS_NONE},
    {"//h?ca-file=", false, NULL, "", "", LMTP_TLS_NONE},
    {"//", false, NULL, "", "", LMTP_TLS_NONE},
    {"//:24", false, NULL, "", "", LMTP_TLS_NONE},
    {"//h:", false, NULL, "", "", LMTP_TLS_NONE},
    {"//h:x", false, NULL, "", "", LMTP_TLS_NONE},
    {"//h/path", false, NULL, "", "", LMTP_TLS_NONE},
    {"//[::1", false, NULL, "", "", LMTP_TLS_NONE},
    {"run/lmtp", false, NULL, "", "", LMTP_TLS_NONE},
    {"", false, NULL, "", "", LMTP_TLS_NONE},
};

static void
test_targets(void)
{
    size_t i;

    for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        mail_error error;
        lmtp_where where;
        mail_result result = lmtp_where_parse(&where, targets[i].rest,
                                              targets[i].implicit, &error);

        TEST_ROW("%s", targets[i].rest);
        CHECK_INT(result, targets[i].path == NULL ? MAIL_ERR_CONFIG : MAIL_OK);
        if (targets[i].path == NULL || result != MAIL_OK)
            continue;
        CHECK_STR(where.path, targets[i].path);
        CHECK_STR(where.host, targets[i].host);
        CHECK_STR(where.port, targets[i].port);
        CHECK_INT(where.tls, targets[i].tls);
    }
}

static mail_key
key_for(unsigned number)
{
    static const unsigned char octets[MAIL_KEY_RANDOM] = "twelve octet";
    mail_key made;

    mail_key_make(&made, octets, number);
    return made;
}

static void
test_accepted(void)
{
    lmtp_accepted a = {.path = strdup(scratch_path("takers"))};
    mail_key one = key_for(1);
    mail_key two = key_for(2);
    mail_error error;
    FILE *file;

    CHECK_INT(lmtp_accepted_load(&a, &error), MAIL_OK);
    CHECK(!lmtp_accepted_has(&a, &one, "a@x"));
    CHECK_INT(lmtp_accepted_add(&a, &one, "a@x", &error), MAIL_OK);
    CHECK_INT(lmtp_accepted_add(&a, &two, "a@x", &error), MAIL_OK);
    CHECK_INT(lmtp_accepted_load(&a, &error), MAIL_OK); /* from the file */
    CHECK(lmtp_accepted_has(&a, &one, "a@x"));
    CHECK(!lmtp_accepted_has(&a, &one, "a@"));
    CHECK(!lmtp_accepted_has(&a, &one, "a@xx"));
    lmtp_accepted_drop(&a, &one);
    CHECK(!lmtp_accepted_has(&a, &one, "a@x"));
    CHECK(lmtp_accepted_has(&a, &two, "a@x"));

    /* A crash cut the last line; what follows it is whole. */
    file = fopen(scratch_path("takers"), "ab");
    CHECK(file != NULL && fputs(one.text, file) >= 0 && fclose(file) == 0);
    CHECK_INT(lmtp_accepted_load(&a, &error), MAIL_OK);
    CHECK_INT(lmtp_accepted_add(&a, &one, "b@x", &error), MAIL_OK);
    CHECK_INT(lmtp_accepted_load(&a, &error), MAIL_OK);
    CHECK(lmtp_accepted_has(&a, &one, "b@x"));
    CHECK(lmtp_accepted_has(&a, &two, "a@x"));
    lmtp_accepted_drop(&a, &one);
    lmtp_accepted_drop(&a, &two);
    CHECK_INT(access(scratch_path("takers"), F_OK), -1);
    lmtp_accepted_clear(&a);
}

int
main(void)
{
    scratch_make();
    test_bodies();
    test_targets();
    test_accepted();
    scratch_clean();
    return test_summary();
}
