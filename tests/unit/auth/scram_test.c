/* SPDX-License-Identifier: MIT */
/*
 * scram_test - the examples of the standards, octet for octet, and servers
 * that break the rules.
 */
#include "auth/scram.h"

#include "base/base64.h"
#include "test.h"

#include <string.h>

static pop3_span
span(const char *text)
{
    return (pop3_span){text, strlen(text)};
}

static void
check_message(const bytes *got, const char *want)
{
    char text[600];

    snprintf(text, sizeof(text), "%.*s", (int)bytes_len(got), bytes_ptr(got));
    CHECK_STR(text, want);
}

struct example {
    const char *name;
    digest_hash hash;
    const char *nonce;
    const char *binding_name;
    const char *binding;
    bool could_bind;
    const char *authzid;
    const char *first;
    const char *server_first;
    const char *final;
    const char *server_final;
};

#define N "fyko+d2lbbFgONRv9qkxdawL"

/* The last four were computed by hashlib and hmac of Python. */
static const struct example EXAMPLES[] = {
    {"RFC 5802 section 5", DIGEST_SHA_1, "fyko+d2lbbFgONRv9qkxdawL", NULL, "",
     false, "", "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
     "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
     "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
     "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
     "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="},
    {"RFC 7677 section 3", DIGEST_SHA_256, "rOprNGfwEbeRWgbNEkqO", NULL, "",
     false, "", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
     "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
     "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
     "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
     "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
    {"bound by tls-exporter", DIGEST_SHA_256, N, "tls-exporter",
     "0123456789abcdef0123456789abcdef", false, "",
     "p=tls-exporter,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
     "r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=4096",
     "c=cD10bHMtZXhwb3J0ZXIsLDAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm,r="
     "fyko+d2lbbFgONRv9qkxdawL3rfc,p=ggOC95mqXE/I9H2/"
     "ulFhkT589ez0qCwwxzmi+qyDneQ=",
     "v=a+Jy7D+oxVmoMrw70/KDqs+jKT97sMrjPbef4/+g4mU="},
    {"bound by the certificate", DIGEST_SHA_1, N, "tls-server-end-point",
     "fedcba98765432100123456789abcdef", false, "",
     "p=tls-server-end-point,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
     "r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=4096",
     "c="
     "cD10bHMtc2VydmVyLWVuZC1wb2ludCwsZmVkY2JhOTg3NjU0MzIxMDAxMjM0NTY3ODlhYmNk"
     "ZWY=,r=fyko+d2lbbFgONRv9qkxdawL3rfc,p=snFzRf95bTIxOVxprvUpuL6Aca0=",
     "v=iYLxkFSHWcLT7Peiund/u4Jfho8="},
    {"could have bound", DIGEST_SHA_256, N, NULL, "", true, "",
     "y,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
     "r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=4096",
     "c=eSws,r=fyko+d2lbbFgONRv9qkxdawL3rfc,p=8e9LLjULVjXjV/yr1Fg7JptOE/"
     "IthLny9EUB/fNC560=",
     "v=hv0AOs5WW4bjwJrBKDuCIDum60qvxhkuelNHk7t01pc="},
    {"acts as another", DIGEST_SHA_1, N, NULL, "", false, "a=b,c",
     "n,a=a=3Db=2Cc,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
     "r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=4096",
     "c=bixhPWE9M0RiPTJDYyw=,r=fyko+d2lbbFgONRv9qkxdawL3rfc,p=Q4oy4/"
     "O03VfBUrURtxwputVhyaw=",
     "v=YDDpqVAbEanJJ6O9dFYE9NXGzjw="},
};

static scram_setup
setup_of(const struct example *e)
{
    return (scram_setup){.hash = e->hash,
                         .user = span("user"),
                         .authzid = span(e->authzid),
                         .binding_name = e->binding_name,
                         .binding = span(e->binding),
                         .could_bind = e->could_bind,
                         .nonce = span(e->nonce)};
}

static void
test_examples(void)
{
    for (size_t i = 0; i < sizeof(EXAMPLES) / sizeof(EXAMPLES[0]); i++) {
        const struct example *e = &EXAMPLES[i];
        scram_setup setup = setup_of(e);
        scram s = {.why = ""};
        bytes first = {0};
        bytes final = {0};

        TEST_ROW("%s", e->name);
        CHECK_INT(scram_first(&s, &setup, &first), POP3_OK);
        check_message(&first, e->first);
        CHECK_INT(scram_check(&s, span(e->server_first)), POP3_OK);
        CHECK_INT(
            scram_final(&s, span(e->server_first), span("pencil"), &final),
            POP3_OK);
        check_message(&final, e->final);
        CHECK_INT(scram_verify(&s, span("v=AAAA")), POP3_ERR_PROTOCOL);
        CHECK_INT(scram_verify(&s, span(e->server_final)), POP3_OK);
        scram_clear(&s);
        bytes_clear(&first);
        bytes_clear(&final);
    }
    TEST_ROW("%s", "");
}

/* Every octet of the server's proof counts. */
static void
test_every_bit_of_the_proof(void)
{
    const struct example *e = &EXAMPLES[1];
    scram_setup setup = setup_of(e);
    scram s = {.why = ""};
    bytes message = {0};
    char proof[64];
    size_t len = strlen(e->server_final);

    CHECK_INT(scram_first(&s, &setup, &message), POP3_OK);
    CHECK_INT(scram_final(&s, span(e->server_first), span("pencil"), &message),
              POP3_OK);
    for (size_t i = 0; i < len; i++) {
        TEST_ROW("octet %zu", i);
        memcpy(proof, e->server_final, len + 1);
        proof[i] = proof[i] == 'A' ? 'B' : 'A';
        CHECK_INT(scram_verify(&s, span(proof)), POP3_ERR_PROTOCOL);
    }
    TEST_ROW("%s", "");
    CHECK_INT(scram_verify(&s, span("")), POP3_ERR_PROTOCOL);
    CHECK_INT(scram_verify(&s, span("e=other-error")), POP3_ERR_AUTH);
    scram_clear(&s);
    bytes_clear(&message);
}

static void
test_bounds_of_iterations(void)
{
    static const struct {
        const char *challenge;
        pop3_result want;
    } ROWS[] = {
        {"r=" N "x,s=QUJD,i=4096", POP3_OK},
        {"r=" N "x,s=QUJD,i=1000000", POP3_OK},
        {"r=" N "x,s=QUJD,i=4096,x=later", POP3_OK},
        {"r=" N "x,s=QUJD,i=4095", POP3_ERR_PROTOCOL},
        {"r=" N "x,s=QUJD,i=1000001", POP3_ERR_PROTOCOL},
        {"r=" N "x,s=QUJD,i=4294971392", POP3_ERR_PROTOCOL},
        {"r=" N "x,s=QUJD,i=04096", POP3_ERR_PROTOCOL},
        {"r=" N "x,s=QUJD,i=4096 ", POP3_ERR_PROTOCOL},
        {"r=" N "x,s=QUJD,i=", POP3_ERR_PROTOCOL},
        {"r=" N "x,s=QUJD", POP3_ERR_PROTOCOL},
        {"r=" N "x,s=QUJ,i=4096", POP3_ERR_PROTOCOL},
        {"r=" N ",s=QUJD,i=4096", POP3_ERR_PROTOCOL},
        {"r=x" N ",s=QUJD,i=4096", POP3_ERR_PROTOCOL},
        {"r=" N "\x7f,s=QUJD,i=4096", POP3_ERR_PROTOCOL},
        {"m=x,r=" N "x,s=QUJD,i=4096", POP3_ERR_PROTOCOL},
        {"e=unknown-user", POP3_ERR_PROTOCOL},
        {"", POP3_ERR_PROTOCOL},
    };
    scram_setup setup = setup_of(&EXAMPLES[0]);
    scram s = {.why = ""};
    bytes message = {0};

    CHECK_INT(scram_first(&s, &setup, &message), POP3_OK);
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        TEST_ROW("%s", ROWS[i].challenge);
        CHECK_INT(scram_check(&s, span(ROWS[i].challenge)), ROWS[i].want);
        CHECK(ROWS[i].want == POP3_OK || *s.why != '\0');
    }
    TEST_ROW("%s", "");
    scram_clear(&s);
    bytes_clear(&message);
}

/* Without one that a test chose, each is another. */
static void
test_nonces_differ(void)
{
    scram_setup setup = {.hash = DIGEST_SHA_256, .user = span("user")};
    scram a = {.why = ""};
    scram b = {.why = ""};
    bytes first = {0};
    bytes second = {0};

    CHECK_INT(scram_first(&a, &setup, &first), POP3_OK);
    CHECK_INT(scram_first(&b, &setup, &second), POP3_OK);
    CHECK_INT(bytes_len(&first), strlen("n,,n=user,r=") + 24);
    CHECK_INT(bytes_len(&second), bytes_len(&first));
    CHECK(memcmp(bytes_ptr(&first), bytes_ptr(&second), bytes_len(&first)) !=
          0);
    scram_clear(&a);
    scram_clear(&b);
    bytes_clear(&first);
    bytes_clear(&second);
}

int
main(void)
{
    test_examples();
    test_every_bit_of_the_proof();
    test_bounds_of_iterations();
    test_nonces_differ();
    return test_summary();
}
