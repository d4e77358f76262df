/* SPDX-License-Identifier: MIT */
/*
 * Tests of TLS beyond certificates: versions, ciphers, client certificates,
 * servers that speak no TLS or vanish, ends of the stream, and large transfers
 * in both directions.
 */
#include "net/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/err.h>

#include "harness/alloc.h"
#include "harness/test.h"
#include "net/tcp.h"
#include "support.h"
#include "tls_lab.h"

static pop3_tls_options
defaults(void)
{
    return (pop3_tls_options){.ca_file = lab_path("ca-root.pem")};
}

static client
open_with(peer **p, peer_options script, pop3_tls_options options)
{
    if (script.kind == NULL)
        script.kind = "good";
    *p = peer_start(&script);
    return client_open(*p, &options, "localhost");
}

static void
check_error(const client *c, pop3_result result, const char *words)
{
    CHECK_INT(c->result, result);
    CHECK(strstr(c->error.text, words) != NULL);
    if (strstr(c->error.text, words) == NULL)
        fprintf(stderr, "  \"%s\" is not in: %s\n", words, c->error.text);
}

static void
check_hello(client *c)
{
    char buf[6] = "";

    CHECK_INT(client_read(c, buf, 6), POP3_OK);
    CHECK_MEM(buf, 6, "hello\n", 6);
}

/* ---- versions, ciphers, names ---- */

static void
test_plain_success(void)
{
    char buf[5];
    peer *p;
    client c = open_with(&p, (peer_options){0}, defaults());
    const char *words;

    CHECK_INT(c.result, POP3_OK);
    CHECK(c.transport.secure);
    CHECK_INT(c.transport.size, sizeof(c.transport));
    words = tls_describe(&c.transport);
    CHECK(strncmp(words, "TLSv1.3 TLS_", 12) == 0);
    check_hello(&c);
    CHECK_INT(client_write(&c, "QUIT\n", 5), POP3_OK);
    CHECK_INT(client_read(&c, buf, 5), POP3_OK);
    CHECK_MEM(buf, 5, "QUIT\n", 5);
    client_close(&c);
    peer_wait(p);
    CHECK_STR(peer_sni(p), "localhost");
    CHECK(peer_saw_close_notify(p));
    CHECK(!peer_saw_client_cert(p));
    peer_free(p);
}

static void
test_no_sni_for_addresses(void)
{
    static const char *const hosts[] = {"127.0.0.1", "::1"};

    for (int i = 0; i < 2; i++) {
        peer_options script = {.kind = "good"};
        pop3_tls_options options = defaults();
        peer *p = peer_start(&script);
        client c = client_open(p, &options, hosts[i]);

        CHECK_INT(c.result, POP3_OK);
        client_close(&c);
        peer_wait(p);
        CHECK_STR(peer_sni(p), "");
        peer_free(p);
    }
}

static void
test_versions(void)
{
    static const struct {
        int server;
        pop3_tls_version min;
        bool ok;
    } rows[] = {
        {0, POP3_TLS_1_2, true},
        {0, POP3_TLS_1_3, true},
        {TLS1_2_VERSION, POP3_TLS_1_2, true},
        {TLS1_2_VERSION, POP3_TLS_1_3, false},
        {TLS1_1_VERSION, POP3_TLS_1_2, false},
        {TLS1_VERSION, POP3_TLS_1_2, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pop3_tls_options options = defaults();
        peer *p;
        client c;

        TEST_ROW("server %x", (unsigned)rows[i].server);
        options.min_version = rows[i].min;
        c = open_with(&p, (peer_options){.max_version = rows[i].server},
                      options);
        if (rows[i].ok)
            check_hello(&c);
        else
            check_error(&c, POP3_ERR_TLS, "no TLS version in common");
        CHECK_INT(c.result, rows[i].ok ? POP3_OK : POP3_ERR_TLS);
        client_close(&c);
        peer_free(p);
    }
    TEST_ROW("%s", "");
}

/* An SSL_CTX that allows TLS 1.1 does not get it, nor with insecure. */
static void
test_old_version_with_own_ctx(void)
{
    for (int insecure = 0; insecure <= 1; insecure++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
        pop3_tls_options options = {.ssl_ctx = ctx, .insecure = insecure != 0};
        peer *p;
        client c;

        SSL_CTX_set_security_level(ctx, 0);
        CHECK_INT(SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION), 1);
        c = open_with(&p, (peer_options){.max_version = TLS1_1_VERSION},
                      options);
        check_error(&c, POP3_ERR_TLS, "no TLS version in common");
        client_close(&c);
        peer_free(p);
        SSL_CTX_free(ctx);
    }
}

static void
test_ciphers(void)
{
    pop3_tls_options options = defaults();
    peer *p;
    client c;

    options.ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305";
    c = open_with(&p, (peer_options){.max_version = TLS1_2_VERSION}, options);
    CHECK_INT(c.result, POP3_OK);
    CHECK_STR(tls_describe(&c.transport),
              "TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305");
    client_close(&c);
    peer_free(p);

    options = defaults();
    options.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256";
    c = open_with(&p, (peer_options){0}, options);
    CHECK_STR(tls_describe(&c.transport),
              "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256");
    client_close(&c);
    peer_free(p);

    options = defaults();
    c = open_with(
        &p,
        (peer_options){.max_version = TLS1_2_VERSION, .ciphers = "AES128-SHA"},
        options);
    check_error(&c, POP3_ERR_TLS, "no cipher in common");
    client_close(&c);
    peer_free(p);
}

/* A list of ciphers cannot lower what keys and signatures are accepted. */
static void
test_security_level_stays(void)
{
    pop3_tls_options options = defaults();
    peer *p;
    client c;

    options.ciphers = "ALL:@SECLEVEL=0";
    c = open_with(
        &p, (peer_options){.kind = "sha1", .max_version = TLS1_2_VERSION},
        options);
    CHECK_INT(c.result, POP3_ERR_CERT);
    client_close(&c);
    peer_free(p);
    c = open_with(&p,
                  (peer_options){.kind = NULL,
                                 .ciphers = "aNULL",
                                 .max_version = TLS1_2_VERSION},
                  options);
    CHECK_INT(c.result, POP3_ERR_TLS);
    client_close(&c);
    peer_free(p);
}

/* ---- client certificates ---- */

static void
test_client_certificate(void)
{
    static const int versions[] = {0, TLS1_2_VERSION};

    for (int i = 0; i < 2; i++) {
        pop3_tls_options options = defaults();
        peer_options script = {.want_client_cert = true,
                               .max_version = versions[i]};
        char buf[6];
        peer *p;
        client c;

        TEST_ROW("server %x", (unsigned)versions[i]);
        options.cert_file = lab_path("client.pem");
        options.key_file = lab_path("client.key");
        c = open_with(&p, script, options);
        CHECK_INT(c.result, POP3_OK);
        check_hello(&c);
        client_close(&c);
        peer_wait(p);
        CHECK(peer_saw_client_cert(p));
        peer_free(p);

        /* In TLS 1.3 the refusal comes after the handshake. */
        c = open_with(&p, script, defaults());
        if (c.result == POP3_OK)
            c.result = client_read(&c, buf, 6);
        check_error(&c, POP3_ERR_TLS, "client certificate");
        if (c.transport.read != NULL) {
            size_t n = 0;
            int want = 0;

            /* Once failed, for ever failed. */
            CHECK_INT(c.transport.read(c.transport.ctx, buf, 6, &n, &want),
                      POP3_ERR_TLS);
            CHECK_INT(c.transport.write(c.transport.ctx, buf, 6, &n, &want),
                      POP3_ERR_TLS);
        }
        client_close(&c);
        peer_free(p);

        /* One that the server does not trust. */
        options.cert_file = lab_path("other-ca.pem");
        options.key_file = lab_path("other-ca.key");
        c = open_with(&p, script, options);
        if (c.result == POP3_OK)
            c.result = client_read(&c, buf, 6);
        check_error(&c, POP3_ERR_TLS, "did not accept");
        client_close(&c);
        peer_free(p);
    }
    TEST_ROW("%s", "");
}

/* ---- servers that do something else ---- */

static void
test_no_tls(void)
{
    peer *p;
    client c = open_with(&p, (peer_options){.script = PEER_CLEAR}, defaults());

    check_error(&c, POP3_ERR_TLS, "is this a clear-text or STLS port?");
    client_close(&c);
    peer_free(p);
}

static void
test_vanishing(void)
{
    static const struct {
        peer_script script;
        pop3_result result;
        int sys;
    } rows[] = {{PEER_CLOSE_EARLY, POP3_ERR_CLOSED, 0},
                {PEER_RESET_EARLY, POP3_ERR_IO, ECONNRESET}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        peer *p;
        client c = open_with(&p, (peer_options){.script = rows[i].script},
                             defaults());

        check_error(&c, rows[i].result, "during the TLS handshake");
        CHECK_INT(c.error.sys, rows[i].sys);
        client_close(&c);
        peer_free(p);
    }
}

/* start_tls() waits and waits, and does not keep the processor busy. */
static void
test_silence(void)
{
    pop3_tls_options options = defaults();
    net_error error = {0};
    tls_config *config = NULL;
    pop3_transport t = POP3_TRANSPORT_INIT;
    char buf[1];
    size_t n = 0;
    int want = 0;
    int ends[2];

    tcp_pair(ends);
    CHECK_INT(tls_config_new(&config, &options, "localhost", "995", &error),
              POP3_OK);
    CHECK_INT(tcp_transport(&t, ends[0]), POP3_OK);
    CHECK_STR(tls_describe(&t), "");
    CHECK_INT(tls_wrap(&t, config, &error), POP3_OK);
    CHECK_STR(tls_describe(&t), "");
    CHECK_INT(t.read(t.ctx, buf, 1, &n, &want), POP3_ERR_USAGE);
    CHECK_INT(t.write(t.ctx, "x", 1, &n, &want), POP3_ERR_USAGE);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(t.start_tls(t.ctx, "", &want), POP3_ERR_AGAIN);
        CHECK_INT(want, POP3_POLL_IN);
        CHECK(!wait_for(t.fd(t.ctx), want, 20));
    }
    t.close(t.ctx);
    tls_config_free(config);
    close(ends[1]);
}

/* ---- ends of the stream ---- */

static void
test_ends(void)
{
    static const struct {
        peer_script script;
        int version;
        pop3_result result;
    } rows[] = {
        {PEER_NOTIFY, 0, POP3_ERR_CLOSED},
        {PEER_NOTIFY, TLS1_2_VERSION, POP3_ERR_CLOSED},
        {PEER_ABRUPT, 0, POP3_ERR_CLOSED},
        {PEER_ABRUPT, TLS1_2_VERSION, POP3_ERR_CLOSED},
        {PEER_RESET, 0, POP3_ERR_IO},
        {PEER_RESET, TLS1_2_VERSION, POP3_ERR_IO},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char buf[6] = "";
        peer *p;
        client c = open_with(&p,
                             (peer_options){.script = rows[i].script,
                                            .max_version = rows[i].version},
                             defaults());

        TEST_ROW("script %d, version %x", (int)rows[i].script,
                 (unsigned)rows[i].version);
        if (c.result == POP3_OK && rows[i].script != PEER_RESET)
            check_hello(&c);
        if (c.result == POP3_OK)
            c.result = client_read(&c, buf, 6);
        CHECK_INT(c.result, rows[i].result);
        CHECK_INT(c.error.sys, rows[i].result == POP3_ERR_IO ? ECONNRESET : 0);
        CHECK(c.error.text[0] != '\0');
        client_close(&c);
        peer_free(p);
    }
    TEST_ROW("%s", "");
}

/* What was sent before the end is read before the end is told. */
static void
test_data_before_end(void)
{
    const size_t size = 3U * 1024 * 1024 + 17;
    char *buf = calloc(1, size);
    char more[1];
    size_t wrong = 0;
    peer *p;
    client c = open_with(
        &p, (peer_options){.script = PEER_FLOOD, .amount = size}, defaults());

    CHECK_INT(c.result, POP3_OK);
    CHECK_INT(client_read(&c, buf, size), POP3_OK);
    for (size_t i = 0; i < size; i++)
        wrong += buf[i] != (char)(i % 16384 % 251);
    CHECK_INT(wrong, 0);
    CHECK_INT(client_read(&c, more, 1), POP3_ERR_CLOSED);
    client_close(&c);
    peer_free(p);
    free(buf);
}

/* Output moves in memory and grows between two tries, as the core's does. */
static pop3_result
write_moved(client *c, const char *data, size_t len, size_t *n, int *want)
{
    char *copy = malloc(len);
    pop3_result result;

    memcpy(copy, data, len);
    result = c->transport.write(c->transport.ctx, copy, len, n, want);
    free(copy);
    return result;
}

static void
test_large_writes(void)
{
    const size_t size = 16U * 1024 * 1024;
    const size_t most = 256U * 1024; /* each is copied, also what is left */
    char *data = calloc(1, size);
    size_t at = 0;
    bool waited = false;
    peer *p;
    client c = open_with(&p, (peer_options){.script = PEER_COUNT}, defaults());

    CHECK_INT(c.result, POP3_OK);
    while (at < size) {
        size_t n = 0;
        int want = 0;
        size_t len = size - at < most ? size - at : most;
        pop3_result result =
            write_moved(&c, data + at, (len + 1) / 2, &n, &want);

        if (result == POP3_ERR_AGAIN) {
            CHECK_INT(want, POP3_POLL_OUT);
            if (!waited)
                peer_go(p);
            waited = true;
            CHECK(
                wait_for(c.transport.fd(c.transport.ctx), want, PATIENCE_MS));
            result = write_moved(&c, data + at, len, &n, &want);
        }
        CHECK(result == POP3_OK || result == POP3_ERR_AGAIN);
        if (result != POP3_OK && result != POP3_ERR_AGAIN)
            break;
        at += n;
    }
    CHECK(waited);
    /* Session tickets that nobody read would turn the end into a reset. */
    CHECK_INT(c.transport.read(c.transport.ctx, data, 1, &at, &(int){0}),
              POP3_ERR_AGAIN);
    client_close(&c);
    peer_wait(p);
    CHECK_INT(peer_received(p), size);
    CHECK(peer_saw_close_notify(p));
    peer_free(p);
    free(data);
}

/* Others leave errors in the queue of this thread. */
static void
test_queue_of_others(void)
{
    char buf[6];
    size_t n = 0;
    int want = 0;
    peer *p;
    client c = open_with(&p, (peer_options){0}, defaults());

    CHECK_INT(c.result, POP3_OK);
    check_hello(&c);
    ERR_raise(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER);
    CHECK_INT(c.transport.read(c.transport.ctx, buf, 6, &n, &want),
              POP3_ERR_AGAIN);
    ERR_raise(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER);
    CHECK_INT(c.transport.write(c.transport.ctx, "abc", 3, &n, &want),
              POP3_OK);
    client_close(&c);
    peer_free(p);
}

/* ---- servers that never stop ---- */

/* TCP by single octets, of which there are always more. */
static pop3_transport drip_inner;
static unsigned drip_reads;

static pop3_result
drip_read(void *ctx, void *buf, size_t len, size_t *got, int *want)
{
    drip_reads++;
    return drip_inner.read(ctx, buf, len > 0 ? 1 : 0, got, want);
}

/* However much there is to read, a call comes to an end. */
static void
test_reads_of_a_call(void)
{
    pop3_tls_options options = defaults();
    peer *p = peer_start(&(peer_options){.kind = "good"});
    pop3_result result = POP3_ERR_AGAIN;
    tls_config *config = NULL;
    net_error error = {0};
    unsigned most = 0;
    int want = 0;

    CHECK_INT(tls_config_new(&config, &options, "localhost", "995", &error),
              POP3_OK);
    drip_inner = peer_connect(p);
    client c = {.config = config, .transport = drip_inner};
    c.transport.read = drip_read;
    CHECK_INT(tls_wrap(&c.transport, config, &error), POP3_OK);
    while (result == POP3_ERR_AGAIN) {
        drip_reads = 0;
        result = c.transport.start_tls(c.transport.ctx, "", &want);
        most = drip_reads > most ? drip_reads : most;
        if (result == POP3_ERR_AGAIN)
            CHECK(wait_for(c.transport.fd(c.transport.ctx), want, 10000));
    }
    CHECK_INT(result, POP3_OK);
    CHECK_INT(most, 4);
    check_hello(&c);
    client_close(&c);
    peer_free(p);
}

/* ---- memory ---- */

/* When it is short, what was there before stays usable. */
static void
test_allocations(void)
{
    pop3_tls_options options = defaults();
    net_error error = {0};
    tls_config *config = NULL;
    pop3_transport t = POP3_TRANSPORT_INIT;
    pop3_transport before;
    int ends[2];

    CHECK_INT(tls_config_new(&config, &options, "localhost", "995", &error),
              POP3_OK);
    tcp_pair(ends);
    CHECK_INT(tcp_transport(&t, ends[0]), POP3_OK);
    before = t;
    alloc_arm(1);
    CHECK_INT(tls_wrap(&t, config, &error), POP3_ERR_NOMEM);
    alloc_arm(0);
    CHECK(t.ctx == before.ctx && t.read == before.read);
    CHECK_INT(tls_wrap(&t, config, &error), POP3_OK);
    t.close(t.ctx);
    close(ends[1]);
    tls_config_free(config);
}

int
main(int argc, char **argv)
{
    int before;

    if (!lab_open(argc, argv))
        return 1;
    before = count_fds();
    test_plain_success();
    test_no_sni_for_addresses();
    test_versions();
    test_old_version_with_own_ctx();
    test_ciphers();
    test_security_level_stays();
    test_client_certificate();
    test_no_tls();
    test_vanishing();
    test_silence();
    test_ends();
    test_data_before_end();
    test_large_writes();
    test_queue_of_others();
    test_reads_of_a_call();
    test_allocations();
    CHECK_INT(count_fds(), before);
    lab_close();
    return test_summary();
}
