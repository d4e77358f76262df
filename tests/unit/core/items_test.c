/* SPDX-License-Identifier: MIT */
/*
 * items_test - rows taken many at a time are those that come in events.
 *
 * A listing with all that a row can be is given in pieces of every size, with
 * each instruction set, with pop3_core_more_items() and without: what is told
 * must be the same, and its end too.
 */
#include "core/core_impl.h"

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
    {POP3_CMD_UIDL, 0, "+OK\r\n1 a\r\n2  b c \r\n3\r\n-1 d\r\n.4 e\r\n.\r\n"},
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

/* Everything that comes until more input is needed. */
static void
pull(pop3_core *core, size_t many, struct octets *out)
{
    pop3_item items[3];
    pop3_event event;
    size_t count;
    size_t i;

    while (pop3_core_next(core, &event) != POP3_EVENT_NEED_INPUT) {
        if (event.type == POP3_EVENT_DONE)
            tell_item(out, &event.item, event.result);
        if (event.type == POP3_EVENT_CLOSED)
            return;
        if (event.type != POP3_EVENT_ITEM)
            continue;
        tell_item(out, &event.item, event.result);
        while (many > 0 &&
               (count = pop3_core_more_items(core, items, many)) > 0) {
            CHECK(count <= many);
            for (i = 0; i < count; i++)
                tell_item(out, &items[i], POP3_OK);
        }
    }
}

static void
play(const struct listing *l, const scan *by, size_t step, size_t many,
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
    CHECK_INT(pop3_core_feed(core, "+OK\r\n", 5, &taken), POP3_OK);
    pull(core, 0, out);
    CHECK_INT(pop3_core_submit(core, &command, &id), POP3_OK);
    pop3_core_output_sent(core, pop3_core_output(core).len);
    for (at = 0; at < len; at += taken) {
        size_t part = len - at < step ? len - at : step;

        if (pop3_core_feed(core, l->in + at, part, &taken) != POP3_OK)
            break;
        pull(core, many, out);
    }
    pop3_core_free(core);
}

static void
compare(const struct listing *l, const scan *by, size_t step)
{
    struct octets want = {0};
    struct octets got = {0};
    size_t many;

    play(l, by, step, 0, &want);
    CHECK(want.len > 0);
    for (many = 1; many <= 3; many++) {
        got.len = 0;
        play(l, by, step, many, &got);
        CHECK_MEM(got.ptr, got.len, want.ptr, want.len);
    }
    octets_clear(&want);
    octets_clear(&got);
}

int
main(void)
{
    size_t index;
    size_t row;
    size_t step;

    for (index = 0; scan_built(index) != NULL; index++) {
        const scan *by = scan_built(index);

        for (row = 0; by->runs() && row < sizeof(listings) / sizeof(*listings);
             row++) {
            for (step = 1; step <= strlen(listings[row].in); step++) {
                TEST_ROW("%s, listing %zu, step %zu", by->name, row, step);
                compare(&listings[row], by, step);
            }
        }
    }
    return test_summary();
}
