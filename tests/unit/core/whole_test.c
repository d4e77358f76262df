/* SPDX-License-Identifier: MIT */
/*
 * whole_test - a message that is taken whole, or many parts of it at a time,
 * is what its events would say.
 *
 * Answers of all forms, and those by chance, are given in pieces of many
 * sizes, to a core that is asked for whole messages first, to one that is
 * asked for more parts behind each, and to one that is not: what is told must
 * be the same.
 */
#include "core/whole.h"

#include <stdio.h>

#include "chance.h"
#include "octets.h"
#include "test.h"

enum {
    MESSAGES = 6,
    PARTS_MAX = 3,
    CHANCE = 3000
};

/* How messages are taken. */
enum way {
    BY_EVENTS,
    WHOLE,
    IN_PARTS
};

struct setting {
    const scan *by;
    uint64_t expected; /* octets, as LIST tells; 0: it does not */
    uint64_t body_max; /* limits.body_octets */
    size_t step;       /* octets at a time */
    bool unsent;       /* answers come before the commands are sent */
    pop3_trace trace;
};

struct told {
    struct octets log;
    size_t whole; /* messages that were */
    size_t parts; /* without an event */
};

static void
tell(struct octets *log, const char *what, const pop3_event *event,
     pop3_span text)
{
    octets_format(log, "%s %u %u %d <", what, (unsigned)event->id,
                  (unsigned)event->number, (int)event->result);
    octets_add(log, text.ptr, text.len);
    octets_text(log, ">\n");
}

/* The data of several events are one. */
static void
tell_data(struct octets *log, bool *open, pop3_span data)
{
    if (!*open)
        octets_text(log, "data ");
    *open = true;
    octets_add(log, data.ptr, data.len);
}

static void
tell_done(struct octets *log, bool *open, const pop3_event *done)
{
    *open = false;
    octets_format(log, "\n%u octets, ", (unsigned)done->octets);
    tell(log, "done", done, done->line);
}

static bool
take_whole(pop3_core *core, struct told *told, bool *open)
{
    whole_message message;

    if (!whole_take(core, &message))
        return false;
    tell(&told->log, "reply", &(pop3_event){.id = message.done.id},
         message.text);
    octets_add(&told->log, message.line.ptr, message.line.len);
    if (message.data.len > 0)
        tell_data(&told->log, open, message.data);
    tell_done(&told->log, open, &message.done);
    told->whole++;
    return true;
}

/* One at a time, two, three, and one again. */
static void
take_parts(pop3_core *core, struct told *told, bool *open)
{
    pop3_span parts[PARTS_MAX];
    size_t count;

    do {
        size_t room = 1 + told->parts % PARTS_MAX;

        count = pop3_core_more_data(core, parts, room);
        CHECK(count <= room);
        for (size_t i = 0; i < count; i++)
            tell_data(&told->log, open, parts[i]);
        told->parts += count;
    } while (count > 0);
}

/* False: the session is over. */
static bool
take_event(pop3_core *core, enum way way, struct told *told, bool *open,
           bool *more)
{
    pop3_event event;

    switch (pop3_core_next(core, &event)) {
    case POP3_EVENT_NEED_INPUT:
        *more = false;
        break;
    case POP3_EVENT_REPLY:
        tell(&told->log, "reply", &(pop3_event){.id = event.id}, event.text);
        octets_add(&told->log, event.line.ptr, event.line.len);
        break;
    case POP3_EVENT_DATA:
        tell_data(&told->log, open, event.text);
        if (way == IN_PARTS)
            take_parts(core, told, open);
        break;
    case POP3_EVENT_DONE:
        tell_done(&told->log, open, &event);
        break;
    case POP3_EVENT_CLOSED:
        tell(&told->log, "closed", &event, event.text);
        return false;
    case POP3_EVENT_GREETING:
    case POP3_EVENT_READY:
    case POP3_EVENT_ITEM:
    case POP3_EVENT_CHALLENGE:
    case POP3_EVENT_START_TLS:
        break;
    }
    return true;
}

static bool
pull(pop3_core *core, enum way way, struct told *told, bool *open)
{
    bool more = true;

    while (more) {
        if (way == WHOLE && take_whole(core, told, open))
            continue;
        if (!take_event(core, way, told, open, &more))
            return false;
    }
    return true;
}

static pop3_core *
open_core(const struct setting *s)
{
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    pop3_core *core;
    pop3_event event;
    size_t taken;

    options.any_state = true;
    options.limits.body_octets = s->body_max;
    options.trace = s->trace;
    CHECK_INT(pop3_core_new(&core, &options), POP3_OK);
    core->scan = s->by;
    CHECK_INT(pop3_core_feed(core, "+OK\r\n", 5, &taken), POP3_OK);
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_GREETING);
    core->pipelining = true;
    return core;
}

static void
play(const struct setting *s, enum way way, pop3_span in, struct told *told)
{
    pop3_core *core = open_core(s);
    bool open = false;
    bool live = true;
    size_t taken = 0;

    for (unsigned i = 1; i <= MESSAGES; i++) {
        pop3_command command = {
            .verb = i == 4   ? POP3_CMD_NOOP
                    : i == 5 ? POP3_CMD_TOP
                             : POP3_CMD_RETR,
            .number = i == 4 ? 0 : i,
            .octets = s->expected,
        };
        pop3_id id;

        CHECK_INT(pop3_core_submit(core, &command, &id), POP3_OK);
    }
    if (!s->unsent)
        pop3_core_output_sent(core, pop3_core_output(core).len);
    for (size_t at = 0; live && at < in.len; at += taken) {
        size_t part = in.len - at < s->step ? in.len - at : s->step;

        if (pop3_core_feed(core, in.ptr + at, part, &taken) != POP3_OK)
            break;
        live = pull(core, way, told, &open);
    }
    pop3_core_input_eof(core);
    while (live)
        live = pull(core, way, told, &open);
    pop3_core_free(core);
}

static struct told
compare_with(const struct setting *s, enum way way, pop3_span in,
             const struct told *want)
{
    struct told got = {0};

    play(s, way, in, &got);
    CHECK_MEM(got.log.ptr, got.log.len, want->log.ptr, want->log.len);
    octets_clear(&got.log);
    return got;
}

/* How many messages were taken whole, and how many parts without an event. */
static struct told
compare(const struct setting *s, pop3_span in)
{
    struct told want = {0};
    struct told got;

    play(s, BY_EVENTS, in, &want);
    CHECK_INT(want.whole + want.parts, 0);
    got = compare_with(s, WHOLE, in, &want);
    CHECK_INT(got.parts, 0);
    got.parts = compare_with(s, IN_PARTS, in, &want).parts;
    octets_clear(&want.log);
    return got;
}

/* ---- answers ---- */

static const char *const answers[] = {
    "+OK\r\nplain\r\n.\r\n",
    "+OK 5 octets\r\na\r\nb\r\n.\r\n",
    "+OK \r\ntext is empty\r\n.\r\n",
    "+OK  two spaces\r\nx\r\n.\r\n",
    "+OK \ttab\r\nx\r\n.\r\n",
    "+OK\ttab\r\nx\r\n.\r\n",
    "+OK [SYS/TEMP] code\r\nx\r\n.\r\n",
    "+OK\r\n+OK\r\n+OK\r\n+OK x\r\n+OK\r\nas long as is expected of an "
    "answer, "
    "which has a line of its own\r\n.\r\n",
    "+OK\r\n.\r\n",
    "+OK\r\n\r\n.\r\n",
    "+OK\r\n..stuffed\r\nx\r\n.\r\n",
    "+OK\r\nx\r\n..\r\n.\r\n",
    "+OK\r\n..\r\n..\r\n...\r\nx\r\n..y\r\n.\r\n",
    "+OK\r\nbare\n.\r\nx\r\n.\r\n",
    "+OK\r\nbare\n..\nx\n\r\n.\r\n",
    "+OK\r\nx\r\n.x\r\n.\r\n",
    "+OK\r\nx\r\n.\n.\r\n",
    "+OK\r\nx\r\n.\rx\r\n.\r\n",
    "+OK\nlf only\n.\n",
    "+OKAY\r\nx\r\n.\r\n",
    "+ok\r\nx\r\n.\r\n",
    "+\r\nx\r\n.\r\n",
    "-ERR no such message\r\n",
    "-ERR [IN-USE] \r\n",
    "",
    "junk\r\n",
};

static const char *
answer(size_t index)
{
    return answers[index % (sizeof(answers) / sizeof(*answers))];
}

static size_t
add(char *out, const char *text)
{
    size_t len = strlen(text);

    memcpy(out, text, len);
    return len;
}

/* Each one among plain ones, in all pieces. */
static void
test_each(const scan *by)
{
    struct setting s = {.by = by};

    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        char in[512];
        size_t len = add(in, answer(0));

        len += add(in + len, answer(i));
        len += add(in + len, answer(1));
        len += add(in + len, "+OK\r\n");
        len += add(in + len, answer(i));
        len += add(in + len, answer(0));
        for (s.step = 1; s.step <= len; s.step++) {
            TEST_ROW("%s, answer %zu by %zu", by->name, i, s.step);
            s.expected = 1;
            s.body_max = 0;
            (void)compare(&s, (pop3_span){in, len});
            s.expected = s.step % 3 * 20;
            s.body_max = s.step % 10;
            (void)compare(&s, (pop3_span){in, len});
        }
    }
}

static void
test_by_chance(const scan *by)
{
    static const char others[] = "+-OKER. \t[]x\r\r\n\n";
    struct setting s = {.by = by};

    chance_begin();
    for (size_t i = 0; i < CHANCE; i++) {
        char in[1024];
        size_t len = 0;

        for (size_t j = 0; j < MESSAGES; j++)
            len += add(in + len, j == 3 ? "+OK\r\n" : answer(chance(4)));
        for (size_t j = i % 4; j > 0; j--)
            in[chance(len)] = others[chance(sizeof(others) - 1)];
        s.step = 1 + chance(len);
        s.expected = chance(80);
        s.body_max = i % 5 == 0 ? chance(40) : 0;
        TEST_ROW("%s, by chance %zu", by->name, i);
        (void)compare(&s, (pop3_span){in, len});
    }
}

static void
ignore_trace(void *ctx, char direction, const char *line)
{
    (void)ctx;
    (void)direction;
    (void)line;
}

/* Those that are plain are taken so: else the others would show nothing. */
static void
test_plain(const scan *by)
{
    struct setting s = {.by = by, .expected = 1, .step = 4000};
    char in[2048];
    size_t len = 0;

    for (size_t i = 0; i < MESSAGES; i++) {
        if (i == 3)
            len += add(in + len, "+OK\r\n");
        else
            len += (size_t)sprintf(in + len, "+OK %s\r\n%0100u\r\n.\r\n",
                                   i % 2 == 0 ? "" : "x y", 0);
    }
    TEST_ROW("%s", by->name);
    CHECK_INT(compare(&s, (pop3_span){in, len}).whole, MESSAGES - 1);
    s.trace = (pop3_trace){.level = 1, .fn = ignore_trace};
    CHECK_INT(compare(&s, (pop3_span){in, len}).whole, 0);
    s.trace.fn = NULL;
    s.unsent = true;
    CHECK_INT(compare(&s, (pop3_span){in, len}).whole, 0);
    s.unsent = false;
    s.expected = 4000;
    CHECK_INT(compare(&s, (pop3_span){in, len}).whole, 0);
}

/* A part ends at each stuffed dot. Traces of bodies show every one. */
static void
test_parts(const scan *by)
{
    const char *in = "+OK\r\nx\r\n..\r\n...\r\ny\r\n..z\r\n.\r\n";
    struct setting s = {.by = by, .step = 4000};
    pop3_span all = {in, strlen(in)};

    TEST_ROW("%s", by->name);
    CHECK_INT(compare(&s, all).parts, 3);
    s.trace = (pop3_trace){.level = 1, .fn = ignore_trace};
    CHECK_INT(compare(&s, all).parts, 3);
    s.trace.level = 2;
    CHECK_INT(compare(&s, all).parts, 0);
    s.trace.fn = NULL;
    s.body_max = 5;
    CHECK_INT(compare(&s, all).parts, 1);
}

/* What is here when a session breaks is not taken. */
static void
test_broken(const scan *by)
{
    pop3_core *core = open_core(&(struct setting){.by = by});
    pop3_command command = {.verb = POP3_CMD_RETR, .number = 1, .octets = 1};
    const char *in = "+OK\r\nplain, and as long as is expected of an answer, "
                     "which has a line of its own\r\n.\r\n";
    whole_message message;
    pop3_id id;
    size_t taken;

    CHECK_INT(pop3_core_submit(core, &command, &id), POP3_OK);
    pop3_core_output_sent(core, pop3_core_output(core).len);
    CHECK_INT(pop3_core_feed(core, in, strlen(in), &taken), POP3_OK);
    pop3_core_fail(core, POP3_ERR_CANCELED, 0, NULL);
    CHECK(!whole_take(core, &message));
    pop3_core_free(core);
}

static void
test_broken_in_parts(const scan *by)
{
    pop3_core *core = open_core(&(struct setting){.by = by});
    pop3_command command = {.verb = POP3_CMD_RETR, .number = 1};
    const char *in = "+OK\r\nx\r\n..\r\n..y\r\n";
    pop3_span part;
    pop3_event event;
    pop3_id id;
    size_t taken;

    CHECK_INT(pop3_core_more_data(core, &part, 1), 0);
    CHECK_INT(pop3_core_submit(core, &command, &id), POP3_OK);
    pop3_core_output_sent(core, pop3_core_output(core).len);
    CHECK_INT(pop3_core_feed(core, in, strlen(in), &taken), POP3_OK);
    CHECK_INT(pop3_core_more_data(core, &part, 1), 0);
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_REPLY);
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_DATA);
    CHECK_INT(pop3_core_more_data(core, &part, 0), 0);
    CHECK_INT(pop3_core_more_data(core, &part, 1), 1);
    CHECK_MEM(part.ptr, part.len, ".\r\n", 3);
    pop3_core_fail(core, POP3_ERR_CANCELED, 0, NULL);
    CHECK_INT(pop3_core_more_data(core, &part, 1), 0);
    pop3_core_free(core);
}

int
main(void)
{
    for (size_t i = 0; scan_built(i) != NULL; i++) {
        const scan *by = scan_built(i);

        if (!by->runs())
            continue;
        test_plain(by);
        test_broken(by);
        test_parts(by);
        test_broken_in_parts(by);
        test_each(by);
        test_by_chance(by);
    }
    return test_summary();
}
