/* SPDX-License-Identifier: MIT */
/*
 * scan_test - finds what a plain loop finds, and reads nothing behind the end:
 * the octets end where a page begins that must not be touched.
 */
#include "core/scan.h"

#include "plan.h"
#include "test.h"

#include <sys/mman.h>
#include <unistd.h>

#define MOST 300

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

static void
compare(const char *from, const char *end)
{
    CHECK(scan_newline(from, end) == slow_newline(from, end));
    CHECK(scan_newline_dot(from, end) == slow_newline_dot(from, end));
}

int
main(void)
{
    static const char letters[] = "aaaaaaaaaaaaaaaaaaaaaaa\n..\r\x8a\x0b\0";
    struct plan plan = {.kind = PLAN_RANDOM, .random = plan_seed()};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *guard = two + page;
    size_t len;
    size_t i;
    int round;

    CHECK(two != MAP_FAILED && mprotect(guard, page, PROT_NONE) == 0);
    CHECK(scan_newline(guard, guard) == NULL);
    CHECK(scan_newline_dot(guard, guard) == NULL);
    for (len = 1; len <= MOST; len++) {
        char *in = guard - len;

        /* Nothing to be found; then one thing, at every place. */
        memset(in, '.', len);
        compare(in, guard);
        for (i = 0; i < len; i++) {
            in[i] = '\n';
            compare(in, guard);
            in[i] = '.';
        }
        for (round = 0; round < 20; round++) {
            for (i = 0; i < len; i++)
                in[i] = letters[plan_random(&plan, sizeof(letters))];
            compare(in, guard);
        }
        memset(in, '\n', len);
        compare(in, guard);
        in[len - 1] = '.';
        compare(in, guard);
    }
    return test_summary();
}
