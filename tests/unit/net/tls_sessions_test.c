/* SPDX-License-Identifier: MIT */
/*
 * Tests of pop3_tls and tls_sessions.c: what is shared, what is resumed and
 * with whom, and that a resumed session is verified like any other.
 */
#include "net/tls_sessions.h"

#include <stdio.h>

#include "harness/alloc.h"
#include "harness/test.h"
#include "net/tls_config.h"
#include "tls_lab.h"

static pop3_tls *
new_tls(const pop3_tls_options *options)
{
    pop3_tls *tls = NULL;

    CHECK_INT(pop3_tls_new(&tls, options), POP3_OK);
    CHECK_STR(pop3_tls_error(tls)->text, "");
    return tls;
}

static pop3_tls *
new_default(void)
{
    return new_tls(&(pop3_tls_options){.ca_file = lab_path("ca-root.pem")});
}

/* One whole connection; whether it was resumed. */
static bool
connect_with(const peer *p, pop3_tls *tls, const char *name)
{
    pop3_tls_options options = {.shared = tls, .server_name = name};
    client c = client_open(p, &options, "localhost");
    char buf[6] = "";
    bool resumed = false;

    CHECK_INT(c.result, POP3_OK);
    if (c.result == POP3_OK) {
        CHECK_INT(client_read(&c, buf, 6), POP3_OK);
        CHECK_MEM(buf, 6, "hello\n", 6);
        resumed = strstr(tls_describe(&c.transport), ", resumed") != NULL;
    } else {
        fprintf(stderr, "  why  %s\n", c.error.text);
    }
    client_close(&c);
    return resumed;
}

static const int VERSIONS[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void
test_resumed(void)
{
    for (int i = 0; i < 2; i++) {
        peer *p = peer_start(&(peer_options){
            .kind = "good", .max_version = VERSIONS[i], .connections = 3});
        pop3_tls *tls = new_default();

        TEST_ROW("version %x", (unsigned)VERSIONS[i]);
        CHECK(!connect_with(p, tls, NULL));
        CHECK(connect_with(p, tls, NULL));
        CHECK(connect_with(p, tls, NULL));
        peer_wait(p);
        CHECK_INT(peer_resumed(p), 2);
        peer_free(p);
        pop3_tls_free(tls);
    }
    TEST_ROW("%s", "");
}

/* Another port, another name, other settings: full handshakes. */
static void
test_not_resumed(void)
{
    pop3_tls_options strict = {.ca_file = lab_path("ca-root.pem"),
                               .no_resumption = true};
    peer *p = peer_start(&(peer_options){.kind = "good", .connections = 6});
    pop3_tls *tls = new_default();
    pop3_tls *other = new_default();
    pop3_tls *never = new_tls(&strict);

    CHECK(!connect_with(p, tls, NULL));
    client_port = "110";
    CHECK(!connect_with(p, tls, NULL));
    client_port = "995";
    CHECK(!connect_with(p, tls, "127.0.0.1"));
    CHECK(!connect_with(p, other, NULL));
    CHECK(!connect_with(p, never, NULL));
    CHECK(!connect_with(p, never, NULL));
    peer_wait(p);
    CHECK_INT(peer_resumed(p), 0);
    peer_free(p);
    pop3_tls_free(tls);
    pop3_tls_free(other);
    pop3_tls_free(never);
}

/* A session that was made without verification, smuggled in: it is forgotten,
 * and not even tried once its certificate has expired. */
static void
test_verified_again(void)
{
    static const char key[] = "localhost 995 localhost";
    const struct {
        int version;
        const char *kind;
        int error;
        int resumed;
    } rows[] = {
        {TLS1_2_VERSION, "expired", X509_V_ERR_CERT_HAS_EXPIRED, 0},
        {TLS1_3_VERSION, "expired", X509_V_ERR_CERT_HAS_EXPIRED, 0},
        {TLS1_2_VERSION, "wrong-host", X509_V_ERR_HOSTNAME_MISMATCH, 1},
        {TLS1_3_VERSION, "wrong-host", X509_V_ERR_HOSTNAME_MISMATCH, 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        peer *p = peer_start(&(peer_options){.kind = rows[i].kind,
                                             .max_version = rows[i].version,
                                             .connections = 2});
        pop3_tls *insecure = new_tls(&(pop3_tls_options){.insecure = true});
        pop3_tls *tls = new_default();
        pop3_tls_options options = {.shared = tls};
        SSL_SESSION *session;
        client c;

        TEST_ROW("version %x, %s", (unsigned)rows[i].version, rows[i].kind);
        CHECK(!connect_with(p, insecure, NULL));
        session = tls_sessions_take(insecure->sessions, key);
        CHECK(session != NULL);
        /* More than one, as the newest is used up. */
        CHECK_INT(SSL_SESSION_up_ref(session), 1);
        tls_sessions_put(tls->sessions, key, session);
        tls_sessions_put(tls->sessions, key, session);
        c = client_open(p, &options, "localhost");
        CHECK_INT(c.result, POP3_ERR_CERT);
        CHECK_INT(c.error.sys, rows[i].error);
        client_close(&c);
        CHECK(tls_sessions_take(tls->sessions, key) == NULL);
        peer_wait(p);
        CHECK_INT(peer_resumed(p), rows[i].resumed);
        peer_free(p);
        pop3_tls_free(insecure);
        pop3_tls_free(tls);
    }
    TEST_ROW("%s", "");
}

/* A server cannot push the sessions of others out. */
static void
test_many_tickets(void)
{
    peer *p = peer_start(&(peer_options){.kind = "good", .tickets = 20});
    pop3_tls *tls = new_default();
    int kept = 0;

    CHECK(!connect_with(p, tls, NULL));
    for (int i = 0; i < TLS_SESSIONS_MAX; i++)
        kept += tls->sessions->entries[i].key != NULL;
    CHECK_INT(kept, 4);
    peer_free(p);
    pop3_tls_free(tls);
}

/* ---- the store ---- */

static SSL_SESSION *
new_session(int version)
{
    SSL_SESSION *session = SSL_SESSION_new();

    CHECK_INT(SSL_SESSION_set_protocol_version(session, version), 1);
    return session;
}

static void
test_store(void)
{
    tls_sessions *s = tls_sessions_new();
    SSL_SESSION *old = new_session(TLS1_2_VERSION);
    SSL_SESSION *young = new_session(TLS1_3_VERSION);
    SSL_SESSION *taken;
    char key[20];

    CHECK(tls_sessions_take(s, "a") == NULL);
    tls_sessions_put(s, "a", old);
    tls_sessions_put(s, "a", young);
    CHECK(tls_sessions_take(s, "b") == NULL);
    taken = tls_sessions_take(s, "a");
    CHECK(taken == young); /* and it is gone */
    SSL_SESSION_free(taken);
    for (int i = 0; i < 2; i++) {
        taken = tls_sessions_take(s, "a");
        CHECK(taken == old);
        SSL_SESSION_free(taken);
    }
    for (int i = 0; i < TLS_SESSIONS_MAX; i++) {
        snprintf(key, sizeof(key), "%d", i);
        tls_sessions_put(s, key, new_session(TLS1_2_VERSION));
    }
    CHECK(tls_sessions_take(s, "a") == NULL);
    taken = tls_sessions_take(s, "0");
    CHECK(taken != NULL);
    SSL_SESSION_free(taken);
    tls_sessions_free(s);
    tls_sessions_free(NULL);
}

/* ---- settings ---- */

static void
test_bad_settings(void)
{
    const struct {
        const char *words;
        pop3_tls_options options;
    } rows[] = {
        {"CA file", {.ca_file = lab_path("none.pem")}},
        {"ciphers", {.ciphers = "NONE-SUCH"}},
        {"name", {.server_name = "localhost"}},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pop3_tls *tls = NULL;
        tls_config *config = NULL;
        net_error error = {0};
        pop3_tls_options options = {0};

        TEST_ROW("%s", rows[i].words);
        CHECK_INT(pop3_tls_new(&tls, &rows[i].options), POP3_ERR_ARGUMENT);
        CHECK_INT(pop3_tls_error(tls)->result, POP3_ERR_ARGUMENT);
        CHECK(strstr(pop3_tls_error(tls)->text, rows[i].words) != NULL);
        /* What could not be made must not be taken for "no demands". */
        options.shared = tls;
        CHECK_INT(
            tls_config_new(&config, &options, "localhost", "995", &error),
            POP3_ERR_ARGUMENT);
        pop3_tls_free(tls);
    }
    TEST_ROW("%s", "");
    CHECK_INT(pop3_tls_error(NULL)->result, POP3_ERR_NOMEM);
}

/* What a connection asks for beside shared settings would be lost. */
static void
test_shared_and_options(void)
{
    pop3_tls *tls = new_default();
    const pop3_tls_options rows[] = {
        {.shared = tls, .ca_file = lab_path("ca-root.pem")},
        {.shared = tls, .ca_path = "/"},
        {.shared = tls, .cert_file = lab_path("client.pem")},
        {.shared = tls, .key_file = lab_path("client.key")},
        {.shared = tls, .ciphers = "ALL"},
        {.shared = tls, .ciphersuites = "TLS_AES_128_GCM_SHA256"},
        {.shared = tls, .min_version = POP3_TLS_1_3},
        {.shared = tls, .insecure = true},
        {.shared = tls, .ssl_ctx = tls},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tls_config *config = NULL;
        net_error error = {0};

        TEST_ROW("row %zu", i);
        CHECK_INT(
            tls_config_new(&config, &rows[i], "localhost", "995", &error),
            POP3_ERR_ARGUMENT);
        CHECK(strstr(error.text, "shared") != NULL);
    }
    TEST_ROW("%s", "");
    pop3_tls_free(tls);
}

/* A connection has a reference of its own. */
static void
test_references(void)
{
    pop3_tls *tls = new_default();
    pop3_tls_options options = {.shared = tls};
    tls_config *config = NULL;
    net_error error = {0};

    CHECK_INT(tls_config_new(&config, &options, "localhost", "995", &error),
              POP3_OK);
    pop3_tls_free(tls);
    CHECK(config->shared->ctx != NULL);
    tls_config_free(config);
    pop3_tls_free(NULL);
}

static void
test_allocations(void)
{
    pop3_tls_options options = {.ca_file = lab_path("ca-root.pem")};
    bool failed = true;

    for (unsigned long nth = 1; failed; nth++) {
        pop3_tls *tls = NULL;

        alloc_arm(nth);
        if (pop3_tls_new(&tls, &options) != POP3_OK)
            CHECK_INT(pop3_tls_error(tls)->result, POP3_ERR_NOMEM);
        failed = alloc_failed();
        pop3_tls_free(tls);
        CHECK_INT(alloc_live(), 0);
    }
    alloc_arm(0);
}

int
main(int argc, char **argv)
{
    if (!lab_open(argc, argv))
        return 1;
    test_resumed();
    test_not_resumed();
    test_verified_again();
    test_many_tickets();
    test_store();
    test_bad_settings();
    test_shared_and_options();
    test_references();
    test_allocations();
    CHECK(queue_is_empty());
    lab_close();
    return test_summary();
}
