/* SPDX-License-Identifier: MIT */
/*
 * test.h - the checks that every test written in C uses.
 *
 *   CHECK(cond)               a condition
 *   CHECK_INT(got, want)      two integers (bool, enum, size_t, int64_t ...)
 *   CHECK_STR(got, want)      two C strings; NULL equals only NULL
 *   CHECK_SPAN(span, "text")  octets with ptr and len against a C string
 *   CHECK_MEM(p, n, q, m)     two runs of octets
 *   TEST_ROW(fmt, ...)        names the row of a table for what follows
 *   TEST_SKIP(fmt, ...)       says that something was not tested, and why
 *
 * A failed check prints file:line, the expression, got and want, and goes on.
 * test_effort() tells how slow the program is made by its surroundings: tests
 * that play through very many cases take fewer then, and say how many.
 *
 * main() ends with `return test_summary();`: it prints "ok N checks" or
 * "FAIL n of N checks" and gives the exit status. A program in which no check
 * ran fails: a test that checked nothing has shown nothing. Exit status 77
 * (TEST_SKIPPED) is what Meson reports as a skip.
 */
#ifndef HARNESS_TEST_H
#define HARNESS_TEST_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEST_SKIPPED 77
#define TEST_MAX_SHOWN 50 /* failures that are printed; more are counted */

#if defined(__SANITIZE_ADDRESS__)
#define TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEST_SANITIZED 1
#endif
#endif
#ifndef TEST_SANITIZED
#define TEST_SANITIZED 0
#endif

enum test_effort {
    TEST_FULL,
    TEST_LESS,  /* under a sanitizer: some times slower */
    TEST_LITTLE /* under valgrind: some dozen times slower */
};

struct test_totals {
    unsigned long checks;
    unsigned long failures;
    unsigned long skips;
    char row[200];
};

/* Weak, so that all files of one test program share it without a test.c. */
__attribute__((weak)) struct test_totals test_totals;

static inline enum test_effort
test_effort(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    if (getenv("TEST_FULL") != NULL)
        return TEST_FULL;
    if (preloaded != NULL && strstr(preloaded, "vgpreload") != NULL)
        return TEST_LITTLE;
    return TEST_SANITIZED ? TEST_LESS : TEST_FULL;
}

/* Counts one check; true when it failed and has to be printed. */
static inline bool
test_failed(bool passed, const char *file, int line, const char *expr)
{
    test_totals.checks++;
    if (passed)
        return false;
    if (++test_totals.failures > TEST_MAX_SHOWN)
        return false;
    fflush(stdout);
    fprintf(stderr, "FAIL %s:%d: %s", file, line, expr);
    if (test_totals.row[0] != '\0')
        fprintf(stderr, " [%s]", test_totals.row);
    fputc('\n', stderr);
    return true;
}

__attribute__((format(printf, 1, 2))) static inline void
test_row(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(test_totals.row, sizeof(test_totals.row), format, args);
    va_end(args);
}

__attribute__((format(printf, 1, 2))) static inline void
test_skip(const char *format, ...)
{
    va_list args;

    test_totals.skips++;
    fputs("SKIP ", stdout);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

static inline void
test_print_octets(const char *label, const char *ptr, size_t len)
{
    size_t i;

    fprintf(stderr, "  %s (%zu octets): \"", label, len);
    for (i = 0; i < len && i < 400; i++) {
        unsigned char c = (unsigned char)ptr[i];

        if (c == '\r')
            fputs("\\r", stderr);
        else if (c == '\n')
            fputs("\\n", stderr);
        else if (c == '\\' || c == '"')
            fprintf(stderr, "\\%c", c);
        else if (c < 32 || c > 126)
            fprintf(stderr, "\\x%02x", c);
        else
            fputc(c, stderr);
    }
    fprintf(stderr, "\"%s\n", len > 400 ? "..." : "");
}

static inline void
test_check_int(intmax_t got, intmax_t want, const char *file, int line,
               const char *expr)
{
    if (test_failed(got == want, file, line, expr))
        fprintf(stderr, "  got  %" PRIdMAX "\n  want %" PRIdMAX "\n", got,
                want);
}

static inline void
test_check_mem(const char *got, size_t got_len, const char *want,
               size_t want_len, const char *file, int line, const char *expr)
{
    bool same = got_len == want_len &&
                (got_len == 0 || memcmp(got, want, got_len) == 0);

    if (!test_failed(same, file, line, expr))
        return;
    test_print_octets("got ", got, got_len);
    test_print_octets("want", want, want_len);
}

static inline void
test_check_str(const char *got, const char *want, const char *file, int line,
               const char *expr)
{
    if (got != NULL && want != NULL) {
        test_check_mem(got, strlen(got), want, strlen(want), file, line, expr);
        return;
    }
    if (test_failed(got == want, file, line, expr))
        fprintf(stderr, "  got  %s\n  want %s\n", got ? got : "NULL",
                want ? want : "NULL");
}

static inline int
test_summary(void)
{
    if (test_totals.skips > 0)
        printf("skipped: %lu\n", test_totals.skips);
    fflush(stdout);
    if (test_totals.failures > 0) {
        fprintf(stderr, "FAIL %lu of %lu checks\n", test_totals.failures,
                test_totals.checks);
        return 1;
    }
    if (test_totals.checks == 0) {
        fputs("FAIL: no check ran\n", stderr);
        return 1;
    }
    printf("ok %lu checks\n", test_totals.checks);
    return 0;
}

#define CHECK(cond) \
    ((void)test_failed((cond) ? true : false, __FILE__, __LINE__, #cond))
#define CHECK_INT(got, want)                                              \
    test_check_int((intmax_t)(got), (intmax_t)(want), __FILE__, __LINE__, \
                   #got " == " #want)
#define CHECK_STR(got, want) \
    test_check_str((got), (want), __FILE__, __LINE__, #got " == " #want)
#define CHECK_SPAN(span, text)                                             \
    test_check_mem((span).ptr, (span).len, (text), strlen(text), __FILE__, \
                   __LINE__, #span " == " #text)
#define CHECK_MEM(got, got_len, want, want_len)                          \
    test_check_mem((const char *)(got), (got_len), (const char *)(want), \
                   (want_len), __FILE__, __LINE__, #got " == " #want)
#define TEST_ROW(...) test_row(__VA_ARGS__)
#define TEST_SKIP(...) test_skip(__VA_ARGS__)

#endif
