/* SPDX-License-Identifier: MIT */
/*
 * Tests of tls_ocsp.c: one handshake for each answer of an authority, good
 * and bad, and for none; which sessions are kept under it; and who is not
 * asked for one.
 */
#include "net/tls_ocsp.h"

#include <stdio.h>
#include <string.h>

#include <openssl/ocsp.h>

#include "harness/test.h"
#include "staple.h"
#include "tls_lab.h"

enum {
    HOUR = 3600,
    DAY = 24 * HOUR,
    WORDS = 3
};

typedef struct row {
    const char *what;
    const char *kind;
    bool required;
    bool none; /* nothing is stapled */
    staple_options staple;
    int code; /* X509_V_OK: accepted */
    const char *words[WORDS];
} row;

#define REVOKED V_OCSP_CERTSTATUS_REVOKED
#define UNKNOWN V_OCSP_CERTSTATUS_UNKNOWN
#define FAILED X509_V_ERR_OCSP_VERIFY_FAILED
#define NEEDED X509_V_ERR_OCSP_VERIFY_NEEDED
#define TRY_LATER OCSP_RESPONSE_STATUS_TRYLATER

static const row ROWS[] = {
    /* what the authority says */
    {"good", "good", .staple = {.end_s = HOUR}},
    {"revoked", "good",
     .staple = {.status = REVOKED, .reason = 1, .made_s = -DAY, .end_s = HOUR},
     .code = X509_V_ERR_CERT_REVOKED,
     .words = {"revoked by its authority on 20", "(keyCompromise)",
               "administrator"}},
    {"revoked without a reason", "good",
     .staple = {.status = REVOKED, .reason = -1, .end_s = HOUR},
     .code = X509_V_ERR_CERT_REVOKED, .words = {", as the OCSP staple says"}},
    {"revoked long ago", "good",
     .staple = {.status = REVOKED, .made_s = -9 * DAY, .end_s = -DAY},
     .code = X509_V_ERR_CERT_REVOKED, .words = {"(unspecified)"}},
    {"unknown", "good", .staple = {.status = UNKNOWN, .end_s = HOUR},
     .code = X509_V_ERR_OCSP_CERT_UNKNOWN,
     .words = {"is unknown to the authority", "libpop3 test root"}},

    /* none */
    {"none", "good", .none = true},
    {"not signed", "good", .staple = {.error = TRY_LATER}},
    {"none where one is required", "good", .required = true, .none = true,
     .code = NEEDED,
     .words = {"--tls-ocsp require", "sent no staple", "administrator"}},
    {"not signed where one is required", "good", .required = true,
     .staple = {.error = TRY_LATER}, .code = NEEDED,
     .words = {"--tls-ocsp require", "sent trylater"}},
    {"good where one is required", "good", .required = true,
     .staple = {.end_s = HOUR}},
    {"must-staple", "must-staple", .none = true, .code = NEEDED,
     .words = {"demands an OCSP staple (must-staple)", "sent no staple"}},
    {"must-staple, not signed", "must-staple", .staple = {.error = TRY_LATER},
     .code = NEEDED, .words = {"must-staple", "sent trylater"}},
    {"must-staple, good", "must-staple", .staple = {.end_s = HOUR}},

    /* dates */
    {"stale", "good", .staple = {.made_s = -DAY, .end_s = -HOUR},
     .code = FAILED,
     .words = {"staple that expired on 20", "date of this computer"}},
    {"stale within the skew", "good",
     .staple = {.made_s = -DAY, .end_s = -60}},
    {"of tomorrow", "good", .staple = {.made_s = HOUR, .end_s = DAY},
     .code = FAILED,
     .words = {"not valid before 20", "date of this computer"}},
    {"of tomorrow within the skew", "good",
     .staple = {.made_s = 60, .end_s = DAY}},
    {"ends before it begins", "good", .staple = {.made_s = 200, .end_s = 100},
     .code = FAILED, .words = {"expired on"}},
    {"without an end", "good", .staple = {.made_s = -6 * DAY}},
    {"without an end, too old", "good", .staple = {.made_s = -8 * DAY},
     .code = FAILED, .words = {"too old: it was made on 20"}},

    /* about whom, and by whom */
    {"about another certificate", "good",
     .staple = {.about = "rsa2048", .end_s = HOUR}, .code = FAILED,
     .words = {"about another one"}},
    {"by another authority", "good",
     .staple = {.signer = "ca-other", .end_s = HOUR}, .code = FAILED,
     .words = {"its authority did not sign"}},
    {"by the certificate itself", "good",
     .staple = {.signer = "good", .end_s = HOUR}, .code = FAILED,
     .words = {"its authority did not sign"}},
    {"by a responder", "good", .staple = {.signer = "responder"}},
    {"by a responder that is too old", "good",
     .staple = {.signer = "responder-old"}, .code = FAILED,
     .words = {"its authority did not sign"}},
    {"by another authority's responder", "good",
     .staple = {.signer = "responder-other"}, .code = FAILED,
     .words = {"its authority did not sign"}},
    {"by one who is no responder", "good", .staple = {.signer = "client"},
     .code = FAILED, .words = {"its authority did not sign"}},
    {"by a responder with a weak key", "good",
     .staple = {.signer = "responder-weak"}, .code = FAILED,
     .words = {"can be forged"}},
    {"by SHA-1", "good", .staple = {.by_sha1 = true}, .code = FAILED,
     .words = {"can be forged"}},
    {"by an issuer that is no root", "chain",
     .staple = {.issuer = "ca-middle", .end_s = HOUR}},
    {"by the root above the issuer", "chain",
     .staple = {.issuer = "ca-middle", .signer = "ca-root"}, .code = FAILED,
     .words = {"its authority did not sign", "libpop3 test middle"}},

    /* what makes no sense */
    {"one bit is another", "good", .staple = {.damage = STAPLE_SIGNATURE},
     .code = FAILED, .words = {"its authority did not sign"}},
    {"cut", "good", .staple = {.damage = STAPLE_CUT}, .code = FAILED,
     .words = {"makes no sense"}},
    {"longer", "good", .staple = {.damage = STAPLE_LONGER}, .code = FAILED,
     .words = {"makes no sense"}},
    {"junk", "good", .staple = {.damage = STAPLE_JUNK}, .code = FAILED,
     .words = {"makes no sense"}},
};

static pop3_tls_options
defaults(void)
{
    return (pop3_tls_options){.ca_file = lab_path("ca-root.pem")};
}

static void
check_client(client *c, const row *r)
{
    char buf[6] = "";

    CHECK_INT(c->result, r->code == X509_V_OK ? POP3_OK : POP3_ERR_CERT);
    CHECK_INT(c->error.sys, r->code);
    for (size_t i = 0; i < WORDS && r->words[i] != NULL; i++) {
        CHECK(strstr(c->error.text, r->words[i]) != NULL);
        if (strstr(c->error.text, r->words[i]) == NULL)
            fprintf(stderr, "  \"%s\" is not in: %s\n", r->words[i],
                    c->error.text);
    }
    if (c->result == POP3_OK) {
        CHECK_INT(client_read(c, buf, 6), POP3_OK);
        CHECK_MEM(buf, 6, "hello\n", 6);
    } else if (r->code == X509_V_OK) {
        fprintf(stderr, "  %s\n", c->error.text);
    }
}

static void
check_row(const row *r, const pop3_tls_options *options, int version)
{
    peer *p =
        peer_start(&(peer_options){.kind = r->kind,
                                   .max_version = version,
                                   .staple = r->none ? NULL : &r->staple});
    client c = client_open(p, options, "localhost");

    check_client(&c, r);
    client_close(&c);
    peer_wait(p);
    CHECK(peer_was_asked(p));
    peer_free(p);
}

static void
test_answers(int version)
{
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        pop3_tls_options options = defaults();

        TEST_ROW("%s, version %x", ROWS[i].what, (unsigned)version);
        options.ocsp_required = ROWS[i].required;
        check_row(&ROWS[i], &options, version);
    }
    TEST_ROW("%s", "");
}

static int
say_yes(SSL *ssl, void *ctx)
{
    (void)ssl;
    (void)ctx;
    return 1;
}

/* A caller's SSL_CTX is held to the same, whatever its own callback says. */
static void
test_own_ctx(void)
{
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
        pop3_tls_options options = {.ssl_ctx = ctx,
                                    .ocsp_required = ROWS[i].required};

        TEST_ROW("own SSL_CTX, %s", ROWS[i].what);
        CHECK_INT(SSL_CTX_load_verify_file(ctx, lab_path("ca-root.pem")), 1);
        SSL_CTX_set_tlsext_status_cb(ctx, say_yes);
        check_row(&ROWS[i], &options, 0);
        SSL_CTX_free(ctx);
    }
    TEST_ROW("%s", "");
}

/* Whoever trusts no authority does not ask for the word of one. */
static void
test_not_asked(void)
{
    static const staple_options revoked = {.status = REVOKED};
    static const char any[] = "sha256:00000000000000000000000000000000"
                              "00000000000000000000000000000000";
    const pop3_tls_options rows[] = {{.insecure = true}, {.fingerprint = any}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        peer *p = peer_start(
            &(peer_options){.kind = "must-staple", .staple = &revoked});
        client c = client_open(p, &rows[i], "localhost");

        TEST_ROW("not asked %zu", i);
        CHECK_INT(c.result, rows[i].insecure ? POP3_OK : POP3_ERR_CERT);
        client_close(&c);
        peer_wait(p);
        CHECK(!peer_was_asked(p));
        peer_free(p);
    }
    TEST_ROW("%s", "");
}

static void
test_options(void)
{
    const struct {
        pop3_tls_options options;
        const char *words;
    } rows[] = {
        {{.ocsp_required = true, .insecure = true}, "any certificate"},
        {{.ocsp_required = true,
          .fingerprint = "sha256:0000000000000000000000000000000000000000000"
                         "000000000000000000000"},
         "no authority counts"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        net_error error = {0};
        tls_config *config = NULL;

        CHECK_INT(tls_config_new(&config, &rows[i].options, "localhost", "995",
                                 &error),
                  POP3_ERR_ARGUMENT);
        CHECK(strstr(error.text, rows[i].words) != NULL);
    }
}

/* ---- sessions ---- */

/* One whole connection. */
static bool
is_resumed(const peer *p, pop3_tls *tls, pop3_result wanted)
{
    pop3_tls_options options = {.shared = tls};
    client c = client_open(p, &options, "localhost");
    char buf[6] = "";
    bool resumed = false;

    CHECK_INT(c.result, wanted);
    if (c.result == POP3_OK) {
        CHECK_INT(client_read(&c, buf, 6), POP3_OK);
        resumed = strstr(tls_describe(&c.transport), ", resumed") != NULL;
    }
    client_close(&c);
    return resumed;
}

/* A session lives as long as the staple that it was made under, and so does
 * what comes of it. */
static void
test_sessions(void)
{
    static const struct {
        const char *what;
        staple_options staple;
        bool resumed;
        pop3_result result;
    } rows[] = {
        {"that holds", {.end_s = HOUR}, true, POP3_OK},
        {"that is over", {.made_s = -HOUR, .end_s = -60}, false, POP3_OK},
        {"revoked", {.status = REVOKED}, false, POP3_ERR_CERT},
    };

    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        size_t at = i / 2;
        pop3_tls_options options = defaults();
        pop3_tls *tls = NULL;
        peer *p = peer_start(&(peer_options){
            .kind = "must-staple",
            .max_version = i % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION,
            .staple = &rows[at].staple,
            .connections = 3});

        TEST_ROW("sessions under a staple %s, %zu", rows[at].what, i % 2);
        options.ocsp_required = true;
        CHECK_INT(pop3_tls_new(&tls, &options), POP3_OK);
        CHECK(!is_resumed(p, tls, rows[at].result));
        CHECK_INT(is_resumed(p, tls, rows[at].result), rows[at].resumed);
        CHECK_INT(is_resumed(p, tls, rows[at].result), rows[at].resumed);
        peer_wait(p);
        peer_free(p);
        pop3_tls_free(tls);
    }
    TEST_ROW("%s", "");
}

/* As if all had been made so long ago. */
static void
age_sessions(pop3_tls *tls, long by)
{
    for (size_t at = 0; at < TLS_SESSIONS_MAX; at++) {
        SSL_SESSION *session = tls->sessions->entries[at].session;

        if (session != NULL)
            SSL_SESSION_set_time(session, SSL_SESSION_get_time(session) - by);
    }
}

/* The end of a session that came of another one is that one's. */
static void
test_end_is_kept(void)
{
    static const staple_options staple = {.end_s = 600};
    pop3_tls_options options = defaults();
    pop3_tls *tls = NULL;
    time_t latest = time(NULL) + 110;
    peer *p = peer_start(
        &(peer_options){.kind = "good", .staple = &staple, .connections = 2});

    CHECK_INT(pop3_tls_new(&tls, &options), POP3_OK);
    CHECK(!is_resumed(p, tls, POP3_OK));
    age_sessions(tls, 500);
    CHECK(is_resumed(p, tls, POP3_OK));
    for (size_t at = 0; at < TLS_SESSIONS_MAX; at++)
        if (tls->sessions->entries[at].key != NULL)
            CHECK(tls_ocsp_end(tls->sessions->entries[at].session) <= latest);
    peer_wait(p);
    peer_free(p);
    pop3_tls_free(tls);
}

int
main(int argc, char **argv)
{
    if (!lab_open(argc, argv))
        return 1;
    test_answers(TLS1_3_VERSION);
    test_answers(TLS1_2_VERSION);
    test_own_ctx();
    test_not_asked();
    test_options();
    test_sessions();
    test_end_is_kept();
    lab_close();
    return test_summary();
}
