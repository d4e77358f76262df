/* SPDX-License-Identifier: MIT */
/*
 * scan_test - each instruction set finds what a plain loop finds, and touches
 * nothing outside what it was given: the octets stand between two pages that
 * must not be touched, at one of them in turn, and so does what is written.
 *
 *   scan_test [--best] NAME...
 *
 * tests the instruction sets of those names. With --best, the first of them
 * has to be what scan_best() chooses here. If this machine lacks one, the exit
 * status is that of a skip; whether it does is not left to scan to say.
 */
#include "core/scan.h"

#include "guards.h"
#include "plan.h"
#include "test.h"

/* Two steps of the widest vectors, and a block. */
#define MOST 580

#define LETTERS 5 /* of a string that may lie across a border */

static struct {
    const scan *scan;
    struct plan plan;
    char *first; /* behind the lower guard */
    char *guard; /* the upper one */
    char *out;   /* the upper guard of what is written */
} world;

static void
open_guards(void)
{
    world.first = guards_open(1, &world.guard);
    (void)guards_open(1, &world.out);
}

static const char *
slow_newline(const char *from, const char *end)
{
    for (; from < end; from++) {
        if (*from == '\n')
            return from;
    }
    return NULL;
}

static const char *
slow_newline_dot(const char *from, const char *end)
{
    for (; from + 1 < end; from++) {
        if (from[0] == '\n' && from[1] == '.')
            return from;
    }
    return NULL;
}

/* Whether a pass tells of all LFs that it has looked at. */
static bool
finds_newlines(const char *from, const char *end)
{
    scan_found found = {0};
    size_t count = 0;
    size_t i;

    memset(&found, 0xff, sizeof(found));
    world.scan->newlines(from, end, &found);
    if (found.looked > (size_t)(end - from) || found.count > SCAN_FOUND_MAX ||
        (found.looked == 0 && from < end))
        return false;
    for (i = 0; i < found.looked; i++) {
        if (from[i] == '\n' &&
            (count == found.count || found.at[count++] != i))
            return false;
    }
    return count == found.count &&
           (from + found.looked == end || count > SCAN_FOUND_MAX - 64);
}

static size_t
slow_crlf_to_lf(const char *from, const char *end, char *out)
{
    size_t written = 0;

    for (; from < end; from++) {
        if (from[0] != '\r' || from + 1 == end || from[1] != '\n')
            out[written++] = *from;
    }
    return written;
}

static bool
copies_lines(const char *from, const char *end)
{
    char want[MOST];
    size_t wanted = slow_crlf_to_lf(from, end, want);
    char *got = world.out - (end - from);

    return world.scan->crlf_to_lf(from, end, got) == wanted &&
           memcmp(got, want, wanted) == 0;
}

static void
compare(const char *from, const char *end)
{
    CHECK(scan_newline(from, end) == slow_newline(from, end));
    CHECK(world.scan->newline_dot(from, end) == slow_newline_dot(from, end));
    CHECK(finds_newlines(from, end));
    CHECK(copies_lines(from, end));
}

/* One octet among many others, at every place. */
static void
test_lone(char *in, size_t len, char others, char lone)
{
    size_t i;

    memset(in, others, len);
    compare(in, in + len);
    for (i = 0; i < len; i++) {
        in[i] = lone;
        compare(in, in + len);
        in[i] = others;
    }
}

static void
test_regular(char *in, size_t len)
{
    test_lone(in, len, '.', '\n');
    test_lone(in, len, '\n', '.');
    test_lone(in, len, '\n', '\r');
    test_lone(in, len, '\r', '\n');
}

static void
test_random(char *in, size_t len)
{
    static const char rare[] = "aaaaaaaaaaaaaaaaaaaaaaa\n..\r\x8a\x0b\0";
    static const char often[] = {'\n', '\r', '.', 'a'};
    size_t i;
    int round;

    for (round = 0; round < 10; round++) {
        for (i = 0; i < len; i++)
            in[i] = rare[plan_random(&world.plan, sizeof(rare))];
        compare(in, in + len);
        for (i = 0; i < len; i++)
            in[i] = often[plan_random(&world.plan, sizeof(often))];
        compare(in, in + len);
    }
}

/* Every length, so every alignment too, at both guards. */
static void
test_lengths(void)
{
    static const size_t steps[] = {1, 3, 29};
    size_t step = steps[test_effort()];
    size_t len;

    compare(world.guard, world.guard);
    compare(world.first, world.first);
    for (len = 1; len <= MOST; len += len < 140 ? 1 : step) {
        TEST_ROW("%s, %zu octets", world.scan->name, len);
        test_regular(world.guard - len, len);
        test_random(world.guard - len, len);
        test_random(world.first, len);
    }
}

/* The same octets at every place against a block. */
static void
test_alignments(void)
{
    size_t at;

    for (at = 0; at < 64; at++) {
        TEST_ROW("%s, at %zu", world.scan->name, at);
        test_random(world.first + at, 300);
    }
}

/* All strings of LETTERS octets, at `at` in the middle of others. */
static void
test_strings_at(char *in, size_t len, size_t at)
{
    static const char letters[] = {'\r', '\n', '.', 'a'};
    unsigned code;

    memset(in, 'a', len);
    for (code = 0; code < 1u << 2 * LETTERS; code++) {
        unsigned i;

        for (i = 0; i < LETTERS; i++)
            in[at + i] = letters[code >> 2 * i & 3];
        compare(in, in + len);
    }
}

/* Where blocks and steps meet, and where the portable twin takes over. */
static void
test_borders(void)
{
    static const size_t borders[] = {64, 128, 256, 320};
    static const size_t behind[] = {0, 1, 63, 64, 65, 200};
    size_t steps[] = {1, 2, LETTERS};
    size_t i;
    size_t k;
    size_t at;

    for (i = 0; i < sizeof(borders) / sizeof(*borders); i++) {
        for (k = 0; k < sizeof(behind) / sizeof(*behind); k++) {
            size_t len = borders[i] + LETTERS + behind[k];

            TEST_ROW("%s, around %zu of %zu octets", world.scan->name,
                     borders[i], len);
            for (at = borders[i] - LETTERS; at <= borders[i];
                 at += steps[test_effort()])
                test_strings_at(world.guard - len, len, at);
        }
    }
}

static const scan *
find_scan(const char *name)
{
    size_t index = 0;

    while (scan_built(index) != NULL &&
           strcmp(scan_built(index)->name, name) != 0)
        index++;
    return scan_built(index);
}

/* What the kernel says of AVX-512; the others are everywhere where the tests
 * ask for them. */
static bool
machine_has(const char *name)
{
    char line[8192];
    FILE *file = fopen("/proc/cpuinfo", "r");
    bool has = strcmp(name, "avx512") != 0;

    while (!has && file != NULL && fgets(line, sizeof(line), file) != NULL)
        has = strncmp(line, "flags", 5) == 0 &&
              strstr(line, " avx512bw ") != NULL &&
              strstr(line, " avx512_vbmi2 ") != NULL;
    if (file != NULL)
        fclose(file);
    return has;
}

static void
test_one(const char *name)
{
    world.scan = find_scan(name);
    CHECK(world.scan != NULL);
    if (world.scan == NULL)
        return;
    if (!machine_has(name)) {
        CHECK(!world.scan->runs());
        TEST_SKIP("%s: this machine does not have it", name);
        return;
    }
    CHECK(world.scan->runs());
    if (!world.scan->runs())
        return;
    test_lengths();
    test_alignments();
    test_borders();
    printf("ran %s\n", name);
}

int
main(int argc, char **argv)
{
    int failed;

    world.plan = (struct plan){.kind = PLAN_RANDOM, .random = plan_seed()};
    open_guards();
    CHECK(scan_best()->runs());
    if (argc > 2 && strcmp(argv[1], "--best") == 0) {
        CHECK_STR(scan_best()->name, argv[2]);
        argv++;
    }
    while (*++argv != NULL)
        test_one(*argv);
    failed = test_summary();
    return failed == 0 && test_totals.skips > 0 ? TEST_SKIPPED : failed;
}
