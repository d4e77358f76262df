/* SPDX-License-Identifier: MIT */
/*
 * crlf_test - each text in all splits into three pieces, and all texts of up
 * to seven octets over {CR, LF, a} against a reference that looks ahead; by
 * all instruction sets that run here, whose longer texts scan_test covers.
 */
#include <core/scan.h>
#include <mail/crlf.h>

#include "harness/test.h"

enum {
    TEXT_MAX = 64
};

static const scan *by;

/* The obviously right one: it sees the whole text. */
static size_t
reference(const char *in, size_t len, char *out)
{
    size_t written = 0;
    size_t i;

    for (i = 0; i < len; i++) {
        if (in[i] == '\r' && i + 1 < len && in[i + 1] == '\n')
            continue;
        out[written++] = in[i];
    }
    return written;
}

static size_t
convert(const char *in, size_t len, size_t first, size_t second, char *out)
{
    crlf state = crlf_start(by);
    size_t n = crlf_to_lf(&state, in, first, out);

    n += crlf_to_lf(&state, in + first, second - first, out + n);
    n += crlf_to_lf(&state, in + second, len - second, out + n);
    return n + crlf_finish(&state, out + n);
}

static void
check_splits(const char *in, size_t len)
{
    char want[TEXT_MAX];
    char got[TEXT_MAX + 4];
    size_t want_len = reference(in, len, want);
    size_t first;
    size_t second;

    for (first = 0; first <= len; first++) {
        for (second = first; second <= len; second++) {
            size_t got_len = convert(in, len, first, second, got);

            TEST_ROW("split at %zu and %zu", first, second);
            CHECK_MEM(got, got_len, want, want_len);
        }
    }
}

static void
test_texts(void)
{
    static const char *const texts[] = {
        "",        "a",           "\r",          "\n",
        "\r\n",    "a\r\nb\r\n",  "a\rb\nc\r\n", "\r\r\n\r\n\n\r",
        "a\r\n\r", "\r\n.\r\n..", "x\r\r\r\ny",
    };
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check_splits(texts[i], strlen(texts[i]));
    check_splits("a\0\r\n\0", 5);
}

static void
test_all(void)
{
    static const char alphabet[] = "\r\na";
    char text[8];
    unsigned code;
    unsigned count = 1;
    size_t len;

    for (len = 0; len <= 7; len++) {
        for (code = 0; code < count; code++) {
            unsigned rest = code;
            size_t i;

            for (i = 0; i < len; i++) {
                text[i] = alphabet[rest % 3];
                rest /= 3;
            }
            check_splits(text, len);
        }
        count *= 3;
    }
}

static void
test_known(void)
{
    char out[16];

    CHECK_MEM(out, convert("a\r\nb\rc\n", 7, 2, 5, out), "a\nb\rc\n", 6);
}

int
main(void)
{
    size_t index;

    for (index = 0; (by = scan_built(index)) != NULL; index++) {
        if (!by->runs())
            continue;
        test_texts();
        test_all();
        test_known();
    }
    return test_summary();
}
