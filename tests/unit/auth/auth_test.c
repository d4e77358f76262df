/* SPDX-License-Identifier: MIT */
/*
 * auth_test - the policy: who is chosen from what both sides have.
 */
#include "auth/auth.h"

#include "core/capa.h"
#include "test.h"

#include <string.h>

static pop3_result
give(void *ctx, pop3_span *given)
{
    (void)ctx;
    *given = (pop3_span){"sesame", 6};
    return POP3_OK;
}

static pop3_result
give_token(void *ctx, const pop3_span *error, pop3_span *token)
{
    (void)ctx;
    (void)error;
    *token = (pop3_span){"token", 5};
    return POP3_OK;
}

enum {
    PASSWORD = 1,
    TOKEN = 2,
    CERT = 4,
    BINDING = 8,
    CLEAR = 16
};

#ifdef AUTH_SCRAM
#define WITH_SCRAM(name, other) name
#else
#define WITH_SCRAM(name, other) other
#endif
#ifdef AUTH_GSASL
#define WITH_GSASL(name) name
#else
#define WITH_GSASL(name) "none"
#endif

/* All that a server can announce. */
#define EVERYTHING                                                         \
    "SASL ANONYMOUS LOGIN PLAIN CRAM-MD5 DIGEST-MD5 NTLM EXTERNAL GSSAPI " \
    "SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS "       \
    "XOAUTH2 OAUTHBEARER"

static const struct {
    const char *row; /* of CAPA; NULL: no CAPA */
    unsigned has;
    const char *want;
} CHOICES[] = {
    {EVERYTHING, PASSWORD | BINDING,
     WITH_SCRAM("SCRAM-SHA-256-PLUS", "PLAIN")},
    {EVERYTHING, PASSWORD, WITH_SCRAM("SCRAM-SHA-256", "PLAIN")},
    {EVERYTHING, PASSWORD | CERT, WITH_SCRAM("SCRAM-SHA-256", "PLAIN")},
    {EVERYTHING, TOKEN | PASSWORD, "OAUTHBEARER"},
    {EVERYTHING, TOKEN, "OAUTHBEARER"},
    {EVERYTHING, CERT, "EXTERNAL"},
    {EVERYTHING, 0, WITH_GSASL("GSSAPI")},
    {EVERYTHING, PASSWORD | CLEAR, "none"},
    {EVERYTHING, TOKEN | CLEAR, "none"},
    {"SASL XOAUTH2 PLAIN", TOKEN, "XOAUTH2"},
    {"SASL PLAIN", TOKEN, "none"},
    {"SASL SCRAM-SHA-1-PLUS SCRAM-SHA-256 PLAIN", PASSWORD | BINDING,
     WITH_SCRAM("SCRAM-SHA-1-PLUS", "PLAIN")},
    {"SASL SCRAM-SHA-1 PLAIN", PASSWORD | BINDING,
     WITH_SCRAM("SCRAM-SHA-1", "PLAIN")},
    {"SASL scram-sha-1", PASSWORD, WITH_SCRAM("SCRAM-SHA-1", "USER")},
    {"SASL LOGIN PLAIN CRAM-MD5", PASSWORD, "PLAIN"},
    {"SASL LOGIN CRAM-MD5", PASSWORD, "LOGIN"},
    {"SASL NTLM DIGEST-MD5", PASSWORD, "USER"},
    {"SASL ANONYMOUS", PASSWORD, "USER"},
    {"SASL ANONYMOUS EXTERNAL", 0, "none"},
    {"USER", PASSWORD, "USER"},
    {"TOP", PASSWORD, "USER"},
    {NULL, PASSWORD, "USER"},
    {NULL, TOKEN, "none"},
    {NULL, 0, "none"},
};

static auth_scene
scene_of(const pop3_capa *capa, unsigned has)
{
    return (auth_scene){.capa = capa,
                        .host = "pop.example.org",
                        .tls = (has & CLEAR) == 0,
                        .certificate = (has & CERT) != 0,
                        .binding_name =
                            (has & BINDING) != 0 ? "tls-exporter" : NULL};
}

static pop3_credentials
credentials_of(unsigned has)
{
    pop3_credentials c = POP3_CREDENTIALS_INIT;

    c.user = "alice";
    c.secret = (has & PASSWORD) != 0 ? give : NULL;
    c.token = (has & TOKEN) != 0 ? give_token : NULL;
    return c;
}

static void
test_choices(void)
{
    for (size_t i = 0; i < sizeof(CHOICES) / sizeof(CHOICES[0]); i++) {
        pop3_capa capa = {0};
        auth_scene scene;
        pop3_credentials c = credentials_of(CHOICES[i].has);
        const auth_mechanism *m;

        TEST_ROW("%s, %u", CHOICES[i].row == NULL ? "-" : CHOICES[i].row,
                 CHOICES[i].has);
        if (CHOICES[i].row != NULL) {
            CHECK(capa_add(
                &capa, (pop3_span){CHOICES[i].row, strlen(CHOICES[i].row)}));
        }
        scene =
            scene_of(CHOICES[i].row == NULL ? NULL : &capa, CHOICES[i].has);
        m = auth_choose(&scene, &c, NULL);
        CHECK_STR(m == NULL ? "none" : m->name, CHOICES[i].want);
        capa_clear(&capa);
    }
    TEST_ROW("%s", "");
}

/* Walking down the table: each once, none that is not safe. */
static void
test_order(void)
{
    static const char *const WANT[] = {
#ifdef AUTH_SCRAM
        "SCRAM-SHA-256-PLUS",
        "SCRAM-SHA-1-PLUS",
        "SCRAM-SHA-256",
        "SCRAM-SHA-1",
#endif
        "PLAIN",
        "LOGIN",
#ifdef AUTH_GSASL
        "CRAM-MD5",
#endif
    };
    pop3_capa capa = {0};
    auth_scene scene = scene_of(&capa, BINDING);
    pop3_credentials c = credentials_of(PASSWORD);
    const auth_mechanism *m = NULL;

    CHECK(capa_add(&capa, (pop3_span){EVERYTHING, strlen(EVERYTHING)}));
    for (size_t i = 0; i < sizeof(WANT) / sizeof(WANT[0]); i++) {
        m = auth_choose(&scene, &c, m);
        CHECK_STR(m == NULL ? "none" : m->name, WANT[i]);
    }
    CHECK(m != NULL && auth_choose(&scene, &c, m) == NULL);
    capa_clear(&capa);
}

static void
test_names(void)
{
    CHECK(auth_find("plain") == auth_find("PLAIN"));
    CHECK(auth_find("PLAIN") != NULL);
    CHECK(auth_find("NTLM") == NULL);
    CHECK(auth_find("DIGEST-MD5") == NULL);
    CHECK(auth_find("PLAI") == NULL);
    CHECK(auth_find("") == NULL);
}

static void
test_start(void)
{
    static const struct {
        const char *mechanism;
        const char *user;
        const char *authzid;
        unsigned has;
        pop3_result want;
    } ROWS[] = {
        {"PLAIN", "alice", NULL, PASSWORD, POP3_OK},
        {"PLAIN", "", NULL, PASSWORD, POP3_ERR_ARGUMENT},
        {"PLAIN", NULL, NULL, PASSWORD, POP3_ERR_ARGUMENT},
        {"PLAIN", "al\1ce", NULL, PASSWORD, POP3_ERR_ARGUMENT},
        {"PLAIN", "alice", "b\nb", PASSWORD, POP3_ERR_ARGUMENT},
        {"PLAIN", "alice", "bob", PASSWORD, POP3_OK},
        {"USER", "alice", "bob", PASSWORD, POP3_ERR_ARGUMENT},
        {"LOGIN", "alice", "bob", PASSWORD, POP3_ERR_ARGUMENT},
        {"XOAUTH2", "alice", "bob", TOKEN, POP3_ERR_ARGUMENT},
        {"XOAUTH2", "alice", NULL, TOKEN, POP3_OK},
        {"XOAUTH2", "alice", NULL, TOKEN | CLEAR, POP3_ERR_INSECURE},
        {"OAUTHBEARER", "alice", NULL, TOKEN | CLEAR, POP3_ERR_INSECURE},
        {"EXTERNAL", NULL, NULL, CERT | CLEAR, POP3_ERR_INSECURE},
        {"EXTERNAL", NULL, NULL, 0, POP3_ERR_ARGUMENT},
        {"EXTERNAL", NULL, NULL, CERT, POP3_OK},
        {"ANONYMOUS", NULL, NULL, 0, POP3_OK},
#ifdef AUTH_SCRAM
        {"SCRAM-SHA-256-PLUS", "alice", NULL, PASSWORD, POP3_ERR_UNSUPPORTED},
        {"SCRAM-SHA-256-PLUS", "alice", NULL, PASSWORD | BINDING, POP3_OK},
        {"SCRAM-SHA-256", "alice", NULL, PASSWORD | CLEAR, POP3_OK},
#endif
    };

    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        auth_exchange exchange = {0};
        auth_scene scene = scene_of(NULL, ROWS[i].has);
        pop3_credentials c = credentials_of(ROWS[i].has);
        pop3_result got;

        TEST_ROW("%s %u", ROWS[i].mechanism, ROWS[i].has);
        c.user = ROWS[i].user;
        c.authzid = ROWS[i].authzid;
        got = auth_start(&exchange, auth_find(ROWS[i].mechanism), &c, &scene);
        CHECK_INT(got, ROWS[i].want);
        CHECK(got == POP3_OK || *exchange.why != '\0');
        auth_clear(&exchange);
    }
    TEST_ROW("%s", "");
}

/* A GS2 header of SCRAM: "y" only where no -PLUS was announced. */
static void
check_header(const char *row, unsigned has, const char *name, char want)
{
#ifdef AUTH_SCRAM
    pop3_capa capa = {0};
    auth_exchange exchange = {0};
    auth_scene scene = scene_of(&capa, has);
    pop3_credentials c = credentials_of(PASSWORD);
    const pop3_span nothing = {NULL, 0};
    secret answer = {0};

    TEST_ROW("%s", row);
    scene.binding = (pop3_span){"0123456789", 10};
    CHECK(capa_add(&capa, (pop3_span){row, strlen(row)}));
    CHECK_INT(auth_start(&exchange, auth_find(name), &c, &scene), POP3_OK);
    CHECK_INT(exchange.mechanism->answer(&exchange, nothing, &answer),
              POP3_OK);
    CHECK_INT(answer.data[0], want);
    CHECK(exchange.password.data == NULL && !exchange.revealed);
    secret_clear(&answer);
    auth_clear(&exchange);
    capa_clear(&capa);
    TEST_ROW("%s", "");
#else
    (void)row, (void)has, (void)name, (void)want;
#endif
}

static void
test_headers(void)
{
    check_header("SASL SCRAM-SHA-256", 0, "SCRAM-SHA-256", 'n');
    check_header("SASL SCRAM-SHA-256", BINDING, "SCRAM-SHA-256", 'y');
    check_header("SASL SCRAM-SHA-256 SCRAM-SHA-256-PLUS", BINDING,
                 "SCRAM-SHA-256", 'n');
    check_header("SASL SCRAM-SHA-256 SCRAM-SHA-1-PLUS", BINDING,
                 "SCRAM-SHA-256", 'n');
    check_header("SASL SCRAM-SHA-256-PLUS", BINDING, "SCRAM-SHA-256-PLUS",
                 'p');
}

/* Without a function for tokens there is no other one: the refusal stands. */
static void
test_no_other_token(void)
{
    auth_exchange exchange = {0};
    auth_scene scene = scene_of(NULL, 0);
    pop3_credentials c = credentials_of(PASSWORD);
    const auth_refusal refusal = {.resp = POP3_RESP_AUTH};
    bool again = true;

    CHECK_INT(auth_start(&exchange, auth_find("XOAUTH2"), &c, &scene),
              POP3_OK);
    CHECK_INT(auth_again(&exchange, &refusal, &again), POP3_OK);
    CHECK(!again);
    auth_clear(&exchange);
}

int
main(void)
{
    test_no_other_token();
    test_choices();
    test_order();
    test_names();
    test_start();
    test_headers();
    return test_summary();
}
