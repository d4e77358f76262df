/* SPDX-License-Identifier: MIT */
/*
 * trace_test - what each level shows, and that secrets are not in it (R16).
 */
#include <pop3.h>

#include "octets.h"
#include "test.h"

static struct octets shown;

static void
on_trace(void *ctx, char direction, const char *line)
{
    CHECK(ctx == &shown);
    octets_add(&shown, &direction, 1);
    octets_text(&shown, line);
    octets_text(&shown, "|");
}

static void
pull(pop3_core *core)
{
    pop3_event event;
    pop3_event_type type;

    do
        type = pop3_core_next(core, &event);
    while (type != POP3_EVENT_NEED_INPUT && type != POP3_EVENT_CLOSED &&
           type != POP3_EVENT_CHALLENGE);
}

static void
feed(pop3_core *core, const char *text)
{
    size_t taken;

    CHECK_INT(pop3_core_feed(core, text, strlen(text), &taken), POP3_OK);
    pull(core);
}

static void
ask(pop3_core *core, const pop3_command *command)
{
    pop3_id id;

    CHECK_INT(pop3_core_submit(core, command, &id), POP3_OK);
    pop3_core_output_sent(core, pop3_core_output(core).len);
}

static pop3_core *
new_core(int level)
{
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    pop3_core *core = NULL;

    options.any_state = true;
    options.tls_active = true;
    options.trace.level = level;
    options.trace.fn = on_trace;
    options.trace.ctx = &shown;
    CHECK_INT(pop3_core_new(&core, &options), POP3_OK);
    octets_clear(&shown);
    octets_text(&shown, "");
    feed(core, "+OK hi\r\n");
    return core;
}

static void
test_levels(void)
{
    static const struct {
        int level;
        const char *reply;
        const char *want;
    } rows[] = {
        {0, "+OK\r\na\r\nb\r\n.\r\n", ""},
        {1, "+OK\r\na\r\nb\r\n.\r\n", "S+OK hi|CRETR 1|S+OK|"},
        {2, "+OK\r\na\r\n\r\nb\x07\r\n.\r\n",
         "S+OK hi|CRETR 1|S+OK|Sa|S|Sb\\x07|S.|"},
        {2, "+OK\na\nb\n.\n", "S+OK hi|CRETR 1|S+OK|Sa|Sb|S.|"},
        {2, "+OK\r\n.\r\n", "S+OK hi|CRETR 1|S+OK|S.|"},
        {2, "-ERR\r\n", "S+OK hi|CRETR 1|S-ERR|"},
    };
    const pop3_command retr = {.verb = POP3_CMD_RETR, .number = 1};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        pop3_core *core = new_core(rows[i].level);

        TEST_ROW("row %zu", i);
        ask(core, &retr);
        feed(core, rows[i].reply);
        CHECK_STR(shown.ptr, rows[i].want);
        pop3_core_free(core);
    }
    TEST_ROW("%s", "");
}

static void
test_commands(void)
{
    static const struct {
        pop3_command command;
        const char *want;
    } rows[] = {
        {{.verb = POP3_CMD_USER, .arg = "a b"}, "CUSER a b|"},
        {{.verb = POP3_CMD_PASS, .arg = "open sesame"}, "CPASS ****|"},
        {{.verb = POP3_CMD_PASS, .arg = ""}, "CPASS ****|"},
        {{.verb = POP3_CMD_APOP,
          .arg = "a",
          .arg2 = "c4c9334bac560ecc979e58001b3e22fb"},
         "CAPOP a ****|"},
        {{.verb = POP3_CMD_AUTH, .arg = "X"}, "CAUTH X|"},
        {{.verb = POP3_CMD_RAW, .arg = "pass opensesame"}, "Cpass ****|"},
        {{.verb = POP3_CMD_RAW, .arg = "auth plain AAAA"},
         "Cauth plain ****|"},
        {{.verb = POP3_CMD_RAW, .arg = "XTND a b"}, "CXTND a b|"},
        {{.verb = POP3_CMD_TOP, .number = 3, .lines = 4}, "CTOP 3 4|"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        pop3_core *core = new_core(1);

        TEST_ROW("row %zu", i);
        octets_clear(&shown);
        ask(core, &rows[i].command);
        CHECK_STR(shown.ptr, rows[i].want);
        pop3_core_free(core);
    }
    TEST_ROW("%s", "");
}

static void
test_auth(void)
{
    const pop3_command auth = {.verb = POP3_CMD_AUTH, .arg = "X"};
    pop3_core *core = new_core(1);

    ask(core, &auth);
    feed(core, "+ \r\n");
    octets_clear(&shown);
    CHECK_INT(pop3_core_respond(core, (pop3_span){"sesame", 6}), POP3_OK);
    pop3_core_output_sent(core, pop3_core_output(core).len);
    feed(core, "+ c2VzYW1l\r\n");
    CHECK_INT(pop3_core_respond(core, (pop3_span){"x", 1}), POP3_OK);
    pop3_core_output_sent(core, pop3_core_output(core).len);
    feed(core, "+ \r\n");
    CHECK_INT(pop3_core_respond_cancel(core), POP3_OK);
    pop3_core_output_sent(core, pop3_core_output(core).len);
    feed(core, "-ERR sesame c2VzYW1l\r\n");
    CHECK_STR(shown.ptr, "C****|S+ ****|C****|S+ |C*|S-ERR **** ****|");
    CHECK(strstr(pop3_core_error(core)->text, "sesame") == NULL);
    pop3_core_free(core);
}

int
main(void)
{
    test_levels();
    test_commands();
    test_auth();
    octets_clear(&shown);
    return test_summary();
}
