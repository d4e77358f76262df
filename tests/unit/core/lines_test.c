/* SPDX-License-Identifier: MIT */
/*
 * lines_test - a body line by line, against a reference that has it whole,
 * however the body is cut into spans.
 */
#include <pop3.h>
#include <pop3/lines.h>

#include "alloc.h"
#include "octets.h"
#include "plan.h"
#include "test.h"

static const char *const bodies[] = {
    "",
    "a",
    "\n",
    "\r\n",
    "a\n",
    "a\r\n",
    "a\r\nb",
    "a\n\nb\r\n\r\n",
    "\r",
    "a\r",
    "a\rb\r\nc\r\r\nd",
    "\r\r\n\n\r",
    "a long line that is cut more than once\r\nand another one\n",
};

/* Lines as text: "<line>" each, "<part" while a line is not at its end. */
static void
add_line(struct octets *out, const pop3_line *line)
{
    octets_text(out, "<");
    octets_add(out, line->text.ptr, line->text.len);
    octets_text(out, line->end ? ">" : "");
}

static void
reference(const char *body, struct octets *out)
{
    while (*body != '\0') {
        size_t len = strcspn(body, "\n");
        pop3_line line = {{body, len}, true};

        if (body[len] == '\n' && len > 0 && body[len - 1] == '\r')
            line.text.len--;
        add_line(out, &line);
        body += len + (body[len] == '\n');
    }
    octets_text(out, "");
}

static void
run(pop3_lines *lines, const char *body, struct plan *plan, struct octets *out)
{
    size_t len = strlen(body);
    size_t at = 0;
    pop3_line line;

    while (at < len) {
        size_t part = plan_next(plan, at, len - at);

        CHECK_INT(pop3_lines_push(lines, (pop3_span){body + at, part}),
                  POP3_OK);
        while (pop3_lines_next(lines, &line))
            add_line(out, &line);
        at += part;
    }
    if (pop3_lines_finish(lines, &line))
        add_line(out, &line);
    CHECK(!pop3_lines_finish(lines, &line));
    octets_text(out, "");
}

static void
test_cuts(void)
{
    pop3_lines *lines = NULL;
    size_t i;
    size_t at;

    CHECK_INT(pop3_lines_new(&lines, 0), POP3_OK);
    for (i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        struct octets want = {0};

        TEST_ROW("body %zu", i);
        reference(bodies[i], &want);
        for (at = 0; at <= strlen(bodies[i]) + 1; at++) {
            struct plan plan = {.kind = PLAN_SPLIT, .split = at};
            struct octets got = {0};

            if (at == strlen(bodies[i]) + 1)
                plan.kind = PLAN_OCTETS;
            run(lines, bodies[i], &plan, &got);
            CHECK_STR(got.ptr, want.ptr);
            octets_clear(&got);
        }
        octets_clear(&want);
    }
    TEST_ROW("%s", "");
    pop3_lines_free(lines);
}

/* More lines than are found in one pass, of all short lengths. */
static void
test_many(void)
{
    struct octets body = {0};
    struct octets want = {0};
    pop3_lines *lines = NULL;
    size_t i;

    for (i = 0; i < 2000; i++)
        octets_text(&body, &"abcdefgh\r\n"[9 - i % 10 % 7]);
    for (i = 0; i < 300; i++)
        octets_text(&body, "\n");
    for (i = 0; i < 300; i++)
        octets_text(&body, "a line so long that blocks hold no end of it..");
    octets_text(&body, "\r\nend");
    reference(body.ptr, &want);
    CHECK_INT(pop3_lines_new(&lines, 0), POP3_OK);
    for (i = 0; i < 30; i++) {
        struct plan plan = {.kind = PLAN_RANDOM, .random = plan_seed()};
        struct octets got = {0};

        if (i == 0)
            plan = (struct plan){.kind = PLAN_SPLIT, .split = body.len};
        TEST_ROW("round %zu", i);
        run(lines, body.ptr, &plan, &got);
        CHECK_MEM(got.ptr, got.len, want.ptr, want.len);
        octets_clear(&got);
    }
    TEST_ROW("%s", "");
    pop3_lines_free(lines);
    octets_clear(&body);
    octets_clear(&want);
}

/* A line over the limit comes in parts; only the last has end = true. */
static void
test_limit(void)
{
    static const char body[] = "0123456789abcdef\r\nshort\r\n";
    pop3_lines *lines = NULL;
    size_t i;

    CHECK_INT(pop3_lines_new(&lines, 8), POP3_OK);
    for (i = 1; i < sizeof(body); i++) {
        struct plan plan = {.kind = PLAN_SPLIT, .split = i};
        struct octets got = {0};
        struct octets joined = {0};
        const char *p;

        if (i == 1)
            plan.kind = PLAN_OCTETS;
        TEST_ROW("split %zu", i);
        run(lines, body, &plan, &got);
        for (p = got.ptr; *p != '\0'; p++) {
            if (*p != '<' && *p != '\r')
                octets_add(&joined, p, 1);
        }
        CHECK_STR(joined.ptr, "0123456789abcdef>short>");
        octets_clear(&got);
        octets_clear(&joined);
    }
    TEST_ROW("%s", "");
    pop3_lines_free(lines);
}

static void
test_usage(void)
{
    pop3_lines *lines = NULL;
    pop3_line line;

    pop3_lines_free(NULL);
    alloc_arm(1);
    CHECK_INT(pop3_lines_new(&lines, 0), POP3_ERR_NOMEM);
    CHECK(lines == NULL);
    CHECK_INT(pop3_lines_new(&lines, 0), POP3_OK);
    CHECK_INT(pop3_lines_push(lines, (pop3_span){"a\nb", 3}), POP3_OK);
    CHECK_INT(pop3_lines_push(lines, (pop3_span){"c", 1}), POP3_ERR_USAGE);
    CHECK(pop3_lines_next(lines, &line));
    CHECK_SPAN(line.text, "a");
    CHECK(!pop3_lines_next(lines, &line));
    CHECK(pop3_lines_finish(lines, &line));
    CHECK_SPAN(line.text, "b");
    pop3_lines_free(lines);
}

/* When memory is short, lines come in parts, and none of them is lost. */
static void
test_no_memory(void)
{
    static const char body[] = "one line that is cut\nanother\n";
    unsigned long nth;

    for (nth = 2; nth < 6; nth++) {
        struct plan plan = {.kind = PLAN_OCTETS};
        struct octets got = {0};
        struct octets joined = {0};
        pop3_lines *lines = NULL;
        const char *p;

        alloc_arm(nth);
        CHECK_INT(pop3_lines_new(&lines, 0), POP3_OK);
        run(lines, body, &plan, &got);
        for (p = got.ptr; *p != '\0'; p++) {
            if (*p != '<')
                octets_add(&joined, p, 1);
        }
        CHECK_STR(joined.ptr, "one line that is cut>another>");
        pop3_lines_free(lines);
        CHECK_INT(alloc_live(), 0);
        octets_clear(&got);
        octets_clear(&joined);
    }
}

int
main(void)
{
    test_cuts();
    test_many();
    test_limit();
    test_usage();
    test_no_memory();
    return test_summary();
}
