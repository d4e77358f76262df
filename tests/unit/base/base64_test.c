/* SPDX-License-Identifier: MIT */
/*
 * base64_test - the vectors of RFC 4648 §10, all lengths there and back, and
 * everything that a strict decoder has to refuse (R14).
 */
#include "base/base64.h"

#include "test.h"

static void
test_vectors(void)
{
    static const struct {
        const char *raw;
        const char *text;
    } rows[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char out[32];
        size_t len = strlen(rows[i].raw);
        size_t decoded = 99;

        TEST_ROW("%s", rows[i].text);
        CHECK_INT(base64_encoded_len(len), strlen(rows[i].text));
        base64_encode(rows[i].raw, len, out);
        CHECK_MEM(out, base64_encoded_len(len), rows[i].text,
                  strlen(rows[i].text));
        CHECK(
            base64_decode(rows[i].text, strlen(rows[i].text), out, &decoded));
        CHECK_MEM(out, decoded, rows[i].raw, len);
    }
}

static void
test_refused(void)
{
    static const char *const rows[] = {
        "Z",        "Zg",       "Zg=",
        "Zg===",    "=",        "==",
        "====",     "Z===",     "Zh==",
        "Zm9=",     "Zm8",      "Zm9v=",
        "Zg==Zg==", "Zm 9v",    " Zm9v",
        "Zm9v\n",   "Zm9v\r\n", "Zm-_",
        "Zm9*",     "Zg=a",     "\xc3\xa4\xc3\xb6",
        "Zm9v====",
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char out[32];
        size_t decoded = 99;

        TEST_ROW("%s", rows[i]);
        CHECK(!base64_decode(rows[i], strlen(rows[i]), out, &decoded));
        CHECK_INT(decoded, 99);
    }
}

static void
test_every_octet(void)
{
    char raw[256];
    char text[344];
    char back[258];
    size_t len;
    size_t i;

    TEST_ROW("%s", "");
    for (i = 0; i < sizeof(raw); i++)
        raw[i] = (char)(i * 7 + 3);
    for (len = 0; len <= sizeof(raw); len++) {
        size_t got = 0;

        base64_encode(raw, len, text);
        CHECK(base64_decode(text, base64_encoded_len(len), back, &got));
        CHECK_MEM(back, got, raw, len);
    }
    /* In place, and a NUL inside is no octet of the alphabet. */
    base64_encode(raw, 9, text);
    CHECK(base64_decode(text, 12, text, &len));
    CHECK_MEM(text, len, raw, 9);
    CHECK(!base64_decode("Zm9\0", 4, back, &len));
}

int
main(void)
{
    test_vectors();
    test_refused();
    test_every_octet();
    return test_summary();
}
