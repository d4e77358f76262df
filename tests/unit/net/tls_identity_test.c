/* SPDX-License-Identifier: MIT */
/*
 * Tests of tls_identity.c: each form of the client's certificate is shown to a
 * server that demands one, and what cannot be used is refused in words before
 * there is a connection. The files are made by openssl(1).
 */
#include "net/tls_identity.h"

#include <stdlib.h>

#include "harness/alloc.h"
#include "harness/test.h"
#include "tls_lab.h"

/* Runs a command in the lab's directory. */
static void
make(const char *command)
{
    char text[900];

    snprintf(text, sizeof(text), "cd '%s' && { %s; } 2>/dev/null",
             lab_path("."), command);
    CHECK_INT(system(text), 0);
    if (system(text) != 0)
        fprintf(stderr, "  %s\n", command);
}

static void
make_files(void)
{
    make("openssl pkey -in client.key -aes128 -passout pass:demo "
         "-out locked.key && cat client.pem locked.key >locked-both.pem");
    make("cat client.pem client.key >both.pem");
    make("openssl pkcs12 -export -in client.pem -inkey client.key "
         "-certfile ca-root.pem -passout pass:demo -out client.p12");
    make("openssl pkcs12 -export -in client.pem -inkey client.key "
         "-passout pass: -out open.p12");
    make("openssl pkcs12 -export -nokeys -in client.pem -passout pass:demo "
         "-out no-key.p12");
    make("head -c 200 client.p12 >cut.p12");
    make("echo junk >junk.pem");
}

/* What the callback does. */
typedef struct asker {
    const char *phrase; /* NULL: fails with `result` */
    pop3_result result;
    int calls;
} asker;

static pop3_result
tell(void *ctx, pop3_span *secret)
{
    asker *a = ctx;

    a->calls++;
    if (a->phrase == NULL)
        return a->result;
    *secret = (pop3_span){a->phrase, strlen(a->phrase)};
    return POP3_OK;
}

typedef struct row {
    const char *cert;
    const char *key;
    const char *phrase; /* NULL: there is no callback */
    const char *words;  /* of the refusal; NULL: it is accepted */
    int calls;
} row;

static void
check_row(const row *r, asker *a)
{
    pop3_tls_options options = {.ca_file = lab_path("ca-root.pem"),
                                .cert_file = lab_path(r->cert),
                                .passphrase_ctx = a};
    peer_options script = {.kind = "good", .want_client_cert = true};
    peer *p = peer_start(&script);
    client c;
    char buf[6];

    if (r->key != NULL)
        options.key_file = lab_path(r->key);
    if (r->phrase != NULL)
        options.passphrase = tell;
    c = client_open(p, &options, "localhost");
    CHECK_INT(c.result, r->words == NULL ? POP3_OK : POP3_ERR_ARGUMENT);
    if (c.result == POP3_OK)
        CHECK_INT(client_read(&c, buf, sizeof(buf)), POP3_OK);
    if (r->words != NULL)
        CHECK(strstr(c.error.text, r->words) != NULL);
    if (r->words == NULL ? c.result != POP3_OK
                         : strstr(c.error.text, r->words) == NULL)
        fprintf(stderr, "  got %s\n", c.error.text);
    CHECK(strstr(c.error.text, "demo") == NULL);
    client_close(&c);
    peer_wait(p);
    CHECK_INT(peer_saw_client_cert(p), r->words == NULL);
    peer_free(p);
    CHECK_INT(a->calls, r->calls);
}

static void
test_forms(void)
{
    static char too_long[1100];
    static const row rows[] = {
        {"client.pem", "client.key", NULL, NULL, 0},
        {"client.pem", "client.key", "unasked", NULL, 0},
        {"both.pem", NULL, NULL, NULL, 0},
        {"client.pem", "locked.key", "demo", NULL, 1},
        {"locked-both.pem", NULL, "demo", NULL, 1},
        {"client.p12", NULL, "demo", NULL, 1},
        {"open.p12", NULL, NULL, NULL, 0},
        {"open.p12", NULL, "unasked", NULL, 0},

        {"client.pem", "locked.key", NULL, "none was given", 0},
        {"client.pem", "locked.key", "wrong", "may be wrong", 1},
        {"client.pem", "locked.key", "", "may be wrong", 1},
        {"client.pem", "locked.key", too_long, "may be wrong", 1},
        {"client.p12", NULL, NULL, "none was given", 0},
        {"client.p12", NULL, "wrong", "may be wrong", 1},
        {"client.p12", NULL, too_long, "may be wrong", 1},
        {"client.p12", "client.key", "demo", "no key file", 0},
        {"no-key.p12", NULL, "demo", "with its key", 1},
        {"cut.p12", NULL, "demo", "PEM or PKCS#12", 0},
        {"junk.pem", NULL, NULL, "in PKCS#12", 0},
        {"client.pem", "good.key", NULL, "the key of the certificate", 0},
        {"client.pem", "junk.pem", NULL, "the key of the certificate", 0},
    };

    memset(too_long, 'x', sizeof(too_long) - 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        asker a = {.phrase = rows[i].phrase};

        TEST_ROW("identity %zu: %s, %s", i, rows[i].cert,
                 rows[i].key == NULL ? "no key" : rows[i].key);
        check_row(&rows[i], &a);
    }
    TEST_ROW("%s", "");
}

/* What the callback says is what the opening says. */
static void
test_no_passphrase(void)
{
    static const char *const certs[] = {"locked-both.pem", "client.p12"};

    for (size_t i = 0; i < sizeof(certs) / sizeof(certs[0]); i++) {
        asker a = {.result = POP3_ERR_CANCELED};
        pop3_tls_options options = {.cert_file = lab_path(certs[i]),
                                    .passphrase = tell,
                                    .passphrase_ctx = &a};
        pop3_tls *tls = NULL;

        TEST_ROW("no passphrase for %s", certs[i]);
        CHECK_INT(pop3_tls_new(&tls, &options), POP3_ERR_CANCELED);
        CHECK(strstr(pop3_tls_error(tls)->text, "no passphrase") != NULL);
        CHECK_INT(a.calls, 1);
        CHECK(queue_is_empty());
        pop3_tls_free(tls);
    }
    TEST_ROW("%s", "");
}

/* No allocation that fails lets anything leak or pass. */
static void
test_allocations(void)
{
    asker a = {.phrase = "demo"};
    pop3_tls_options options = {.ca_file = lab_path("ca-root.pem"),
                                .cert_file = lab_path("client.p12"),
                                .passphrase = tell,
                                .passphrase_ctx = &a};
    net_error error = {0};
    tls_config *config = NULL;
    unsigned long nth = 0;
    bool failed = true;

    while (failed) {
        alloc_arm(++nth);
        if (tls_config_new(&config, &options, "localhost", "995", &error) !=
            POP3_OK)
            CHECK(alloc_failed() && config == NULL);
        failed = alloc_failed();
        if (failed && config != NULL) {
            tls_config_free(config);
            config = NULL;
        }
    }
    CHECK(nth > 1);
    alloc_arm(0);
    tls_config_free(config);
}

int
main(int argc, char **argv)
{
    if (!lab_open(argc, argv))
        return 1;
    make_files();
    test_forms();
    test_no_passphrase();
    test_allocations();
    lab_close();
    return test_summary();
}
