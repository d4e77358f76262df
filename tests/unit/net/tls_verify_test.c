/* SPDX-License-Identifier: MIT */
/*
 * Tests of tls_verify.c: one handshake for each kind of certificate that
 * tests/server/certs.py makes. What passes is used; what does not is refused
 * with the right X509_V_ERR_* and with words that help.
 */
#include "net/tls_verify.h"

#include <stdlib.h>

#include "harness/test.h"
#include "tls_lab.h"

enum {
    WORDS = 4
};

typedef struct row {
    const char *kind;
    const char *host;
    int code; /* X509_V_OK: accepted */
    const char *words[WORDS];
} row;

static const row ROWS[] = {
    {"good", "localhost", X509_V_OK, {0}},
    {"good", "LOCALHOST", X509_V_OK, {0}},
    {"good", "localhost.", X509_V_OK, {0}},
    {"good", "127.0.0.1", X509_V_OK, {0}},
    {"good", "::1", X509_V_OK, {0}},
    {"good", "::1%lo", X509_V_OK, {0}},
    {"good",
     "127.0.0.2",
     X509_V_ERR_IP_ADDRESS_MISMATCH,
     {"127.0.0.2", "localhost", "127.0.0.1, ::1", "check the host name"}},
    {"good",
     "localhost.example.test",
     X509_V_ERR_HOSTNAME_MISMATCH,
     {"localhost.example.test", "\"localhost\""}},
    {"rsa2048", "localhost", X509_V_OK, {0}},
    {"chain", "localhost", X509_V_OK, {0}},
    {"no-eku", "localhost", X509_V_OK, {0}},

    {"wildcard", "mail.example.test", X509_V_OK, {0}},
    {"wildcard",
     "example.test",
     X509_V_ERR_HOSTNAME_MISMATCH,
     {"not for example.test", "*.example.test"}},
    {"wildcard", "a.b.example.test", X509_V_ERR_HOSTNAME_MISMATCH, {0}},
    {"wildcard",
     "xn--mil-ela.example.test",
     X509_V_ERR_HOSTNAME_MISMATCH,
     {0}},
    {"wildcard-part", "localhost", X509_V_ERR_HOSTNAME_MISMATCH, {"local*"}},
    {"wildcard-part", "lmail.example.test", X509_V_ERR_HOSTNAME_MISMATCH, {0}},
    {"wildcard-middle", "a.b.example.test", X509_V_ERR_HOSTNAME_MISMATCH, {0}},
    {"wildcard-all", "localhost", X509_V_ERR_HOSTNAME_MISMATCH, {0}},
    {"wildcard-all", "*", X509_V_OK, {0}},

    {"ip", "127.0.0.1", X509_V_OK, {0}},
    {"ip", "localhost", X509_V_ERR_HOSTNAME_MISMATCH, {"for 127.0.0.1, ::1"}},
    {"ip-in-dns",
     "127.0.0.1",
     X509_V_ERR_IP_ADDRESS_MISMATCH,
     {"not for 127.0.0.1"}},
    {"wrong-host",
     "localhost",
     X509_V_ERR_HOSTNAME_MISMATCH,
     {"not for localhost", "other.example.test", "administrator"}},
    {"cn-only",
     "localhost",
     X509_V_ERR_HOSTNAME_MISMATCH,
     {"no subjectAltName", "does not count"}},
    {"nul",
     "localhost",
     X509_V_ERR_HOSTNAME_MISMATCH,
     {"localhost\\x00.evil.test"}},

    {"expired",
     "localhost",
     X509_V_ERR_CERT_HAS_EXPIRED,
     {"expired on 2021-01-01", "date of this computer", "libpop3 test root"}},
    {"not-yet",
     "localhost",
     X509_V_ERR_CERT_NOT_YET_VALID,
     {"not valid before 2070-01-01", "date of this computer"}},
    {"sha1", "localhost", X509_V_ERR_CA_MD_TOO_WEAK, {"SHA1", "forged"}},
    {"rsa1024",
     "localhost",
     X509_V_ERR_EE_KEY_TOO_SMALL,
     {"RSA, 1024 bits", "administrator"}},
    {"wrong-eku",
     "localhost",
     X509_V_ERR_INVALID_PURPOSE,
     {"not meant for servers"}},
    {"self-signed",
     "localhost",
     X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
     {"signed by itself", "--ca-file"}},
    {"other-ca",
     "localhost",
     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
     {"unknown here", "--ca-file", "libpop3 test other"}},
    {"incomplete",
     "localhost",
     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
     {"all of the chain", "libpop3 test middle"}},
    {"not-ca",
     "localhost",
     X509_V_ERR_INVALID_CA,
     {"certificate 2 of the chain", "without being"}},
    {"critical",
     "localhost",
     X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION,
     {"critical extension"}},
};

static void
check_words(const client *c, const row *r)
{
    for (size_t i = 0; i < WORDS && r->words[i] != NULL; i++) {
        CHECK(strstr(c->error.text, r->words[i]) != NULL);
        if (strstr(c->error.text, r->words[i]) == NULL)
            fprintf(stderr, "  \"%s\" is not in: %s\n", r->words[i],
                    c->error.text);
    }
    CHECK(strlen(c->error.text) + 1 < sizeof(c->error.text));
}

static void
check_result(client *c, int code)
{
    char buf[6];

    CHECK_INT(c->result, code == X509_V_OK ? POP3_OK : POP3_ERR_CERT);
    CHECK_INT(c->error.sys, code);
    if (c->result != POP3_OK && code == X509_V_OK)
        fprintf(stderr, "  %s\n", c->error.text);
    if (c->result == POP3_OK) {
        CHECK_INT(client_read(c, buf, 6), POP3_OK);
        CHECK_MEM(buf, 6, "hello\n", 6);
    }
}

static void
test_kinds(int max_version)
{
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        const row *r = &ROWS[i];
        pop3_tls_options options = {.ca_file = lab_path("ca-root.pem")};
        peer_options script = {.kind = r->kind, .max_version = max_version};
        peer *p;
        client c;

        TEST_ROW("%s for %s, max %x", r->kind, r->host, (unsigned)max_version);
        p = peer_start(&script);
        c = client_open(p, &options, r->host);
        check_result(&c, r->code);
        check_words(&c, r);
        client_close(&c);
        peer_free(p);
    }
    TEST_ROW("%s", "");
}

/* The name that is checked may be another one than that of the host. */
static void
test_server_name(void)
{
    peer_options script = {.kind = "wrong-host"};
    pop3_tls_options options = {.ca_file = lab_path("ca-root.pem"),
                                .server_name = "other.example.test"};
    peer *p = peer_start(&script);
    client c = client_open(p, &options, "localhost");

    check_result(&c, X509_V_OK);
    client_close(&c);
    peer_wait(p);
    CHECK_STR(peer_sni(p), "other.example.test");
    peer_free(p);
}

/* --insecure takes them all; only what breaks TLS itself stays broken. */
static void
test_insecure(void)
{
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        pop3_tls_options options = {.insecure = true};
        peer_options script = {.kind = ROWS[i].kind};
        peer *p;
        client c;

        TEST_ROW("insecure: %s", ROWS[i].kind);
        p = peer_start(&script);
        c = client_open(p, &options, ROWS[i].host);
        check_result(&c, X509_V_OK);
        client_close(&c);
        peer_free(p);
    }
    TEST_ROW("%s", "");
}

static void
check_system_store(const char *holds, int code)
{
    peer_options script = {.kind = "good"};
    pop3_tls_options options = {0};
    peer *p = peer_start(&script);
    client c;

    lab_system_trusts(holds);
    c = client_open(p, &options, "localhost");
    check_result(&c, code);
    client_close(&c);
    peer_free(p);
    lab_system_trusts("/dev/null");
}

/* Without other options the system says whom to trust. */
static void
test_system_store(void)
{
    check_system_store(lab_path("ca-root.pem"), X509_V_OK);
    check_system_store(lab_path("ca-other.pem"),
                       X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

/* Who gives a certificate as CA file trusts it, however it was signed. */
static void
test_trusted_by_hand(void)
{
    peer_options script = {.kind = "self-signed"};
    pop3_tls_options options = {.ca_file = lab_path("self-signed.pem")};
    peer *p = peer_start(&script);
    client c = client_open(p, &options, "localhost");

    check_result(&c, X509_V_OK);
    client_close(&c);
    peer_free(p);
}

/* The same when it signed itself by means of SHA-1. */
static void
test_anchor_by_sha1(void)
{
    char command[700];
    peer_options script = {.kind = "anchor"};
    pop3_tls_options options = {.ca_file = lab_path("anchor.pem")};
    peer *p;
    client c;

    TEST_ROW("%s", "SHA-1 on a trust anchor");
    snprintf(command, sizeof(command),
             "openssl req -x509 -sha1 -nodes -newkey ec -days 2 "
             "-pkeyopt ec_paramgen_curve:P-256 -subj /CN=localhost "
             "-addext subjectAltName=DNS:localhost "
             "-keyout '%s' -out '%s' 2>/dev/null",
             lab_path("anchor.key"), lab_path("anchor.pem"));
    CHECK_INT(system(command), 0);
    p = peer_start(&script);
    c = client_open(p, &options, "localhost");
    check_result(&c, X509_V_OK);
    client_close(&c);
    peer_free(p);
    TEST_ROW("%s", "");
}

/* ---- an SSL_CTX of the caller's ---- */

/* One that would let everything pass. */
static SSL_CTX *
new_lax_ctx(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    CHECK(ctx != NULL);
    SSL_CTX_set_security_level(ctx, 0);
    CHECK_INT(SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION), 1);
    CHECK_INT(SSL_CTX_set_cipher_list(ctx, "ALL"), 1);
    CHECK_INT(SSL_CTX_set1_groups_list(ctx, "P-224:X25519:P-256"), 1);
    CHECK_INT(SSL_CTX_load_verify_file(ctx, lab_path("ca-root.pem")), 1);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
    return ctx;
}

static void
check_own(SSL_CTX *ctx, peer_options script, const char *host, int code)
{
    pop3_tls_options options = {.ssl_ctx = ctx};
    peer *p = peer_start(&script);
    client c = client_open(p, &options, host);

    check_result(&c, code);
    client_close(&c);
    peer_free(p);
}

typedef enum laxness {
    LAX_MODE,      /* VERIFY_NONE */
    LAX_CALLBACK,  /* a verify callback that says yes */
    LAX_REPLACED,  /* the verification itself replaced by a yes */
    LAX_OVERRULED, /* done, and its answer overruled */
    LAX_NO_TIME    /* a store that does not look at dates */
} laxness;

static int
say_yes(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    (void)store;
    return 1;
}

static int
replace_verification(X509_STORE_CTX *store, void *ctx)
{
    (void)store;
    (void)ctx;
    return 1;
}

static int
overrule_verification(X509_STORE_CTX *store, void *ctx)
{
    (void)ctx;
    (void)X509_verify_cert(store);
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

static void
loosen(SSL_CTX *ctx, laxness how)
{
    switch (how) {
    case LAX_MODE:
        break;
    case LAX_CALLBACK:
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, say_yes);
        break;
    case LAX_REPLACED:
        SSL_CTX_set_cert_verify_callback(ctx, replace_verification, NULL);
        break;
    case LAX_OVERRULED:
        SSL_CTX_set_cert_verify_callback(ctx, overrule_verification, NULL);
        break;
    case LAX_NO_TIME:
        X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx),
                             X509_V_FLAG_NO_CHECK_TIME);
        break;
    }
}

static void
test_own_ctx(void)
{
    static const struct {
        const char *kind;
        int code;
    } rows[] = {
        {"good", X509_V_OK},
        {"wrong-host", X509_V_ERR_HOSTNAME_MISMATCH},
        {"cn-only", X509_V_ERR_HOSTNAME_MISMATCH},
        {"expired", X509_V_ERR_CERT_HAS_EXPIRED},
        {"not-yet", X509_V_ERR_CERT_NOT_YET_VALID},
        {"self-signed", X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT},
        {"wrong-eku", X509_V_ERR_INVALID_PURPOSE},
        {"sha1", X509_V_ERR_CA_MD_TOO_WEAK},
        {"rsa1024", X509_V_ERR_EE_KEY_TOO_SMALL},
    };

    for (int how = LAX_MODE; how <= LAX_NO_TIME; how++) {
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            SSL_CTX *ctx = new_lax_ctx();

            TEST_ROW("own SSL_CTX %d, %s", how, rows[i].kind);
            loosen(ctx, (laxness)how);
            check_own(ctx, (peer_options){.kind = rows[i].kind}, "localhost",
                      rows[i].code);
            SSL_CTX_free(ctx);
        }
    }
    TEST_ROW("%s", "");
}

/* P-224 cannot be met with default groups; TLS 1.3 does not know it. */
static void
test_small_curve(void)
{
    SSL_CTX *ctx = new_lax_ctx();

    TEST_ROW("%s", "P-224");
    check_own(ctx,
              (peer_options){.kind = "p224", .max_version = TLS1_2_VERSION},
              "localhost", X509_V_ERR_EE_KEY_TOO_SMALL);
    TEST_ROW("%s", "");
    SSL_CTX_free(ctx);
}

/* Names that the caller's SSL_CTX brings do not widen what is accepted. */
static void
test_own_names(void)
{
    SSL_CTX *ctx = new_lax_ctx();

    TEST_ROW("%s", "names in an SSL_CTX");
    CHECK_INT(X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(ctx),
                                          "other.example.test", 0),
              1);
    check_own(ctx, (peer_options){.kind = "wrong-host"}, "localhost",
              X509_V_ERR_HOSTNAME_MISMATCH);
    check_own(ctx, (peer_options){.kind = "good"}, "localhost", X509_V_OK);
    check_own(ctx, (peer_options){.kind = "good"}, "127.0.0.1", X509_V_OK);
    TEST_ROW("%s", "");
    SSL_CTX_free(ctx);
}

/* A handshake without any certificate is no verified one. */
static void
test_no_certificate(void)
{
    SSL_CTX *ctx = new_lax_ctx();

    TEST_ROW("%s", "anonymous cipher");
    check_own(
        ctx, (peer_options){.ciphers = "aNULL", .max_version = TLS1_2_VERSION},
        "localhost", X509_V_ERR_UNSPECIFIED);
    TEST_ROW("%s", "");
    SSL_CTX_free(ctx);
}

int
main(int argc, char **argv)
{
    if (!lab_open(argc, argv))
        return 1;
    test_kinds(0);
    test_kinds(TLS1_2_VERSION);
    test_server_name();
    test_insecure();
    test_system_store();
    test_trusted_by_hand();
    test_anchor_by_sha1();
    test_own_ctx();
    test_small_curve();
    test_own_names();
    test_no_certificate();
    lab_close();
    return test_summary();
}
