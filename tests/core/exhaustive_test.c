/* SPDX-License-Identifier: MIT */
/*
 * exhaustive_test - every short answer there is, cut in two everywhere.
 *
 * All strings of up to LONGEST octets over { CR, LF, '.', 'a', '+', '-' } are
 * given to a core as a status line, as the body of a message whose status
 * line ended by CRLF, and as one whose status line ended by LF. What the core
 * says is compared with a reference that takes the octets one by one and knows
 * nothing of buffers: standards and R20 to R22 in a few lines.
 *
 * A string that does not end the reply is followed by octets that do, in a
 * piece of their own, so that each string has a definite outcome. Input is fed
 * from blocks of its exact size, behind which a guard page lies: a read
 * outside ends the program. What a reply left in the core's own buffer is
 * there when the next one comes, so that reading too far gives other events.
 *
 * Searches look at blocks. So short strings are also put across the borders of
 * blocks in long bodies, and each instruction set that runs here searches.
 *
 * usage: exhaustive_test [LONGEST]; two processes share the work.
 */
#include <pop3.h>

#include "core/core_impl.h"

#include "test.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALPHABET 6
#define MOST 8
#define ROOM 768
#define AFTER 200 /* octets behind a string across a border */

static const char letters[ALPHABET] = {'\r', '\n', '.', 'a', '+', '-'};

enum kind {
    STATUS,
    BODY_CRLF,
    BODY_LF,
    KINDS
};

/* How a reply ended, and what was told of it. */
struct outcome {
    bool replied;       /* there was a +OK */
    pop3_result done;   /* of the command */
    pop3_result closed; /* POP3_OK: the session lives */
    char text[ROOM];    /* the line of REPLY or DONE; for a body: the data */
    size_t len;
};

/* ---- the reference ---- */

/* What is left behind the reply was not asked for. */
static void
reference_end(struct outcome *o, pop3_result done, size_t left)
{
    o->done = done;
    if (left > 0)
        o->closed = POP3_ERR_PROTOCOL;
}

static void
reference_status(const char *in, size_t len, struct outcome *o)
{
    size_t end = 0;
    size_t line;

    while (in[end] != '\n')
        end++;
    line = end > 0 && in[end - 1] == '\r' ? end - 1 : end;
    if (line == 0 || (in[0] != '+' && in[0] != '-')) {
        o->done = o->closed = POP3_ERR_PROTOCOL;
        return;
    }
    memcpy(o->text, in, line);
    o->len = line;
    o->replied = in[0] == '+';
    reference_end(o, o->replied ? POP3_OK : POP3_ERR_REFUSED, len - end - 1);
}

/* Cuts lines off, one at a time, each with its line end. */
static void
reference_body(const char *in, size_t len, bool crlf, struct outcome *o)
{
    size_t begin = 0;
    size_t at;

    o->replied = true;
    for (at = 0; at < len; at++) {
        const char *line = in + begin;
        size_t octets = at + 1 - begin;

        if (in[at] != '\n' || (crlf && (octets < 2 || in[at - 1] != '\r')))
            continue;
        if (line[0] == '.' && octets == (crlf ? 3 : 2)) {
            reference_end(o, POP3_OK, len - at - 1);
            return;
        }
        if (line[0] == '.') {
            line++;
            octets--;
        }
        memcpy(o->text + o->len, line, octets);
        o->len += octets;
        begin = at + 1;
    }
}

/* Whether the octets hold a whole reply; if not, `tail` makes one of them
 * whatever they are. */
static bool
is_whole(enum kind kind, const char *in, size_t len)
{
    struct outcome o = {.done = POP3_ERR_INTERNAL};

    if (kind == STATUS)
        return memchr(in, '\n', len) != NULL;
    reference_body(in, len, kind == BODY_CRLF, &o);
    return o.done != POP3_ERR_INTERNAL;
}

/* ---- the core ---- */

static struct {
    pop3_core *core;
    const scan *by; /* the instruction set of new cores */
    char *guard;    /* the first octet that must not be read */
    unsigned long strings;
    unsigned long runs;
} world;

static void
need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "FAIL: %s\n", what);
    _exit(1);
}

static void
open_guard(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    need(two != MAP_FAILED, "no memory for a guard page");
    need(mprotect(two + page, page, PROT_NONE) == 0, "no guard page");
    world.guard = two + page;
}

static void
feed(const char *in, size_t len)
{
    size_t taken = 0;
    char *exact = world.guard - len;

    if (len == 0)
        return;
    memcpy(exact, in, len);
    need(pop3_core_feed(world.core, exact, len, &taken) == POP3_OK &&
             taken == len,
         "the core does not take its input");
}

static pop3_core *
greeted_core(void)
{
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    pop3_event event;

    options.any_state = true;
    need(pop3_core_new(&world.core, &options) == POP3_OK, "no core");
    world.core->scan = world.by;
    feed("+OK\r\n", 5);
    need(pop3_core_next(world.core, &event) == POP3_EVENT_GREETING &&
             pop3_core_next(world.core, &event) == POP3_EVENT_NEED_INPUT,
         "no greeting");
    return world.core;
}

static void
ask(enum kind kind)
{
    pop3_command command = {.verb = POP3_CMD_NOOP};
    pop3_id id;

    if (kind != STATUS) {
        command.verb = POP3_CMD_RETR;
        command.number = 1;
    }
    if (world.core == NULL)
        greeted_core();
    need(pop3_core_submit(world.core, &command, &id) == POP3_OK,
         "the command is not taken");
    pop3_core_output_sent(world.core, pop3_core_output(world.core).len);
    if (kind == BODY_CRLF)
        feed("+OK\r\n", 5);
    if (kind == BODY_LF)
        feed("+OK\n", 4);
}

static void
keep(struct outcome *o, pop3_span span)
{
    need(o->len + span.len <= ROOM, "more octets out than in");
    if (span.len > 0)
        memcpy(o->text + o->len, span.ptr, span.len);
    o->len += span.len;
}

static void
pull(enum kind kind, struct outcome *o)
{
    pop3_event event;

    for (;;) {
        switch (pop3_core_next(world.core, &event)) {
        case POP3_EVENT_NEED_INPUT:
            return;
        case POP3_EVENT_REPLY:
            o->replied = true;
            if (kind == STATUS)
                keep(o, event.line);
            break;
        case POP3_EVENT_DATA:
            keep(o, event.text);
            break;
        case POP3_EVENT_DONE:
            o->done = event.result;
            if (event.result == POP3_ERR_REFUSED)
                keep(o, event.line);
            break;
        case POP3_EVENT_CLOSED:
            o->closed = event.result;
            pop3_core_free(world.core);
            world.core = NULL;
            return;
        case POP3_EVENT_GREETING:
        case POP3_EVENT_READY:
        case POP3_EVENT_ITEM:
        case POP3_EVENT_CHALLENGE:
        case POP3_EVENT_START_TLS:
            need(false, "an event of another command");
        }
    }
}

static void
feed_and_pull(enum kind kind, const char *in, size_t len, struct outcome *o)
{
    if (len == 0 || world.core == NULL)
        return;
    feed(in, len);
    pull(kind, o);
}

/* ---- all of them ---- */

static void
complain(enum kind kind, const char *in, size_t len, size_t split,
         const struct outcome *got, const struct outcome *want)
{
    static const char *const names[] = {"status", "crlf body", "lf body"};

    if (!test_failed(false, __FILE__, __LINE__, names[kind]))
        return;
    fprintf(stderr, "  split at %zu\n", split);
    test_print_octets("in  ", in, len);
    test_print_octets("got ", got->text, got->len);
    test_print_octets("want", want->text, want->len);
    fprintf(stderr, "  done %d, want %d; closed %d, want %d\n", got->done,
            want->done, got->closed, want->closed);
}

static void
check(enum kind kind, const char *in, size_t len, size_t split, size_t tail,
      const struct outcome *want)
{
    struct outcome got = {.done = POP3_ERR_INTERNAL};

    ask(kind);
    pull(kind, &got);
    feed_and_pull(kind, in, split, &got);
    feed_and_pull(kind, in + split, len - split, &got);
    feed_and_pull(kind, in + len, tail, &got);
    world.runs++;
    if (got.replied != want->replied || got.done != want->done ||
        got.closed != want->closed || got.len != want->len ||
        memcmp(got.text, want->text, got.len) != 0)
        complain(kind, in, len, split, &got, want);
}

/* Cut in two at every `step` octets. */
static void
check_string(enum kind kind, const char *string, size_t len, size_t step)
{
    static const char *const tails[KINDS] = {"\n", "\r\n.\r\n", "\n.\n"};
    char in[ROOM];
    struct outcome want = {.done = POP3_ERR_INTERNAL};
    size_t tail = 0;
    size_t split;

    memcpy(in, string, len);
    if (!is_whole(kind, in, len)) {
        tail = strlen(tails[kind]);
        memcpy(in + len, tails[kind], tail);
    }
    if (kind == STATUS)
        reference_status(in, len + tail, &want);
    else
        reference_body(in, len + tail, kind == BODY_CRLF, &want);
    for (split = 0; split == 0 || split < len; split += step)
        check(kind, in, len, split, tail, &want);
    world.strings++;
}

/* All strings of `len` octets that begin with one of my letters. */
static void
check_length(size_t len, unsigned part)
{
    unsigned digits[MOST] = {0};
    char string[MOST];
    size_t i;
    int kind;

    for (;;) {
        for (i = 0; i < len; i++)
            string[i] = letters[digits[i]];
        if (len == 0 ? part == 0 : digits[0] % 2 == part) {
            for (kind = 0; kind < KINDS; kind++)
                check_string((enum kind)kind, string, len, 1);
        }
        for (i = len; i > 0 && ++digits[i - 1] == ALPHABET; i--)
            digits[i - 1] = 0;
        if (i == 0)
            return;
    }
}

/* All strings of `len` octets, the first of them at `at`. */
static void
check_across(size_t at, size_t len)
{
    char in[ROOM];
    unsigned count = 1;
    unsigned code;
    size_t i;

    memset(in, 'a', sizeof(in));
    for (i = 0; i < len; i++)
        count *= ALPHABET;
    for (code = 0; code < count; code++) {
        unsigned rest = code;

        for (i = 0; i < len; i++, rest /= ALPHABET)
            in[at + i] = letters[rest % ALPHABET];
        check_string(BODY_CRLF, in, at + len + AFTER, ROOM);
        check_string(BODY_LF, in, at + len + AFTER, ROOM);
    }
}

static void
check_borders(unsigned part)
{
    static const size_t borders[] = {64, 128, 256};
    static const size_t lengths[] = {4, 3, 2};
    size_t len = lengths[test_effort()];
    size_t index;
    size_t i;
    size_t back;

    for (index = part; (world.by = scan_built(index)) != NULL; index += 2) {
        pop3_core_free(world.core);
        world.core = NULL;
        for (i = 0; world.by->runs() && i < 3; i++) {
            for (back = 0; back <= len; back++)
                check_across(borders[i] - back, len);
        }
        if (world.by->runs())
            printf("part %u: across blocks of %s\n", part, world.by->name);
    }
}

static int
work(unsigned part, size_t longest)
{
    size_t len;

    open_guard();
    check_borders(part);
    pop3_core_free(world.core);
    world.core = NULL;
    world.by = scan_best();
    for (len = 0; len <= longest; len++)
        check_length(len, part);
    pop3_core_free(world.core);
    test_totals.checks += world.runs;
    printf("part %u: %lu replies, %lu ways to cut them\n", part, world.strings,
           world.runs);
    return test_summary();
}

int
main(int argc, char **argv)
{
    static const size_t lengths[] = {8, 6, 4};
    size_t longest = lengths[test_effort()];
    int status = 0;
    pid_t child;

    if (argc > 1)
        longest = strtoul(argv[1], NULL, 10);
    if (longest > MOST)
        longest = MOST;
    printf("all strings of up to %zu octets\n", longest);
    fflush(stdout);
    child = fork();
    need(child >= 0, "no second process");
    if (child == 0) {
        status = work(1, longest);
        fflush(stdout);
        _exit(status);
    }
    status = work(0, longest);
    if (waitpid(child, &argc, 0) != child || argc != 0)
        status = 1;
    return status;
}
