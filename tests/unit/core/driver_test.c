/* SPDX-License-Identifier: MIT */
/*
 * driver_test - what the layer above asks of a core beyond its events: a
 * command taken back, an error kept for later, a session at rest.
 */
#include <pop3.h>

#include "alloc.h"
#include "core/core_impl.h"
#include "core/send.h"
#include "test.h"

static void
feed(pop3_core *core, const char *text)
{
    size_t taken = 0;

    CHECK_INT(pop3_core_feed(core, text, strlen(text), &taken), POP3_OK);
    CHECK_INT(taken, strlen(text));
}

static void
expect(pop3_core *core, pop3_event_type type, pop3_result result)
{
    pop3_event event;

    CHECK_INT(pop3_core_next(core, &event), type);
    CHECK_INT(event.result, result);
}

/* A core in AUTHORIZATION that may send credentials, and knows PIPELINING. */
static pop3_core *
greeted(void)
{
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    pop3_core *core = NULL;
    pop3_id id;

    options.tls_active = true;
    CHECK_INT(pop3_core_new(&core, &options), POP3_OK);
    feed(core, "+OK\r\n");
    expect(core, POP3_EVENT_GREETING, POP3_OK);
    CHECK_INT(
        pop3_core_submit(core, &(pop3_command){.verb = POP3_CMD_CAPA}, &id),
        POP3_OK);
    pop3_core_output_sent(core, pop3_core_output(core).len);
    feed(core, "+OK\r\nPIPELINING\r\n.\r\n");
    expect(core, POP3_EVENT_REPLY, POP3_OK);
    expect(core, POP3_EVENT_ITEM, POP3_OK);
    expect(core, POP3_EVENT_DONE, POP3_OK);
    return core;
}

static void
submit(pop3_core *core, pop3_verb verb, const char *arg)
{
    pop3_id id;

    CHECK_INT(
        pop3_core_submit(core, &(pop3_command){.verb = verb, .arg = arg}, &id),
        POP3_OK);
}

static void
check_output(const pop3_core *core, const char *want)
{
    pop3_span out = pop3_core_output(core);

    CHECK_INT(out.len, strlen(want));
    CHECK(memcmp(out.ptr, want, strlen(want)) == 0);
}

/* The last command is taken back as if it had never been submitted. */
static void
test_withdraw_released(void)
{
    pop3_core *core = greeted();

    submit(core, POP3_CMD_USER, "u");
    check_output(core, "USER u\r\n");
    send_withdraw(core);
    CHECK_INT(pop3_core_pending(core), 0);
    check_output(core, "");
    CHECK(pop3_core_is_quiet(core));
    submit(core, POP3_CMD_USER, "v");
    check_output(core, "USER v\r\n");
    pop3_core_free(core);
}

/* The same of one that waits for its turn: what is in flight stays. */
static void
test_withdraw_waiting(void)
{
    pop3_core *core = greeted();

    submit(core, POP3_CMD_USER, "u");
    submit(core, POP3_CMD_QUIT, NULL);
    CHECK_INT(pop3_core_pending(core), 2);
    send_withdraw(core);
    CHECK_INT(pop3_core_pending(core), 1);
    check_output(core, "USER u\r\n");
    pop3_core_output_sent(core, 8);
    CHECK(!pop3_core_is_quiet(core));
    feed(core, "+OK\r\n");
    expect(core, POP3_EVENT_REPLY, POP3_OK);
    expect(core, POP3_EVENT_DONE, POP3_OK);
    CHECK(pop3_core_is_quiet(core));
    /* QUIT is out of the plan too: else nothing could follow. */
    submit(core, POP3_CMD_PASS, "p");
    pop3_core_free(core);
}

/* An error that is put back reads as it did, also by its pointers. */
static void
test_keep(void)
{
    pop3_core *core = greeted();
    static fail_detail kept;

    submit(core, POP3_CMD_USER, "u");
    pop3_core_output_sent(core, 8);
    feed(core, "-ERR [SYS/TEMP] first\r\n");
    expect(core, POP3_EVENT_DONE, POP3_ERR_AUTH);
    fail_keep(core, &kept);
    fail_call(core, POP3_ERR_USAGE, POP3_CMD_PASS, 0, "second");
    CHECK_STR(pop3_core_error(core)->op, "PASS");
    fail_put_back(core, &kept);
    CHECK_STR(pop3_core_error(core)->op, "USER");
    CHECK_STR(pop3_core_error(core)->resp_text, "SYS/TEMP");
    CHECK_INT(pop3_core_error(core)->resp, POP3_RESP_SYS_TEMP);
    CHECK_INT(pop3_core_error(core)->result, POP3_ERR_AUTH);
    CHECK(strstr(pop3_core_error(core)->text, "first") != NULL);
    memset(&kept, 'x', sizeof(kept));
    CHECK_STR(pop3_core_error(core)->op, "USER");
    pop3_core_free(core);
}

/* What a server said of a credential is masked like its status lines. */
static void
test_explain(void)
{
    pop3_core *core = greeted();
    const char *said = "no token s3cret here";

    CHECK_INT(pop3_core_mask(core, (pop3_span){"s3cret", 6}), POP3_OK);
    submit(core, POP3_CMD_USER, "u");
    pop3_core_output_sent(core, 8);
    feed(core, "-ERR [AUTH] no\r\n");
    expect(core, POP3_EVENT_DONE, POP3_ERR_AUTH);
    fail_explain(core, "the token was refused",
                 (pop3_span){said, strlen(said)});
    CHECK_STR(pop3_core_error(core)->text,
              "the token was refused; server said: no token **** here");
    CHECK_INT(pop3_core_error(core)->resp, POP3_RESP_AUTH);
    CHECK_INT(pop3_core_error(core)->result, POP3_ERR_AUTH);
    pop3_core_free(core);
}

/* The first failure of a session is the one that is told. */
static void
test_first_failure(void)
{
    pop3_core *core = greeted();

    pop3_core_fail(core, POP3_ERR_TIMEOUT, 0, "too slow");
    fail_session(core, POP3_ERR_PROTOCOL, "later", NULL);
    expect(core, POP3_EVENT_CLOSED, POP3_ERR_TIMEOUT);
    CHECK_STR(pop3_core_error(core)->text, "too slow");
    pop3_core_free(core);
}

/* Many commands need a large buffer and a long queue: not for ever. */
static void
test_rest(void)
{
    pop3_core *core = greeted();
    const unsigned commands = 600;
    size_t full;

    alloc_arm(0);
    submit(core, POP3_CMD_USER, "u");
    for (unsigned i = 1; i < commands; i++)
        submit(core, POP3_CMD_USER, "u");
    full = core->tx.capacity;
    CHECK(full >= 8 * (size_t)commands);
    for (unsigned i = 0; i < commands; i++) {
        pop3_core_output_sent(core, pop3_core_output(core).len);
        feed(core, "+OK\r\n");
        expect(core, POP3_EVENT_REPLY, POP3_OK);
        expect(core, POP3_EVENT_DONE, POP3_OK);
    }
    pop3_core_input_filled(core, 0);
    CHECK_INT(pop3_core_pending(core), 0);
    CHECK_INT(core->tx.capacity, 0);
    CHECK_INT(core->queue.capacity, 0);
    CHECK_INT(core->rx.capacity, 0);
    submit(core, POP3_CMD_USER, "u");
    check_output(core, "USER u\r\n");
    pop3_core_free(core);
}

/* Half a line is kept where it is when no memory can be had for less. */
static void
test_rest_without_memory(void)
{
    pop3_core *core = greeted();

    submit(core, POP3_CMD_USER, "u");
    pop3_core_output_sent(core, 8);
    feed(core, "+OK ha");
    expect(core, POP3_EVENT_NEED_INPUT, POP3_OK);
    alloc_arm(1);
    pop3_core_input_filled(core, 0);
    CHECK(alloc_failed());
    alloc_arm(0);
    feed(core, "lf\r\n");
    expect(core, POP3_EVENT_REPLY, POP3_OK);
    expect(core, POP3_EVENT_DONE, POP3_OK);
    pop3_core_free(core);
}

static void
count_line(void *ctx, char direction, const char *line)
{
    (void)direction;
    (void)line;
    ++*(unsigned *)ctx;
}

static void
test_trace_is_set_anew(void)
{
    unsigned lines = 0;
    const pop3_trace trace = {.level = 1, .fn = count_line, .ctx = &lines};
    pop3_core *core = greeted();

    pop3_core_set_trace(core, &trace);
    submit(core, POP3_CMD_USER, "u");
    CHECK_INT(lines, 1);
    pop3_core_set_trace(core, NULL);
    pop3_core_output_sent(core, 8);
    feed(core, "+OK\r\n");
    expect(core, POP3_EVENT_REPLY, POP3_OK);
    CHECK_INT(lines, 1);
    pop3_core_free(core);
}

/* R1: an octet that came in clear behind the +OK of STLS, and is found only
 * when TLS is up. */
static void
test_octets_behind_stls(void)
{
    pop3_core *core = NULL;

    CHECK_INT(pop3_core_new(&core, NULL), POP3_OK);
    feed(core, "+OK\r\n");
    expect(core, POP3_EVENT_GREETING, POP3_OK);
    CHECK_INT(pop3_core_tls_done(core), POP3_ERR_USAGE);
    submit(core, POP3_CMD_STLS, NULL);
    pop3_core_output_sent(core, 6);
    feed(core, "+OK\r\n");
    expect(core, POP3_EVENT_START_TLS, POP3_OK);
    feed(core, "+OK injected\r\n");
    CHECK_INT(pop3_core_tls_done(core), POP3_ERR_PROTOCOL);
    expect(core, POP3_EVENT_DONE, POP3_ERR_PROTOCOL);
    expect(core, POP3_EVENT_CLOSED, POP3_ERR_PROTOCOL);
    pop3_core_free(core);
}

/* R21: what lay there before the first octet of a command went out is no
 * answer to it. */
static void
test_octets_before_a_command(void)
{
    pop3_core *core = greeted();

    submit(core, POP3_CMD_USER, "u");
    feed(core, "+OK early\r\n");
    pop3_core_output_sent(core, 8);
    expect(core, POP3_EVENT_DONE, POP3_ERR_PROTOCOL);
    expect(core, POP3_EVENT_CLOSED, POP3_ERR_PROTOCOL);
    CHECK_INT(pop3_core_tls_done(core), POP3_ERR_USAGE);
    CHECK_INT(pop3_core_respond_cancel(core), POP3_ERR_USAGE);
    CHECK_INT(pop3_core_respond(core, (pop3_span){"x", 1}), POP3_ERR_USAGE);
    pop3_core_output_sent(core, 100);
    pop3_core_free(core);
}

/* Challenges that are out of turn, given up, or vetoed by nobody. */
static void
test_answers_out_of_turn(void)
{
    pop3_core *core = greeted();

    CHECK_INT(pop3_core_respond(core, (pop3_span){"x", 1}), POP3_ERR_USAGE);
    CHECK_INT(pop3_core_respond_cancel(core), POP3_ERR_USAGE);
    submit(core, POP3_CMD_AUTH, "PLAIN");
    pop3_core_output_sent(core, pop3_core_output(core).len);
    feed(core, "+ \r\n");
    expect(core, POP3_EVENT_CHALLENGE, POP3_OK);
    feed(core, "+OK too early\r\n");
    expect(core, POP3_EVENT_DONE, POP3_ERR_PROTOCOL);
    pop3_core_free(core);
}

/* What came before the login is wiped when a session ends, since a server may
 * have quoted a secret; what never was filled is not touched. */
static void
test_end(void)
{
    static const char answer[] = "-ERR no s3cret\r\n";
    pop3_core *core = greeted();
    void *room = NULL;
    size_t len = 0;

    submit(core, POP3_CMD_PASS, "s3cret");
    pop3_core_output_sent(core, pop3_core_output(core).len);
    CHECK_INT(pop3_core_input_buffer(core, &room, &len), POP3_OK);
    CHECK(len >= ALLOC_LAST_MAX);
    memset(room, 'x', ALLOC_LAST_MAX);
    alloc_keep_last(room, ALLOC_LAST_MAX);
    feed(core, answer);
    expect(core, POP3_EVENT_DONE, POP3_ERR_AUTH);
    CHECK(alloc_last() == NULL);
    pop3_core_free(core);
    CHECK(alloc_last() != NULL);
    if (alloc_last() == NULL)
        return;
    for (len = 0; len < sizeof(answer) - 1; len++)
        CHECK_INT(alloc_last()[len], 0);
    CHECK_INT(alloc_last()[ALLOC_LAST_MAX - 1], 'x');
}

/* What is still wanted stays, however long nothing comes. */
static void
test_rest_in_flight(void)
{
    pop3_core *core = NULL;

    CHECK_INT(pop3_core_new(&core, NULL), POP3_OK);
    CHECK(!pop3_core_is_quiet(core));
    pop3_core_free(core);
    core = greeted();
    for (unsigned i = 0; i < 100; i++)
        submit(core, POP3_CMD_USER, "u");
    pop3_core_input_filled(core, 0);
    CHECK_INT(pop3_core_pending(core), 100);
    pop3_core_output_sent(core, pop3_core_output(core).len);
    pop3_core_input_filled(core, 0);
    CHECK_INT(pop3_core_pending(core), 100);
    feed(core, "+OK\r\n");
    expect(core, POP3_EVENT_REPLY, POP3_OK);
    pop3_core_free(core);
}

int
main(void)
{
    test_rest_in_flight();
    test_end();
    test_octets_before_a_command();
    test_answers_out_of_turn();
    test_withdraw_released();
    test_withdraw_waiting();
    test_keep();
    test_explain();
    test_first_failure();
    test_rest();
    test_rest_without_memory();
    test_trace_is_set_anew();
    test_octets_behind_stls();
    return test_summary();
}
