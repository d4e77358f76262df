/* SPDX-License-Identifier: MIT */
/*
 * Tests of tls_config.c: options that make no sense are found, each with a
 * reason, before there is a connection.
 */
#include "net/tls.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/alloc.h"
#include "harness/test.h"
#include "tls_lab.h"

static void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

typedef struct bad_option {
    const char *words;
    pop3_tls_options options;
} bad_option;

static void
test_bad_options(void)
{
    const bad_option rows[] = {
        {"CA file", {.ca_file = lab_path("none.pem")}},
        {"CA file", {.ca_file = lab_path("junk.pem")}},
        {"CA directory", {.ca_path = lab_path("none")}},
        {"CA directory", {.ca_path = lab_path("junk.pem")}},
        {"give both", {.key_file = lab_path("client.key")}},
        {"client certificate", {.cert_file = lab_path("none.pem")}},
        {"client key", {.cert_file = lab_path("client.pem")}},
        {"key",
         {.cert_file = lab_path("client.pem"),
          .key_file = lab_path("good.key")}},
    };
    const bad_option more[] = {
        {"ciphers NONE-SUCH", {.ciphers = "NONE-SUCH"}},
        {"ciphersuites NONE-SUCH", {.ciphersuites = "NONE-SUCH"}},
        {"xn--", {.server_name = "b\xc3\xbc.example.test"}},
        {"dot", {.server_name = ".example.test"}},
        {"empty", {.server_name = ""}},
    };

    write_file(lab_path("junk.pem"), "no certificate\n");
    for (size_t i = 0;
         i < sizeof(rows) / sizeof(rows[0]) + sizeof(more) / sizeof(more[0]);
         i++) {
        const size_t first = sizeof(rows) / sizeof(rows[0]);
        const bad_option *r = i < first ? &rows[i] : &more[i - first];
        net_error error = {0};
        tls_config *config = NULL;

        TEST_ROW("bad option %zu: %s", i, r->words);
        CHECK_INT(
            tls_config_new(&config, &r->options, "localhost", "995", &error),
            POP3_ERR_ARGUMENT);
        CHECK(config == NULL);
        CHECK(strstr(error.text, r->words) != NULL);
        if (strstr(error.text, r->words) == NULL)
            fprintf(stderr, "  got %s\n", error.text);
        CHECK(queue_is_empty());
    }
    TEST_ROW("%s", "");
}

/* Options that an SSL_CTX of the caller's would silently lose. */
static void
test_own_ctx_and_options(void)
{
    net_error error = {0};
    tls_config *config = NULL;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    pop3_tls_options options = {.ca_file = lab_path("ca-root.pem")};

    options.ssl_ctx = ctx;
    CHECK_INT(tls_config_new(&config, &options, "localhost", "995", &error),
              POP3_ERR_ARGUMENT);
    CHECK(strstr(error.text, "SSL_CTX") != NULL);
    options.ca_file = NULL;
    CHECK_INT(tls_config_new(&config, &options, "localhost", "995", &error),
              POP3_OK);
    /* The configuration holds a reference of its own. */
    SSL_CTX_free(ctx);
    tls_config_free(config);
}

static void
test_ca_path(void)
{
    char command[700];
    pop3_tls_options options = {0};
    peer_options script = {.kind = "good"};
    peer *p;
    client c;

    snprintf(command, sizeof(command),
             "mkdir '%s' && cp '%s' '%s' && openssl rehash '%s'",
             lab_path("hashed"), lab_path("ca-root.pem"), lab_path("hashed"),
             lab_path("hashed"));
    CHECK_INT(system(command), 0);
    options.ca_path = lab_path("hashed");
    p = peer_start(&script);
    c = client_open(p, &options, "localhost");
    CHECK_INT(c.result, POP3_OK);
    client_close(&c);
    peer_free(p);
}

static void
test_allocations(void)
{
    pop3_tls_options options = {.ca_file = lab_path("ca-root.pem")};
    net_error error = {0};
    tls_config *config = NULL;
    unsigned long nth = 0;
    bool failed = true;

    while (failed) {
        alloc_arm(++nth);
        if (tls_config_new(&config, &options, "localhost", "995", &error) !=
            POP3_OK) {
            CHECK(alloc_failed());
            CHECK(config == NULL);
        }
        failed = alloc_failed();
    }
    CHECK(nth > 1);
    alloc_arm(0);
    tls_config_free(config);
    tls_config_free(NULL);
}

int
main(int argc, char **argv)
{
    if (!lab_open(argc, argv))
        return 1;
    test_bad_options();
    test_own_ctx_and_options();
    test_ca_path();
    test_allocations();
    lab_close();
    return test_summary();
}
