/* SPDX-License-Identifier: MIT */
/*
 * items_test - rows taken many at a time are those that come in events.
 *
 * A listing with all that a row can be is given in pieces of every size, with
 * each instruction set, with pop3_core_more_items() and without: what is told
 * must be the same, and its end too.
 */
#include <inttypes.h>
#include <stdio.h>

#include <pop3/lines.h>

#include "core/core_impl.h"

#include "chance.h"
#include "octets.h"
#include "test.h"

struct listing {
    pop3_verb verb;
    uint64_t most; /* limits.list_items */
    const char *in;
};

static const struct listing listings[] = {
    {POP3_CMD_LIST, 0, "+OK\r\n1 10\r\n2 20\r\n3 30 x\r\n4 40\r\n.\r\n"},
    {POP3_CMD_LIST, 0, "+OK\n1 10\n2 20\r\n3 30\n.\n"},
    {POP3_CMD_LIST, 0,
     "+OK\r\n1 1\n0\r\n\r\n2 20\r\nx\r\n..3\r\n4 4\r\n.\r\n"},
    {POP3_CMD_LIST, 0, "+OK\r\n.\r\n"},
    {POP3_CMD_LIST, 2, "+OK\r\n1 10\r\n2 20\r\n3 30\r\n.\r\n"},
    {POP3_CMD_LIST, 0,
     "+OK\r\n1 18446744073709551615\r\n2 18446744073709551616\r\n"
     "3 9999999999999999999\r\n4 00000000000000000000004\r\n.\r\n"},
    /* What is read by words, and what is not, one beside the other. */
    {POP3_CMD_LIST, 0,
     "+OK\r\n1 1\r\n2 1234567\r\n3 12345678\r\n4\t4\r\n1234567 5\r\n6  6\r\n"
     "7 7 \r\n8 8\r\n09 9\r\n10 1/\r\n11 1:\r\n12 12\r\n13 13\r\n.\r\n"},
    {POP3_CMD_LIST, 0,
     "+OK\r\n1 1\r\n2 2\n3 3\r\n4 4\r\r\n5 5\r6\r\n7 7\r\n8 \xb5\r\n9 "
     "9\r\n.\r\n"},
    {POP3_CMD_LIST, 0,
     "+OK\n1 1\n2 2\r\n12345678 3\n0 4\n00000000 5\n6 6\n.\n"},
    {POP3_CMD_LIST, 5,
     "+OK\r\n1 1\r\n2 2\r\n3 3\r\n4 4\r\n5 5\r\n6 6\r\n.\r\n"},
    {POP3_CMD_UIDL, 0,
     "+OK\r\n1 abcdefgh\r\n2 a b\nc\r\n3 \r\n4  abcdefgh\r\n5\tabcdefgh\r\n"
     "6 \x7f\xff\x01\r\n12345678 a\r\n0 abcdefgh\r\n9 abcdefghi\r\n.\r\n"},
    {POP3_CMD_LIST, 0, "+OK\r\n1 1\r\n2 2x\n3\r\n4 123456789\r\n5 5\r\n.\r\n"},
    {POP3_CMD_UIDL, 0,
     "+OK\r\n1 abcdefgh\r\n2 abcdefgh\nijklmnop\r\n3 c\r\n.\r\n"},
    {POP3_CMD_UIDL, 0, "+OK\n1 abcdefgh\n2 abcdefg\r\n3 \n4 abcdefgh \n.\n"},
    {POP3_CMD_UIDL, 0, "+OK\r\n1 a\r\n2  b c \r\n3\r\n-1 d\r\n.4 e\r\n.\r\n"},
    /* Numbers in order and not: most are compared with the one before. */
    {POP3_CMD_LIST, 0,
     "+OK\r\n7 17\r\n8 18\r\n9 19\r\n: 110\r\n10 110\r\n11 111\r\n13 113\r\n"
     "14 114\r\n14 114\r\n12 112\r\n1 1\r\n02 2\r\n03 3\r\n4 4\r\n5  5\r\n"
     "6 6\r\n7\t7\r\n99 1\r\n100 1\r\n1000 1\r\n101 1\r\n102 x\r\n103 1\r\n"
     "9999998 1\r\n9999999 1\r\n999999: 1\r\n10000000 1\r\n10000001 "
     "1\r\n10000005 1\r\n4 4\r\n5678\r\n.\r\n"},
    {POP3_CMD_UIDL, 0,
     "+OK\r\n7 aaaaaaaa\r\n8 bbbbbbbb\r\n9 cccccccc\r\n: cccccccc\r\n10 "
     "dddddddd\r\n"
     "11 eeeeeeee\r\n13 ffffffff\r\n14 gggggggg\r\n14 hhhhhhhh\r\n"
     "12 iiiiiiii\r\n01 jjjjjjjj\r\n02 kkkkkkkk\r\n3 llllllll\r\n"
     "4  mmmmmmmm\r\n5 nnnnnnnn\r\n6\toooooooo\r\n7 \r\n0 00000000\r\n"
     "1 pppppppp\r\n2 \nqqqqqqqq\r\n3 rrrrrrrr\r\n4xssssssss\r\n.\r\n"},
    {POP3_CMD_CAPA, 0, "+OK\r\nUIDL\r\nTOP\r\n.\r\n"},
};

static void
tell_item(struct octets *out, const pop3_item *item, pop3_result result)
{
    octets_format(out, "%d %" PRIu64 " %" PRIu64 " <", result, item->number,
                  item->octets);
    octets_add(out, item->uid.ptr, item->uid.len);
    octets_text(out, ">\n");
}

static void
tell_row(struct octets *out, pop3_span row)
{
    octets_add(out, row.ptr, row.len);
    octets_text(out, "\n");
}

enum {
    MANY_MAX = 100 /* more than any listing here has */
};

/* How rows are taken, and what is told of them. */
struct way {
    size_t many; /* at a time, without an event; 0: none */
    bool lines;  /* as they stand there */
};

static size_t
pull_items(pop3_core *core, size_t many, struct octets *out)
{
    pop3_item items[MANY_MAX];
    size_t count = pop3_core_more_items(core, items, many);

    for (size_t i = 0; i < count; i++)
        tell_item(out, &items[i], POP3_OK);
    return count;
}

static size_t
pull_rows(pop3_core *core, size_t many, struct octets *out)
{
    pop3_span rows[MANY_MAX];
    size_t count = pop3_core_more_rows(core, rows, many);

    for (size_t i = 0; i < count; i++)
        tell_row(out, rows[i]);
    return count;
}

/* Everything that comes until more input is needed. */
static void
pull(pop3_core *core, struct way way, struct octets *out)
{
    pop3_event event;
    size_t count;

    while (pop3_core_next(core, &event) != POP3_EVENT_NEED_INPUT) {
        if (event.type == POP3_EVENT_DONE)
            tell_item(out, &event.item, event.result);
        if (event.type == POP3_EVENT_CLOSED)
            return;
        if (event.type != POP3_EVENT_ITEM)
            continue;
        if (way.lines)
            tell_row(out, event.line);
        else
            tell_item(out, &event.item, event.result);
        if (way.many == 0)
            continue;
        do {
            count = way.lines ? pull_rows(core, way.many, out)
                              : pull_items(core, way.many, out);
            CHECK(count <= way.many);
        } while (count > 0);
    }
}

static void
play(const struct listing *l, const scan *by, size_t step, struct way way,
     struct octets *out)
{
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    pop3_command command = {.verb = l->verb};
    size_t len = strlen(l->in);
    pop3_core *core;
    pop3_id id;
    size_t taken;
    size_t at;

    options.any_state = true;
    options.limits.list_items = l->most;
    CHECK_INT(pop3_core_new(&core, &options), POP3_OK);
    core->scan = by;
    CHECK_INT(pop3_core_more_items(core, NULL, 0), 0);
    CHECK_INT(pop3_core_more_rows(core, NULL, 0), 0);
    CHECK_INT(pop3_core_feed(core, "+OK\r\n", 5, &taken), POP3_OK);
    pull(core, (struct way){0}, out);
    CHECK_INT(pop3_core_submit(core, &command, &id), POP3_OK);
    pop3_core_output_sent(core, pop3_core_output(core).len);
    for (at = 0; at < len; at += taken) {
        size_t part = len - at < step ? len - at : step;

        if (pop3_core_feed(core, l->in + at, part, &taken) != POP3_OK)
            break;
        pull(core, way, out);
    }
    pop3_core_free(core);
}

static void
compare(const struct listing *l, const scan *by, size_t step, bool lines)
{
    static const size_t many[] = {1, 2, 3, MANY_MAX};
    struct octets want = {0};
    struct octets got = {0};
    struct way way = {0, lines};

    play(l, by, step, way, &want);
    CHECK(want.len > 0);
    for (size_t i = 0; i < sizeof(many) / sizeof(*many); i++) {
        way.many = many[i];
        got.len = 0;
        play(l, by, step, way, &got);
        CHECK_MEM(got.ptr, got.len, want.ptr, want.len);
    }
    octets_clear(&want);
    octets_clear(&got);
}

/* ---- listings by chance ---- */

enum {
    CHANCE_ROWS = 70,
    CHANCE_LISTINGS = 400,
    CHANCE_ROOM = 4096
};

/* Of up to nine digits; those of any length are equally frequent. */
static size_t
chance_number(void)
{
    size_t least = 1;

    for (size_t digits = chance(9); digits > 0; digits--)
        least *= 10;
    return least + chance(9 * least);
}

static size_t
add_row(char *out, pop3_verb verb, size_t number)
{
    static const char uid[] = "abcdefghijklmnopqrstuvwxyz";

    if (verb == POP3_CMD_LIST)
        return (size_t)snprintf(out, 64, "%zu %zu\r\n", number,
                                chance_number());
    return (size_t)snprintf(out, 64, "%zu %s\r\n", number,
                            uid + chance(sizeof(uid)));
}

/* Rows whose numbers follow one another but for some, and of which some octets
 * are then others. */
static void
fill_by_chance(char *text, pop3_verb verb, size_t changes)
{
    static const char others[] = "0019:/ \t\r\n.x\xff";
    size_t number = chance_number();
    size_t len = (size_t)sprintf(text, "+OK\r\n");
    size_t first = len;

    for (size_t row = 0; row < CHANCE_ROWS; row++) {
        len += add_row(text + len, verb, number);
        number = chance(20) > 0 ? number + 1 : chance_number();
    }
    while (changes-- > 0)
        text[first + chance(len - first)] = others[chance(sizeof(others) - 1)];
    memcpy(text + len, ".\r\n", 4);
}

static void
test_by_chance(const scan *by)
{
    char text[CHANCE_ROOM];

    chance_begin();
    for (size_t i = 0; i < CHANCE_LISTINGS; i++) {
        struct listing l = {i % 2 == 0 ? POP3_CMD_LIST : POP3_CMD_UIDL, 0,
                            text};

        fill_by_chance(text, l.verb, i / 2 % 4);
        TEST_ROW("%s, by chance %zu", by->name, i);
        compare(&l, by, 1 + chance(99), false);
        compare(&l, by, CHANCE_ROOM, false);
    }
}

enum {
    LONG_UID = 1000,
    LONG_ROWS = 100000, /* that the server says it has */
    LONG_MAX = LONG_ROWS + LONG_ROWS / 8 + 1000
};

/* Rows that were given until the session ended, or all were. */
static size_t
count_long_rows(bool many)
{
    char row[LONG_UID + 32];
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    pop3_command command = {.verb = POP3_CMD_UIDL};
    pop3_item items[64];
    pop3_event event;
    pop3_core *core;
    pop3_id id;
    size_t count = 0;
    size_t sent;
    size_t taken;

    options.any_state = true;
    CHECK_INT(pop3_core_new(&core, &options), POP3_OK);
    core->stat_count = LONG_ROWS;
    CHECK_INT(pop3_core_feed(core, "+OK\r\n", 5, &taken), POP3_OK);
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_GREETING);
    CHECK_INT(pop3_core_submit(core, &command, &id), POP3_OK);
    pop3_core_output_sent(core, 6);
    CHECK_INT(pop3_core_feed(core, "+OK\r\n", 5, &taken), POP3_OK);
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_REPLY);
    for (sent = 1; sent <= LONG_ROWS; sent++) {
        int len =
            snprintf(row, sizeof(row), "%zu %0*d\r\n", sent, LONG_UID, 1);

        if (pop3_core_feed(core, row, (size_t)len, &taken) != POP3_OK)
            break;
        if (many)
            count += pop3_core_more_items(core, items, 64);
        while (pop3_core_next(core, &event) == POP3_EVENT_ITEM)
            count++;
        if (event.type != POP3_EVENT_NEED_INPUT)
            break;
    }
    CHECK_INT(event.type, POP3_EVENT_DONE);
    CHECK_INT(event.result, POP3_ERR_LIMIT);
    pop3_core_free(core);
    return count;
}

/* A server cannot fill the memory with ids that no message needs. */
static void
test_long_ids(void)
{
    const size_t octets = (size_t)LONG_MAX * 128 + (16 << 20);
    size_t count = count_long_rows(false);

    CHECK(count < octets / LONG_UID && count > octets / (LONG_UID + 10));
    CHECK(count_long_rows(true) - count < 64);
}

int
main(void)
{
    size_t index;
    size_t row;
    size_t step;

    test_long_ids();
    for (index = 0; scan_built(index) != NULL; index++) {
        const scan *by = scan_built(index);

        for (row = 0; by->runs() && row < sizeof(listings) / sizeof(*listings);
             row++) {
            for (step = 1; step <= strlen(listings[row].in); step++) {
                TEST_ROW("%s, listing %zu, step %zu", by->name, row, step);
                compare(&listings[row], by, step, false);
                compare(&listings[row], by, step, true);
            }
        }
        if (by->runs())
            test_by_chance(by);
    }
    return test_summary();
}
