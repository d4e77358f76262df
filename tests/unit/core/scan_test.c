/* SPDX-License-Identifier: MIT */
/*
 * scan_test - each instruction set finds what a plain loop finds, and reads
 * nothing outside what it was given: the octets stand between two pages that
 * must not be touched, at one of them in turn.
 *
 * Says which instruction sets ran, and which this machine does not have.
 * With a name as argument, that one has to be what scan_best() chooses here.
 */
#include "core/scan.h"

#include "plan.h"
#include "test.h"

#include <sys/mman.h>
#include <unistd.h>

/* Two steps of the widest vectors, and a block. */
#define MOST 580

static struct {
    const scan *scan;
    struct plan plan;
    char *first; /* behind the lower guard */
    char *guard; /* the upper one */
    size_t room; /* between them */
} world;

static void
open_guards(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(pages != MAP_FAILED);
    CHECK(mprotect(pages, page, PROT_NONE) == 0);
    CHECK(mprotect(pages + 2 * page, page, PROT_NONE) == 0);
    world.first = pages + page;
    world.guard = pages + 2 * page;
    world.room = page;
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

static void
compare(const char *from, const char *end)
{
    CHECK(scan_newline(from, end) == slow_newline(from, end));
    CHECK(world.scan->newline_dot(from, end) == slow_newline_dot(from, end));
    CHECK(finds_newlines(from, end));
}

/* What has one thing to be found, at every place, or one thing everywhere. */
static void
test_regular(char *in, size_t len)
{
    size_t i;

    memset(in, '.', len);
    compare(in, in + len);
    for (i = 0; i < len; i++) {
        in[i] = '\n';
        compare(in, in + len);
        in[i] = '.';
    }
    memset(in, '\n', len);
    compare(in, in + len);
    for (i = 0; i < len; i++) {
        in[i] = '.';
        compare(in, in + len);
        in[i] = '\n';
    }
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

static void
test_choice(const char *wanted)
{
    CHECK(scan_best()->runs());
    if (wanted != NULL)
        CHECK_STR(scan_best()->name, wanted);
}

int
main(int argc, char **argv)
{
    size_t index;

    world.plan = (struct plan){.kind = PLAN_RANDOM, .random = plan_seed()};
    open_guards();
    test_choice(argc > 1 ? argv[1] : NULL);
    for (index = 0; (world.scan = scan_built(index)) != NULL; index++) {
        if (!world.scan->runs()) {
            TEST_SKIP("%s: this machine does not have it", world.scan->name);
            continue;
        }
        test_lengths();
        test_alignments();
        printf("ran %s\n", world.scan->name);
    }
    return test_summary();
}
