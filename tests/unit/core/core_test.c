/* SPDX-License-Identifier: MIT */
/*
 * core_test - what transcripts cannot say: options, hooks, edges of the calls.
 */
#include <pop3.h>

#include "alloc.h"
#include "test.h"

static pop3_core *
new_core(const pop3_core_options *options)
{
    pop3_core *core = NULL;

    CHECK_INT(pop3_core_new(&core, options), POP3_OK);
    return core;
}

static void
feed(pop3_core *core, const char *text)
{
    size_t taken = 0;

    CHECK_INT(pop3_core_feed(core, text, strlen(text), &taken), POP3_OK);
    CHECK_INT(taken, strlen(text));
}

static pop3_result
submit(pop3_core *core, pop3_verb verb, pop3_id *id)
{
    pop3_command command = {.verb = verb};

    if (verb == POP3_CMD_RETR)
        command.number = 1;
    if (verb == POP3_CMD_AUTH)
        command.arg = "X";
    return pop3_core_submit(core, &command, id);
}

static void
send_all(pop3_core *core)
{
    pop3_core_output_sent(core, pop3_core_output(core).len);
}

static void
test_options(void)
{
    static const struct {
        size_t line;
        size_t challenge;
        pop3_result result;
    } rows[] = {
        {0, 0, POP3_OK},
        {511, 0, POP3_ERR_ARGUMENT},
        {512, 0, POP3_OK},
        {65536, 0, POP3_OK},
        {65537, 0, POP3_ERR_ARGUMENT},
        {0, (size_t)-1, POP3_ERR_ARGUMENT},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        pop3_core_options options = POP3_CORE_OPTIONS_INIT;
        pop3_core *core = NULL;

        TEST_ROW("row %zu", i);
        options.limits.reply_line = rows[i].line;
        options.limits.challenge = rows[i].challenge;
        CHECK_INT(pop3_core_new(&core, &options), rows[i].result);
        CHECK((core != NULL) == (rows[i].result == POP3_OK));
        pop3_core_free(core);
    }
    TEST_ROW("%s", "");
}

/* An older caller has a smaller struct; a newer one a larger one. */
static void
test_sizes(void)
{
    struct {
        pop3_core_options options;
        char more[64];
    } newer = {.options = POP3_CORE_OPTIONS_INIT};
    pop3_core_options older = POP3_CORE_OPTIONS_INIT;
    pop3_core *core;

    memset(newer.more, 0xff, sizeof(newer.more));
    newer.options.size = sizeof(newer);
    newer.options.tls_active = true;
    core = new_core(&newer.options);
    CHECK(pop3_core_is_tls(core));
    pop3_core_free(core);
    older.size = offsetof(pop3_core_options, tls_active);
    older.tls_active = true;
    core = new_core(&older);
    CHECK(!pop3_core_is_tls(core));
    pop3_core_free(core);
    core = new_core(NULL);
    CHECK(!pop3_core_is_tls(core));
    CHECK_INT(pop3_core_state(core), POP3_STATE_GREETING);
    CHECK_INT(pop3_core_error(core)->result, POP3_OK);
    CHECK(pop3_core_error(core)->text != NULL);
    CHECK(pop3_core_error(core)->op != NULL);
    CHECK(pop3_core_error(core)->resp_text != NULL);
    pop3_core_free(core);
    pop3_core_free(NULL);
}

static void
test_version(void)
{
    char want[40];

    snprintf(want, sizeof(want), "%d.%d.%d", POP3_VERSION_MAJOR,
             POP3_VERSION_MINOR, POP3_VERSION_PATCH);
    CHECK_STR(pop3_version(), want);
}

struct hook {
    char seen[200];
    pop3_result verdict;
};

static pop3_result
on_line(void *ctx, pop3_span line)
{
    struct hook *hook = ctx;

    snprintf(hook->seen, sizeof(hook->seen), "%.*s", (int)line.len, line.ptr);
    return hook->verdict;
}

/* The hook sees each line without its CRLF and unmasked, and may veto. */
static void
test_audit(void)
{
    struct hook hook = {.verdict = POP3_OK};
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    pop3_command pass = {.verb = POP3_CMD_PASS, .arg = "opensesame"};
    pop3_core *core;
    pop3_event event;
    pop3_id id = 0;

    options.tls_active = true;
    options.audit.putline = on_line;
    options.audit.ctx = &hook;
    core = new_core(&options);
    feed(core, "+OK\r\n");
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_GREETING);
    CHECK_INT(pop3_core_submit(core, &pass, &id), POP3_OK);
    CHECK_STR(hook.seen, "PASS opensesame");
    send_all(core);
    feed(core, "-ERR\r\n");
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_DONE);
    hook.verdict = POP3_ERR_IO;
    id = 0;
    CHECK_INT(pop3_core_submit(core, &pass, &id), POP3_ERR_VETO);
    CHECK_INT(id, 0);
    CHECK_INT(pop3_core_output(core).len, 0);
    CHECK_INT(pop3_core_pending(core), 0);
    CHECK(strstr(pop3_core_error(core)->text, "opensesame") == NULL);
    hook.verdict = POP3_OK;
    CHECK_INT(submit(core, POP3_CMD_AUTH, &id), POP3_OK);
    send_all(core);
    feed(core, "+ \r\n");
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_CHALLENGE);
    hook.verdict = POP3_ERR_VETO;
    CHECK_INT(pop3_core_respond(core, (pop3_span){"abc", 3}), POP3_ERR_VETO);
    CHECK_STR(hook.seen, "YWJj");
    CHECK_INT(pop3_core_output(core).len, 0);
    CHECK_INT(pop3_core_respond_cancel(core), POP3_ERR_VETO);
    CHECK_STR(hook.seen, "*");
    hook.verdict = POP3_OK;
    CHECK_INT(pop3_core_respond(core, (pop3_span){"abc", 3}), POP3_OK);
    CHECK_SPAN(pop3_core_output(core), "YWJj\r\n");
    pop3_core_free(core);
}

/* A challenge that cannot even be given up, because the hook says no. */
static void
test_veto_of_give_up(void)
{
    struct hook hook = {.verdict = POP3_OK};
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    pop3_core *core;
    pop3_event event;
    pop3_id id;

    options.tls_active = true;
    options.audit.putline = on_line;
    options.audit.ctx = &hook;
    core = new_core(&options);
    feed(core, "+OK\r\n");
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_GREETING);
    CHECK_INT(submit(core, POP3_CMD_AUTH, &id), POP3_OK);
    send_all(core);
    hook.verdict = POP3_ERR_VETO;
    feed(core, "+ no base64\r\n");
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_DONE);
    CHECK(pop3_is_fatal(event.result));
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_CLOSED);
    pop3_core_free(core);
}

/* The buffer is full when a body is not pulled: AGAIN, and nothing is lost. */
static void
test_full(void)
{
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    char block[4096];
    pop3_core *core;
    pop3_event event;
    size_t fed = 0;
    size_t taken;
    size_t got = 0;
    void *room;
    pop3_id id;

    options.any_state = true;
    core = new_core(&options);
    feed(core, "+OK\r\n");
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_GREETING);
    CHECK_INT(submit(core, POP3_CMD_RETR, &id), POP3_OK);
    send_all(core);
    feed(core, "+OK\r\n");
    memset(block, 'x', sizeof(block));
    while (pop3_core_feed(core, block, sizeof(block), &taken) == POP3_OK)
        fed += taken;
    CHECK_INT(pop3_core_feed(core, block, 1, &taken), POP3_ERR_AGAIN);
    CHECK_INT(pop3_core_input_buffer(core, &room, &taken), POP3_ERR_AGAIN);
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_REPLY);
    while (pop3_core_next(core, &event) == POP3_EVENT_DATA)
        got += event.text.len;
    CHECK_INT(got, fed);
    CHECK_INT(pop3_core_input_buffer(core, &room, &taken), POP3_OK);
    CHECK(taken > 60000);
    /* More than there is room for cannot be said to be filled. */
    pop3_core_input_filled(core, 0);
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_NEED_INPUT);
    CHECK_INT(pop3_core_feed(core, NULL, 0, &taken), POP3_OK);
    CHECK_INT(taken, 0);
    pop3_core_free(core);
}

/* Memory is the same for a message of any size, and about what the header
 * says: 96 KiB and a little. */
static void
test_memory(void)
{
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    char block[8192];
    pop3_core *core;
    pop3_event event;
    uint64_t octets = 0;
    size_t taken;
    pop3_id id;
    int i;

    options.any_state = true;
    memset(block, 'm', sizeof(block));
    memcpy(block, "\r\n..", 4);
    alloc_arm(0);
    core = new_core(&options);
    CHECK(alloc_peak() <= 8192);
    feed(core, "+OK\r\n");
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_GREETING);
    CHECK_INT(submit(core, POP3_CMD_RETR, &id), POP3_OK);
    send_all(core);
    feed(core, "+OK\r\n");
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_REPLY);
    for (i = 0; i < 4000; i++) {
        CHECK_INT(pop3_core_feed(core, block, sizeof(block), &taken), POP3_OK);
        CHECK_INT(taken, sizeof(block));
        while (pop3_core_next(core, &event) == POP3_EVENT_DATA)
            octets += event.text.len;
    }
    CHECK_INT(octets, 4000 * (sizeof(block) - 1));
    CHECK(alloc_peak() <= 112000);
    pop3_core_free(core);
    CHECK_INT(alloc_live(), 0);
}

static void
test_calls_out_of_turn(void)
{
    pop3_core *core = new_core(NULL);
    pop3_event event;
    pop3_id id;

    CHECK_INT(submit(core, POP3_CMD_NOOP, &id), POP3_ERR_USAGE);
    CHECK_STR(pop3_core_error(core)->op, "NOOP");
    CHECK_INT(pop3_core_tls_done(core), POP3_ERR_USAGE);
    CHECK_INT(pop3_core_respond(core, (pop3_span){"", 0}), POP3_ERR_USAGE);
    pop3_core_output_sent(core, 100);
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_NEED_INPUT);
    pop3_core_input_eof(core);
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_CLOSED);
    pop3_core_input_eof(core);
    pop3_core_fail(core, POP3_ERR_IO, 5, "again");
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_CLOSED);
    CHECK_INT(event.result, POP3_ERR_CLOSED);
    CHECK_INT(pop3_core_tls_done(core), POP3_ERR_USAGE);
    pop3_core_free(core);
}

/* The transport's failure keeps its number and its words. */
static void
test_fail(void)
{
    pop3_core *core = new_core(NULL);
    pop3_event event;

    pop3_core_fail(core, POP3_ERR_IO, 104, "reset\x07 by peer");
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_CLOSED);
    CHECK_INT(event.result, POP3_ERR_IO);
    CHECK_INT(pop3_core_error(core)->sys, 104);
    CHECK(strstr(pop3_core_error(core)->text, "reset") != NULL);
    CHECK(strchr(pop3_core_error(core)->text, '\x07') == NULL);
    pop3_core_free(core);
    core = new_core(NULL);
    pop3_core_fail(core, POP3_ERR_IO, 0, "a\x9bz\xe2\x80\xae");
    CHECK(strchr(pop3_core_error(core)->text, '\x9b') == NULL);
    CHECK(strstr(pop3_core_error(core)->text, "\xe2\x80\xae") == NULL);
    pop3_core_free(core);
    core = new_core(NULL);
    pop3_core_fail(core, POP3_ERR_TIMEOUT, 0, NULL);
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_CLOSED);
    CHECK(pop3_core_error(core)->text[0] != '\0');
    pop3_core_free(core);
}

/* A result that is no failure is a bug of the caller's, and told as one. */
static void
test_fail_without_failure(void)
{
    static const pop3_result results[] = {POP3_OK, POP3_ERR_AGAIN};
    pop3_event event;
    size_t i;

    for (i = 0; i < 2; i++) {
        pop3_core *core = new_core(NULL);

        pop3_core_fail(core, results[i], 0, NULL);
        CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_CLOSED);
        CHECK_INT(event.result, POP3_ERR_INTERNAL);
        pop3_core_free(core);
    }
}

/* Each of them is refused before anything is queued. */
static void
test_bad_commands(void)
{
    static const pop3_command rows[] = {
        {.verb = (pop3_verb)99},
        {.verb = (pop3_verb)-1},
        {.verb = POP3_CMD_RAW, .arg = " NOOP"},
        {.verb = POP3_CMD_RAW},
        {.verb = POP3_CMD_LANG, .arg = "a b"},
    };
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    pop3_core *core;
    pop3_id id = 0;
    size_t i;

    options.any_state = true;
    core = new_core(&options);
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        TEST_ROW("row %zu", i);
        CHECK_INT(pop3_core_submit(core, &rows[i], &id), POP3_ERR_ARGUMENT);
        CHECK_INT(id, 0);
        CHECK_INT(pop3_core_pending(core), 0);
        CHECK_INT(pop3_core_error(core)->result, POP3_ERR_ARGUMENT);
    }
    TEST_ROW("%s", "");
    pop3_core_free(core);
}

/* Tabs separate fields where spaces do. */
static void
test_tabs(void)
{
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    pop3_core *core;
    pop3_event event;
    pop3_id id;

    options.any_state = true;
    core = new_core(&options);
    feed(core, "+OK\thello\r\n");
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_GREETING);
    CHECK_SPAN(event.text, "hello");
    CHECK_INT(submit(core, POP3_CMD_STAT, &id), POP3_OK);
    send_all(core);
    feed(core, "+OK\t2\t320\r\n");
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_REPLY);
    CHECK_INT(event.stat.octets, 320);
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_DONE);
    pop3_core_free(core);
}

/* The longest answer that may be given, and one octet more. */
static void
test_long_answer(void)
{
    static char octets[65537];
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    pop3_core *core;
    pop3_event event;
    pop3_id id;

    options.tls_active = true;
    core = new_core(&options);
    feed(core, "+OK\r\n");
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_GREETING);
    CHECK_INT(submit(core, POP3_CMD_AUTH, &id), POP3_OK);
    send_all(core);
    feed(core, "+ \r\n");
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_CHALLENGE);
    CHECK_INT(pop3_core_respond(core, (pop3_span){octets, 65537}),
              POP3_ERR_ARGUMENT);
    CHECK_INT(pop3_core_output(core).len, 0);
    CHECK_INT(pop3_core_respond(core, (pop3_span){octets, 65536}), POP3_OK);
    CHECK_INT(pop3_core_output(core).len, 87384 + 2);
    pop3_core_free(core);
}

/* Ids are never 0 and never used twice while they are open. */
static void
test_many(void)
{
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    pop3_core *core;
    pop3_event event;
    pop3_id first = 0;
    pop3_id id = 0;
    unsigned i;
    pop3_result result = POP3_OK;

    options.any_state = true;
    core = new_core(&options);
    CHECK_INT(submit(core, POP3_CMD_NOOP, &first), POP3_OK);
    for (i = 1; i < 100000 && result == POP3_OK; i++) {
        result = submit(core, POP3_CMD_NOOP, &id);
        CHECK(result != POP3_OK || id == first + i);
    }
    CHECK(result == POP3_OK || result == POP3_ERR_AGAIN);
    CHECK(i > 1000);
    pop3_core_fail(core, POP3_ERR_IO, 0, NULL);
    i = 0;
    while (pop3_core_next(core, &event) == POP3_EVENT_DONE) {
        CHECK_INT(event.id, first + i++);
        CHECK_INT(event.result, POP3_ERR_NOT_SENT);
    }
    CHECK_INT(pop3_core_pending(core), 0);
    pop3_core_free(core);
}

/* A session that rests has no receive buffer, and half a line a small one. */
static void
test_rest(void)
{
    pop3_core *core;
    pop3_event event;
    void *room;
    size_t len;

    alloc_arm(0);
    core = new_core(NULL);
    feed(core, "+OK rea");
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_NEED_INPUT);
    CHECK(alloc_octets() > 96 * 1024);
    pop3_core_input_filled(core, 0);
    CHECK(alloc_octets() < 4096);
    alloc_arm(1);
    CHECK_INT(pop3_core_input_buffer(core, &room, &len), POP3_ERR_NOMEM);
    CHECK_INT(pop3_core_input_buffer(core, &room, &len), POP3_OK);
    CHECK_INT(len, 96 * 1024 - 7);
    memcpy(room, "dy\r\n", 4);
    pop3_core_input_filled(core, 4);
    CHECK_INT(pop3_core_next(core, &event), POP3_EVENT_GREETING);
    CHECK_SPAN(event.line, "+OK ready");
    pop3_core_input_filled(core, 0);
    CHECK(alloc_octets() < 4096);
    pop3_core_free(core);
}

int
main(void)
{
    test_rest();
    test_options();
    test_sizes();
    test_version();
    test_audit();
    test_veto_of_give_up();
    test_full();
    test_memory();
    test_calls_out_of_turn();
    test_fail();
    test_fail_without_failure();
    test_bad_commands();
    test_tabs();
    test_long_answer();
    test_many();
    return test_summary();
}
