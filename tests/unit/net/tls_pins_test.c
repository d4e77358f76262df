/* SPDX-License-Identifier: MIT */
/*
 * Tests of tls_pins.c, and of what a pin replaces: the fingerprints are those
 * that openssl(1) prints.
 */
#include "net/tls_pins.h"

#include <stdlib.h>

#include "harness/test.h"
#include "tls_lab.h"

#define HEX64 \
    "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789ABCDEF"
#define COLONS                                         \
    "01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef:" \
    "01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef"
#define BASE64 "ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8="

static void
test_parse(void)
{
    static const struct {
        const char *text;
        size_t count; /* 0: refused */
        bool of_key;  /* the last one */
    } rows[] = {
        {HEX64, 1, false},
        {COLONS, 1, false},
        {"sha256:" HEX64, 1, false},
        {"SHA256:" COLONS, 1, false},
        {"spki-sha256:" BASE64, 1, true},
        {"spki-sha256:" HEX64, 1, true},
        {" sha256:" HEX64 ",\tspki-sha256:" BASE64 " ", 2, true},
        {HEX64 " " HEX64 " " HEX64 " " HEX64 " " HEX64 " " HEX64 " " HEX64
               " " HEX64,
         8, false},
        {HEX64 " " HEX64 " " HEX64 " " HEX64 " " HEX64 " " HEX64 " " HEX64
               " " HEX64 " " HEX64,
         0, false},
        {"", 0, false},
        {" ,", 0, false},
        {"sha256:", 0, false},
        {"sha1:" HEX64, 0, false},
        {"sha256:" BASE64, 0, false},
        {BASE64, 0, false},
        {HEX64 "0", 0, false},
        {HEX64 "00", 0, false},
        {COLONS ":", 0, false},
        {":" COLONS, 0, false},
        {"01::23", 0, false},
        {"sha256:0123", 0, false},
        {"sha256:g" HEX64, 0, false},
        {"spki-sha256:" BASE64 "=", 0, false},
        {"spki-sha256:ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze9=", 0, false},
        {"md5:01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef", 0, false},
    };
    static const unsigned char want[] = {1,    0x23, 0x45, 0x67,
                                         0x89, 0xab, 0xcd, 0xef};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tls_pins pins;
        bool good = tls_pins_parse(&pins, rows[i].text);

        TEST_ROW("pins \"%s\"", rows[i].text);
        CHECK_INT(good, rows[i].count > 0);
        if (!good || rows[i].count == 0)
            continue;
        CHECK_INT(pins.count, rows[i].count);
        CHECK_INT(pins.list[pins.count - 1].of_key, rows[i].of_key);
        for (size_t at = 0; at < TLS_PIN_LEN; at += sizeof(want))
            CHECK_MEM(pins.list[pins.count - 1].digest + at, sizeof(want),
                      want, sizeof(want));
    }
    TEST_ROW("%s", "");
}

/* ---- handshakes ---- */

/* The first line that a command prints about $file. */
static void
ask_openssl(const char *command, const char *file, char *line, size_t size)
{
    char text[700];
    FILE *out;

    snprintf(text, sizeof(text), "file='%s'; %s", lab_path(file), command);
    out = popen(text, "r");
    CHECK(out != NULL && fgets(line, (int)size, out) != NULL);
    if (out != NULL)
        CHECK_INT(pclose(out), 0);
    line[strcspn(line, "\n")] = '\0';
}

typedef enum pin_kind {
    PIN_CERT,
    PIN_KEY,
    PIN_KINDS
} pin_kind;

static const char *
pin_of(const char *kind, pin_kind how)
{
    static char pin[256];
    char file[64];
    char line[200] = "";

    snprintf(file, sizeof(file), "%s.pem", kind);
    if (how == PIN_CERT)
        ask_openssl("openssl x509 -in \"$file\" -noout -fingerprint -sha256 | "
                    "sed 's/.*=//'",
                    file, line, sizeof(line));
    else
        ask_openssl(
            "openssl x509 -in \"$file\" -noout -pubkey | openssl pkey -pubin "
            "-outform der | openssl dgst -sha256 -binary | openssl "
            "base64",
            file, line, sizeof(line));
    snprintf(pin, sizeof(pin), "%s%s",
             how == PIN_CERT ? "sha256:" : "spki-sha256:", line);
    return pin;
}

static void
check_pinned(const char *kind, const char *pin, int max_version, int code)
{
    peer_options script = {.kind = kind, .max_version = max_version};
    pop3_tls_options options = {.fingerprint = pin};
    peer *p = peer_start(&script);
    client c = client_open(p, &options, "localhost");

    CHECK_INT(c.result, code == X509_V_OK ? POP3_OK : POP3_ERR_CERT);
    CHECK_INT(c.error.sys, code);
    if (c.result != POP3_OK && code == X509_V_OK)
        fprintf(stderr, "  %s\n", c.error.text);
    client_close(&c);
    peer_free(p);
}

/* A pin stands for the chain, the dates, the purpose and the name; not for
 * the strength of the key. */
static void
test_what_is_replaced(void)
{
    static const struct {
        const char *kind;
        int code;
    } rows[] = {
        {"good", X509_V_OK},
        {"self-signed", X509_V_OK},
        {"expired", X509_V_OK},
        {"not-yet", X509_V_OK},
        {"wrong-host", X509_V_OK},
        {"cn-only", X509_V_OK},
        {"nul", X509_V_OK},
        {"wrong-eku", X509_V_OK},
        {"other-ca", X509_V_OK},
        {"chain", X509_V_OK},
        {"incomplete", X509_V_OK},
        {"not-ca", X509_V_OK},
        {"critical", X509_V_OK},
        {"sha1", X509_V_OK},
        {"rsa1024", X509_V_ERR_EE_KEY_TOO_SMALL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (pin_kind how = PIN_CERT; how < PIN_KINDS; how++) {
            const char *pin = pin_of(rows[i].kind, how);

            TEST_ROW("%s by %s", rows[i].kind, pin);
            check_pinned(rows[i].kind, pin, TLS1_2_VERSION, rows[i].code);
            check_pinned(rows[i].kind, pin, TLS1_3_VERSION, rows[i].code);
        }
    }
    TEST_ROW("%s", "");
}

/* Nothing else helps a certificate that is not the pinned one. */
static void
test_other_certificate(void)
{
    static const char *const kinds[] = {"good", "chain", "self-signed"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        for (pin_kind how = PIN_CERT; how < PIN_KINDS; how++) {
            const char *pin = pin_of("ip", how);

            TEST_ROW("%s by %s", kinds[i], pin);
            check_pinned(kinds[i], pin, 0,
                         X509_V_ERR_APPLICATION_VERIFICATION);
        }
    }
    TEST_ROW("%s", "");
}

/* What a user can compare and pin stands in the error. */
static void
test_words(void)
{
    static const struct {
        const char *pinned; /* NULL: nothing */
        const char *kind;
        const char *words;
    } rows[] = {
        {"good", "self-signed", "not the one that is pinned"},
        {NULL, "self-signed", "--tls-fingerprint sha256:"},
        {NULL, "other-ca", "--tls-fingerprint sha256:"},
        {NULL, "incomplete", "--tls-fingerprint sha256:"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char pin[256] = "";
        char file[64];
        char want[200] = "";
        pop3_tls_options options = {.ca_file = lab_path("ca-root.pem")};
        peer_options script = {.kind = rows[i].kind};
        peer *p = peer_start(&script);
        client c;

        TEST_ROW("words %zu", i);
        if (rows[i].pinned != NULL) {
            snprintf(pin, sizeof(pin), "%s", pin_of(rows[i].pinned, PIN_CERT));
            options.fingerprint = pin;
        }
        snprintf(file, sizeof(file), "%s.pem", rows[i].kind);
        ask_openssl(
            "openssl x509 -in \"$file\" -noout -fingerprint -sha256 | sed "
            "'s/.*=//;s/://g' | tr A-F a-f",
            file, want, sizeof(want));
        c = client_open(p, &options, "localhost");
        CHECK_INT(c.result, POP3_ERR_CERT);
        CHECK(strstr(c.error.text, rows[i].words) != NULL);
        CHECK_INT(strlen(want), 64);
        CHECK(strstr(c.error.text, want) != NULL);
        client_close(&c);
        peer_free(p);
    }
    TEST_ROW("%s", "");
}

/* ---- with other options ---- */

static int
say_yes(X509_STORE_CTX *store, void *ctx)
{
    (void)store;
    (void)ctx;
    return 1;
}

/* Also when a caller's SSL_CTX does not verify at all. */
static void
test_own_ctx(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    pop3_tls_options options = {.ssl_ctx = ctx};

    SSL_CTX_set_cert_verify_callback(ctx, say_yes, NULL);
    for (int right = 0; right < 2; right++) {
        peer_options script = {.kind = "self-signed"};
        peer *p = peer_start(&script);
        client c;

        TEST_ROW("own SSL_CTX, right %d", right);
        options.fingerprint = pin_of(right ? "self-signed" : "good", PIN_CERT);
        c = client_open(p, &options, "localhost");
        CHECK_INT(c.result, right ? POP3_OK : POP3_ERR_CERT);
        client_close(&c);
        peer_free(p);
    }
    TEST_ROW("%s", "");
    SSL_CTX_free(ctx);
}

/* One connection by shared settings; returns how it went. */
static pop3_result
open_shared(const peer *p, pop3_tls *shared)
{
    pop3_tls_options options = {.shared = shared};
    client c = client_open(p, &options, "localhost");
    pop3_result result = c.result;
    char buf[6];

    /* With TLS 1.3 the ticket comes with the first octets. */
    if (result == POP3_OK)
        CHECK_INT(client_read(&c, buf, sizeof(buf)), POP3_OK);
    client_close(&c);
    return result;
}

/* A session is resumed under the pins that it was made with, never under
 * others. */
static void
test_resumption(void)
{
    pop3_tls_options right = {.fingerprint = pin_of("self-signed", PIN_KEY)};
    pop3_tls_options wrong = {.fingerprint = HEX64};
    peer_options script = {.kind = "self-signed", .connections = 3};
    pop3_tls *one = NULL;
    pop3_tls *other = NULL;
    peer *p = peer_start(&script);

    CHECK_INT(pop3_tls_new(&one, &right), POP3_OK);
    CHECK_INT(pop3_tls_new(&other, &wrong), POP3_OK);
    CHECK_INT(open_shared(p, one), POP3_OK);
    CHECK_INT(open_shared(p, one), POP3_OK);
    CHECK_INT(open_shared(p, other), POP3_ERR_CERT);
    peer_wait(p);
    CHECK_INT(peer_resumed(p), 1);
    peer_free(p);
    pop3_tls_free(one);
    pop3_tls_free(other);
}

static void
test_contradictions(void)
{
    pop3_tls_options plain = {0};
    pop3_tls *shared = NULL;
    pop3_tls_options rows[] = {
        {.fingerprint = HEX64, .insecure = true},
        {.fingerprint = HEX64},
        {.fingerprint = "sha1:00"},
    };
    static const char *const words[] = {"choose one", "shared",
                                        "bad fingerprint"};

    CHECK_INT(pop3_tls_new(&shared, &plain), POP3_OK);
    rows[1].shared = shared;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tls_config *config = NULL;
        net_error error = {0};

        TEST_ROW("contradiction %zu", i);
        CHECK_INT(
            tls_config_new(&config, &rows[i], "localhost", "995", &error),
            POP3_ERR_ARGUMENT);
        CHECK(strstr(error.text, words[i]) != NULL);
    }
    TEST_ROW("%s", "");
    pop3_tls_free(shared);
}

int
main(int argc, char **argv)
{
    if (!lab_open(argc, argv))
        return 1;
    test_parse();
    test_what_is_replaced();
    test_other_certificate();
    test_words();
    test_own_ctx();
    test_resumption();
    test_contradictions();
    lab_close();
    return test_summary();
}
