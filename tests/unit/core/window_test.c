/* SPDX-License-Identifier: MIT */
/*
 * window_test - how many commands go out, by the answers that they will bring.
 */
#include <pop3.h>

#include "test.h"

enum {
    QUEUED = 4400,
    MESSAGE = 4096,
    NEAR = 252, /* times MESSAGE and 64 octets: 1 MiB */
    FAR = 4032, /* 16 MiB */
    LEAST = 32
};

static char body[MESSAGE + 1];

static void
feed(pop3_core *core, const char *text)
{
    size_t len = strlen(text);
    size_t taken = 0;

    CHECK_INT(pop3_core_feed(core, text, len, &taken), POP3_OK);
    CHECK_INT(taken, len);
}

/* Takes all events; how many commands ended. */
static size_t
pull(pop3_core *core)
{
    pop3_event event;
    size_t done = 0;

    while (pop3_core_next(core, &event) != POP3_EVENT_NEED_INPUT &&
           event.type != POP3_EVENT_CLOSED)
        done += event.type == POP3_EVENT_DONE ? 1 : 0;
    return done;
}

/* What is pending goes out: how many commands that is. */
static size_t
send_all(pop3_core *core)
{
    pop3_span out = pop3_core_output(core);
    size_t commands = 0;

    for (size_t i = 0; i < out.len; i++)
        commands += out.ptr[i] == '\n' ? 1 : 0;
    pop3_core_output_sent(core, out.len);
    return commands;
}

static void
submit(pop3_core *core, size_t count, uint64_t octets)
{
    pop3_command command = {.verb = POP3_CMD_RETR, .octets = octets};
    pop3_id id;

    for (size_t i = 0; i < count; i++) {
        command.number = i + 1;
        CHECK_INT(pop3_core_submit(core, &command, &id), POP3_OK);
    }
}

/* A session that may pipeline, with RETRs of one size queued. */
static pop3_core *
start(uint64_t window_answers, uint64_t octets)
{
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    pop3_command capa = {.verb = POP3_CMD_CAPA};
    pop3_core *core = NULL;
    pop3_id id;

    options.any_state = true;
    options.window_answers = window_answers;
    CHECK_INT(pop3_core_new(&core, &options), POP3_OK);
    feed(core, "+OK\r\n");
    (void)pull(core);
    CHECK_INT(pop3_core_submit(core, &capa, &id), POP3_OK);
    CHECK_INT(send_all(core), 1);
    feed(core, "+OK\r\nPIPELINING\r\n.\r\n");
    CHECK_INT(pull(core), 1);
    submit(core, QUEUED, octets);
    return core;
}

/* Answers so many commands, each by a message of `len` octets. */
static void
answer(pop3_core *core, size_t count, size_t len)
{
    size_t done = 0;

    memset(body, 'x', sizeof(body));
    memcpy(body + len - 2, "\r\n", 3);
    for (size_t i = 0; i < count; i++) {
        feed(core, "+OK\r\n");
        feed(core, body);
        feed(core, i + 1 < count ? ".\r\n" : ".\r");
        done += pull(core);
        if (i + 1 == count)
            feed(core, "\n");
    }
    CHECK_INT(done + pull(core), count);
}

static void
test_first_window(void)
{
    static const struct {
        uint64_t window;
        uint64_t octets;
        size_t out;
    } rows[] = {
        {0, MESSAGE, NEAR},
        {0, 0, 63}, /* unknown: 16 KiB are supposed */
        {0, 5 << 20, LEAST},
        {0, UINT64_MAX, LEAST},
        {100000, 1000, 93},
        {1, MESSAGE, LEAST},
        {UINT64_MAX, MESSAGE, QUEUED},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        pop3_core *core = start(rows[i].window, rows[i].octets);

        TEST_ROW("row %zu", i);
        CHECK_INT(send_all(core), rows[i].out);
        pop3_core_free(core);
    }
    TEST_ROW("%s", "");
}

/* One write for half a window, not one for each answer. */
static void
test_refill(void)
{
    pop3_core *core = start(0, MESSAGE);

    CHECK_INT(send_all(core), NEAR);
    answer(core, NEAR / 2 - 1, MESSAGE);
    CHECK_INT(send_all(core), 0);
    answer(core, 1, MESSAGE);
    CHECK_INT(send_all(core), NEAR / 2);
    pop3_core_free(core);
}

/* The server answered all that it was asked, about 1 MiB, and waits. */
static void
test_widens(void)
{
    pop3_core *core = start(0, MESSAGE);
    size_t sent = send_all(core);

    answer(core, NEAR / 2, MESSAGE);
    sent += send_all(core);
    answer(core, 97, MESSAGE);
    sent += send_all(core);
    CHECK(sent - NEAR / 2 - 97 <= NEAR);
    answer(core, 1, MESSAGE);
    sent += send_all(core);
    CHECK_INT(sent - NEAR / 2 - 98, FAR);
    answer(core, FAR, MESSAGE);
    sent += send_all(core);
    CHECK_INT(sent, QUEUED);
    pop3_core_free(core);
}

static void
test_fixed(void)
{
    pop3_core *core = start(1 << 20, MESSAGE);

    (void)send_all(core);
    answer(core, NEAR, MESSAGE);
    CHECK_INT(send_all(core), NEAR);
    answer(core, NEAR, MESSAGE);
    CHECK_INT(send_all(core), NEAR);
    pop3_core_free(core);
}

/* Sizes that nobody told are learned. */
static void
test_learns(void)
{
    pop3_core *core = start(0, 0);

    CHECK_INT(send_all(core), 63);
    answer(core, 63, 128);
    CHECK(send_all(core) > 1000);
    pop3_core_free(core);
}

int
main(void)
{
    test_first_window();
    test_refill();
    test_widens();
    test_fixed();
    test_learns();
    return test_summary();
}
