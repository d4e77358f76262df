/* SPDX-License-Identifier: MIT */
/*
 * sha256_test - the examples of FIPS 180-4, whole and in pieces.
 */
#include <mail/sha256.h>

#include "harness/test.h"

static const char *
hex_of(sha256 *h)
{
    static char text[2 * SHA256_LEN + 1];
    unsigned char digest[SHA256_LEN];
    size_t i;

    sha256_end(h, digest);
    for (i = 0; i < SHA256_LEN; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return text;
}

static void
test_examples(void)
{
    static const struct {
        const char *text;
        const char *digest;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb924"
             "27ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223"
                "b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    sha256 h;
    size_t i;
    size_t cut;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i].text);

        for (cut = 0; cut <= len; cut++) {
            TEST_ROW("%zu at %zu", i, cut);
            sha256_start(&h);
            sha256_add(&h, rows[i].text, cut);
            sha256_add(&h, rows[i].text + cut, len - cut);
            CHECK_STR(hex_of(&h), rows[i].digest);
        }
    }
    TEST_ROW("%s", "");
}

static void
test_million(void)
{
    char part[1000];
    sha256 h;
    int i;

    memset(part, 'a', sizeof(part));
    sha256_start(&h);
    for (i = 0; i < 1000; i++)
        sha256_add(&h, part, sizeof(part));
    CHECK_STR(hex_of(&h), "cdc76e5c9914fb9281a1c7e284d73e67"
                          "f1809a48a497200e046d39ccc7112cd0");
}

int
main(void)
{
    test_examples();
    test_million();
    return test_summary();
}
