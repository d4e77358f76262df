/* SPDX-License-Identifier: MIT */
#include "cli/oauth.h"

#include <stdio.h>
#include <string.h>

#include "cli/oauth_client.h"
#include "cli/oauth_device.h"
#include "cli/oauth_pkce.h"
#include "cli/oauth_redirect.h"
#include "cli/oauth_reply.h"

#include "harness/test.h"

/* RFC 7636, appendix B. */
static void
test_challenge(void)
{
    char out[OAUTH_RANDOM_SIZE];

    CHECK(oauth_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", out));
    CHECK_STR(out, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

static void
test_random(void)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                   "qrstuvwxyz0123456789-_";
    char one[OAUTH_RANDOM_SIZE];
    char other[OAUTH_RANDOM_SIZE];

    CHECK(oauth_random(one) && oauth_random(other));
    CHECK(strlen(one) == 43 && strspn(one, alphabet) == 43);
    CHECK(strcmp(one, other) != 0);
}

static void
test_form(void)
{
    bytes form = {0};

    CHECK(oauth_add(&form, "a", "1 2&=+/\xc3\xa4~._-"));
    CHECK(oauth_add(&form, "none", NULL));
    CHECK(oauth_add(&form, "b", ""));
    CHECK(bytes_append(&form, "", 1));
    CHECK_STR(bytes_ptr(&form), "a=1%202%26%3D%2B%2F%C3%A4~._-&b=");
    bytes_clear(&form);
}

/* ---- the redirect ---- */

static int
read_redirect(oauth_redirect *out, const char *head)
{
    return oauth_redirect_read(out, head, strlen(head), "127.0.0.1:8080",
                               "the-state");
}

static void
test_redirect(void)
{
    static oauth_redirect out;

    CHECK(read_redirect(&out, "GET /?state=the-state&code=a%2Fb+c HTTP/1.1\r\n"
                              "User-Agent: x\r\nhost:  127.0.0.1:8080\r\n"
                              "\r\n") == 200);
    CHECK_STR(out.code, "a/b c");
    CHECK_STR(out.error, "");
    CHECK(read_redirect(&out,
                        "GET /?error=access_denied&state=the-state&x=1&y "
                        "HTTP/1.0\r\nHost: 127.0.0.1:8080\r\n\r\n") == 200);
    CHECK_STR(out.error, "access_denied");
    CHECK_STR(out.code, "");
}

static void
test_redirects_refused(void)
{
    static const struct {
        int status;
        const char *head;
    } rows[] = {
        {400, ""},
        {400, "GET\r\n\r\n"},
        {400, "GET /?code=c&state=the-state\r\nHost: 127.0.0.1:8080\r\n\r\n"},
        {400, "GET /?code=c&state=the-state HTTP/2\r\n"
              "Host: 127.0.0.1:8080\r\n\r\n"},
        {421, "GET /?code=c&state=the-state HTTP/1.1\r\n\r\n"},
        {421, "GET /?code=c&state=the-state HTTP/1.1\r\n"
              "Host: 127.0.0.1:8081\r\n\r\n"},
        {421, "GET /?code=c&state=the-state HTTP/1.1\r\n"
              "Host: 127.0.0.1:8080\r\nHost: 127.0.0.1:8080\r\n\r\n"},
        {421, "GET /?code=c&state=the-state HTTP/1.1\r\n"
              "Host: evil.example.org\r\n\r\nHost: 127.0.0.1:8080\r\n\r\n"},
        {405, "HEAD /?code=c&state=the-state HTTP/1.1\r\n"
              "Host: 127.0.0.1:8080\r\n\r\n"},
        {404, "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"},
        {404, "GET /x?code=c&state=the-state HTTP/1.1\r\n"
              "Host: 127.0.0.1:8080\r\n\r\n"},
        {400, "GET /? HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"},
        {400, "GET /?code=c&state=the-statf HTTP/1.1\r\n"
              "Host: 127.0.0.1:8080\r\n\r\n"},
        {400, "GET /?code=c&state=the-state2 HTTP/1.1\r\n"
              "Host: 127.0.0.1:8080\r\n\r\n"},
        {400, "GET /?code=c&state= HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"},
        {400, "GET /?code=&state=the-state HTTP/1.1\r\n"
              "Host: 127.0.0.1:8080\r\n\r\n"},
        {400, "GET /?code=c&code=d&state=the-state HTTP/1.1\r\n"
              "Host: 127.0.0.1:8080\r\n\r\n"},
        {400, "GET /?code=c&error=d&state=the-state HTTP/1.1\r\n"
              "Host: 127.0.0.1:8080\r\n\r\n"},
        {400, "GET /?code=c%00d&state=the-state HTTP/1.1\r\n"
              "Host: 127.0.0.1:8080\r\n\r\n"},
        {400, "GET /?code=%2&state=the-state HTTP/1.1\r\n"
              "Host: 127.0.0.1:8080\r\n\r\n"}};
    static oauth_redirect out;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEST_ROW("%zu", i);
        CHECK_INT(read_redirect(&out, rows[i].head), rows[i].status);
        CHECK(out.code[0] == '\0');
    }
}

/* ---- the pace of a login by device (RFC 8628 §3.5) ---- */

typedef struct world {
    const char *const *answers; /* errors; "busy"; NULL: a token */
    uint64_t now_ms;
    char pauses[200]; /* seconds, with spaces */
} world;

static mail_result
answer(void *ctx, oauth_reply *reply, mail_error *error)
{
    world *w = ctx;
    const char *said = *w->answers;

    if (said != NULL)
        w->answers++;
    if (said != NULL && strcmp(said, "busy") == 0)
        return mail_fail(error, MAIL_ERR_BUSY, 0, "busy");
    if (said != NULL)
        reply->error = strdup(said);
    else
        reply->access_token = strdup("token");
    return MAIL_OK;
}

static void
pause_world(void *ctx, uint64_t ms)
{
    world *w = ctx;
    size_t len = strlen(w->pauses);

    (void)snprintf(w->pauses + len, sizeof(w->pauses) - len, "%u ",
                   (unsigned)(ms / 1000));
    w->now_ms += ms;
}

static uint64_t
now(void *ctx)
{
    const world *w = ctx;

    return w->now_ms;
}

static void
check_pace(const char *const *answers, uint64_t interval, uint64_t expires_in,
           mail_result want, const char *error_or_token, const char *pauses)
{
    world w = {.answers = answers, .now_ms = 1000};
    const oauth_device_world with = {answer, pause_world, now, &w};
    const oauth_reply code = {.interval = interval, .expires_in = expires_in};
    oauth_reply reply = {0};
    mail_error error;

    CHECK(oauth_device_wait(&with, &code, &reply, &error) == want);
    CHECK_STR(w.pauses, pauses);
    if (want == MAIL_OK)
        CHECK_STR(reply.error != NULL ? reply.error : reply.access_token,
                  error_or_token);
    oauth_reply_clear(&reply);
}

static void
test_pace(void)
{
    static const char pending[] = "authorization_pending";
    static const char *const rows[][5] = {
        {NULL},
        {pending, pending, NULL},
        {pending, "slow_down", "slow_down", pending, NULL},
        {"busy", "busy", pending, NULL},
        {"access_denied"},
        {pending, "expired_token"}};

    check_pace(rows[0], 0, 600, MAIL_OK, "token", "5 ");
    check_pace(rows[0], 100000, 0, MAIL_OK, "token", "60 ");
    check_pace(rows[1], 2, 600, MAIL_OK, "token", "2 2 2 ");
    check_pace(rows[2], 1, 600, MAIL_OK, "token", "1 1 6 11 11 ");
    check_pace(rows[3], 4, 600, MAIL_OK, "token", "4 8 16 16 ");
    check_pace(rows[4], 1, 600, MAIL_OK, "access_denied", "1 ");
    check_pace(rows[5], 1, 600, MAIL_OK, "expired_token", "1 1 ");
    check_pace(rows[1], 5, 11, MAIL_ERR_BUSY, "", "5 5 ");
    check_pace(rows[1], 5, 3, MAIL_ERR_BUSY, "", "");
}

/* ---- JSON ---- */

static void
test_reply(void)
{
    static const char good[] =
        "{\"access_token\":\"a\",\"expires_in\":\"60\",\"interval\":1.5,"
        "\"verification_url\":\"https://x/\",\"other\":[{}],\"scope\":null}";
    oauth_reply reply;
    const char *why;

    CHECK(oauth_reply_parse(&reply, good, strlen(good), &why));
    CHECK_STR(reply.access_token, "a");
    CHECK_STR(reply.verification_uri, "https://x/");
    CHECK(reply.expires_in == 60 && reply.interval == 1);
    CHECK(reply.scope == NULL && reply.error == NULL);
    oauth_reply_clear(&reply);
}

static void
test_replies_refused(void)
{
    static const char *const rows[] = {"",
                                       "{",
                                       "[]",
                                       "null",
                                       "\"access_token\"",
                                       "{\"access_token\":1}",
                                       "{\"access_token\":\"a b\"}",
                                       "{\"access_token\":\"a\\u0000\"}",
                                       "{\"access_token\":\"\\u00e4\"}",
                                       "{\"scope\":{}}",
                                       "{\"expires_in\":-1}",
                                       "{\"expires_in\":true}",
                                       "{\"expires_in\":\"1x\"}",
                                       "{\"expires_in\":\"\"}",
                                       "{\"error\":\"a\",\"error\":\"b\"}",
                                       "{\"error\":\"a\"} x"};
    oauth_reply reply;
    const char *why;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEST_ROW("%zu: %s", i, rows[i]);
        CHECK(!oauth_reply_parse(&reply, rows[i], strlen(rows[i]), &why));
        CHECK(why != NULL && reply.access_token == NULL);
    }
}

static void
check_words(const char *json, const char *want)
{
    char words[400];

    if (oauth_refusal_words(json, strlen(json), words, sizeof(words)))
        CHECK_STR(words, want);
    else
        CHECK_STR("", want);
}

static void
test_refusal_words(void)
{
    check_words("{\"status\":\"400\",\"schemes\":\"Bearer\",\"scope\":"
                "\"https://mail.google.com/\"}",
                "status 400, scope https://mail.google.com/");
    check_words("{\"status\":401,\"error\":\"invalid_token\"}",
                "status 401, error invalid_token");
    check_words("{\"status\":\"\\u001b[31m\"}", "status \\x1B[31m");
    check_words("{\"status\":[]}", "");
    check_words("{\"status\":-1}", "");
    check_words("[]", "");
    check_words("", "");
}

int
main(void)
{
    test_challenge();
    test_random();
    test_form();
    test_redirect();
    test_redirects_refused();
    test_pace();
    test_reply();
    test_replies_refused();
    test_refusal_words();
    return test_summary();
}
