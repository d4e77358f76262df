/* SPDX-License-Identifier: MIT */
/*
 * mboxrd_test - messages become entries and come back, octet for octet: some
 * by hand, in all splits, and random ones over the octets that matter.
 */
#include <unistd.h>

#include <mail/mboxrd.h>

#include "harness/test.h"
#include "scratch.h"

enum {
    TEXT_MAX = 4096
};

static const char line[] = "From MAILER-DAEMON Thu Jan  1 00:00:01 1970\n";

static char entry[2 * TEXT_MAX];

/* What the file has, read back; `cuts` says where the pieces end. */
static size_t
write_entry(const char *in, size_t len, const size_t *cuts, size_t cut_count)
{
    FILE *file = tmpfile();
    static writer out;
    mboxrd m;
    size_t at = 0;
    size_t i;
    size_t got;

    if (file == NULL)
        exit(1);
    writer_start(&out, fileno(file), true);
    CHECK_INT(mboxrd_begin(&m, &out, 1), 0);
    for (i = 0; i < cut_count; i++) {
        CHECK_INT(mboxrd_put(&m, in + at, cuts[i] - at), 0);
        at = cuts[i];
    }
    CHECK_INT(mboxrd_put(&m, in + at, len - at), 0);
    CHECK_INT(mboxrd_end(&m), 0);
    CHECK_INT(writer_end(&out), 0);
    got = (size_t)out.octets;
    CHECK_INT(pread(fileno(file), entry, sizeof(entry), 0), got);
    fclose(file);
    return got;
}

/* As the documentation says it is to be undone; another way than it is made.
 */
static size_t
read_entry(size_t len, char *out)
{
    size_t at = sizeof(line) - 1;
    size_t n = 0;

    CHECK(len > sizeof(line) - 1);
    CHECK(memcmp(entry, line, sizeof(line) - 1) == 0);
    CHECK(entry[len - 1] == '\n');
    len--; /* the empty line */
    while (at < len) {
        const char *lf = memchr(entry + at, '\n', len - at);
        size_t end = lf == NULL ? len : (size_t)(lf - entry) + 1;
        size_t quotes = 0;

        while (at + quotes < end && entry[at + quotes] == '>')
            quotes++;
        CHECK(end - at < 5 || memcmp(entry + at, "From ", 5) != 0);
        if (quotes > 0 && end - at - quotes >= 5 &&
            memcmp(entry + at + quotes, "From ", 5) == 0)
            at++;
        memcpy(out + n, entry + at, end - at);
        n += end - at;
        at = end;
    }
    return n;
}

/* CRLF to LF by looking at the whole. */
static size_t
unix_ends(const char *in, size_t len, char *out)
{
    size_t n = 0;
    size_t i;

    for (i = 0; i < len; i++) {
        if (in[i] != '\r' || i + 1 == len || in[i + 1] != '\n')
            out[n++] = in[i];
    }
    return n;
}

static void
check_way_back(const char *in, size_t len, const size_t *cuts,
               size_t cut_count)
{
    static char want[TEXT_MAX + 1];
    static char got[2 * TEXT_MAX];
    size_t want_len = unix_ends(in, len, want);
    size_t got_len = read_entry(write_entry(in, len, cuts, cut_count), got);

    if (want_len > 0 && want[want_len - 1] != '\n')
        want[want_len++] = '\n'; /* no server sends such a message */
    CHECK_MEM(got, got_len, want, want_len);
}

static const struct {
    const char *in;
    const char *body;
} cases[] = {
    {"", "\n"},
    {"a\r\n", "a\n\n"},
    {"\r\n", "\n\n"},
    {"From x\r\n", ">From x\n\n"},
    {">From x\r\n", ">>From x\n\n"},
    {">>>From \r\n", ">>>>From \n\n"},
    {"From\r\nFrom", "From\nFrom\n\n"},
    {"From:\r\nfrom x\r\n From x\r\n", "From:\nfrom x\n From x\n\n"},
    {"> From x\r\nxFrom x\r\n", "> From x\nxFrom x\n\n"},
    {"FFrom x\r\n>F>From x\r\n", "FFrom x\n>F>From x\n\n"},
    {"a\rFrom x\r\n", "a\rFrom x\n\n"},
    {"a\nFrom x\n", "a\n>From x\n\n"},
    {"no end", "no end\n\n"},
    {">", ">\n\n"},
    {"F", "F\n\n"},
    {"a\r", "a\r\n\n"},
    {"\r\r\n", "\r\n\n"},
};

static void
test_cases(void)
{
    size_t row;

    for (row = 0; row < sizeof(cases) / sizeof(cases[0]); row++) {
        size_t len = strlen(cases[row].in);
        size_t cuts[2];
        size_t got;

        TEST_ROW("case %zu", row);
        got = write_entry(cases[row].in, len, NULL, 0);
        CHECK_MEM(entry + sizeof(line) - 1, got - (sizeof(line) - 1),
                  cases[row].body, strlen(cases[row].body));
        for (cuts[0] = 0; cuts[0] <= len; cuts[0]++) {
            for (cuts[1] = cuts[0]; cuts[1] <= len; cuts[1]++) {
                size_t n = write_entry(cases[row].in, len, cuts, 2);

                CHECK_MEM(entry + sizeof(line) - 1, n - (sizeof(line) - 1),
                          cases[row].body, strlen(cases[row].body));
            }
        }
        check_way_back(cases[row].in, len, NULL, 0);
    }
}

static unsigned long
next_random(unsigned long *state)
{
    *state = *state * 6364136223846793005UL + 1442695040888963407UL;
    return *state >> 33;
}

static void
test_random(void)
{
    static const char *const words[] = {"From ", ">",    "\r\n", "\n", "\r",
                                        "F",     "From", "x",    " ",  ""};
    static char text[TEXT_MAX];
    const char *given = getenv("SEED");
    unsigned long seed = given == NULL ? 1 : strtoul(given, NULL, 10);
    int rounds = test_effort() == TEST_FULL ? 4000 : 400;
    int i;

    for (i = 0; i < rounds; i++) {
        unsigned long state = seed + (unsigned long)i;
        size_t cuts[2];
        size_t len = 0;

        TEST_ROW("seed=%lu", state);
        while (len < 60 + next_random(&state) % 100) {
            const char *word = words[next_random(&state) % 10];

            /* The empty one stands for a NUL. */
            memcpy(text + len, word, strlen(word) + 1);
            len += word[0] == '\0' ? 1 : strlen(word);
        }
        cuts[0] = next_random(&state) % (len + 1);
        cuts[1] = cuts[0] + next_random(&state) % (len + 1 - cuts[0]);
        check_way_back(text, len, cuts, 2);
    }
}

int
main(void)
{
    test_cases();
    test_random();
    return test_summary();
}
