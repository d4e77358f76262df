/* SPDX-License-Identifier: MIT */
/*
 * command_test - commands as they are sent, and those that are not (R19).
 */
#include "core/command.h"

#include "alloc.h"
#include "test.h"

static const pop3_span some = {"\0a\0b", 4};
static const pop3_span none = {NULL, 0};

#define DIGEST "c4c9334bac560ecc979e58001b3e22fb"

static const struct row {
    pop3_command command;
    const char *line; /* NULL: refused */
    command_body body;
} rows[] = {
    {{.verb = POP3_CMD_CAPA}, "CAPA\r\n", BODY_ROWS},
    {{.verb = POP3_CMD_STLS}, "STLS\r\n", BODY_NONE},
    {{.verb = POP3_CMD_UTF8}, "UTF8\r\n", BODY_NONE},
    {{.verb = POP3_CMD_STAT}, "STAT\r\n", BODY_NONE},
    {{.verb = POP3_CMD_NOOP}, "NOOP\r\n", BODY_NONE},
    {{.verb = POP3_CMD_RSET}, "RSET\r\n", BODY_NONE},
    {{.verb = POP3_CMD_QUIT}, "QUIT\r\n", BODY_NONE},
    {{.verb = POP3_CMD_USER, .arg = "a b"}, "USER a b\r\n", BODY_NONE},
    {{.verb = POP3_CMD_USER}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_USER, .arg = ""}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_USER, .arg = "a\r\nb"}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_PASS, .arg = " x "}, "PASS  x \r\n", BODY_NONE},
    {{.verb = POP3_CMD_PASS, .arg = ""}, "PASS \r\n", BODY_NONE},
    {{.verb = POP3_CMD_PASS}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_PASS, .arg = "a\tb"}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_PASS, .arg = "a\x7f"}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_PASS, .arg = "\xe4"}, "PASS \xe4\r\n", BODY_NONE},
    {{.verb = POP3_CMD_RPOP, .arg = "a"}, "RPOP a\r\n", BODY_NONE},
    {{.verb = POP3_CMD_APOP, .arg = "a", .arg2 = DIGEST},
     "APOP a " DIGEST "\r\n",
     BODY_NONE},
    {{.verb = POP3_CMD_APOP, .arg = "a"}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_APOP, .arg2 = DIGEST}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_APOP, .arg = "a", .arg2 = "0"}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_APOP, .arg = "a", .arg2 = DIGEST "0"}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_APOP,
      .arg = "a",
      .arg2 = "g4c9334bac560ecc979e58001b3e22fb"},
     NULL,
     BODY_NONE},
    {{.verb = POP3_CMD_AUTH, .arg = "PLAIN"}, "AUTH PLAIN\r\n", BODY_NONE},
    {{.verb = POP3_CMD_AUTH, .arg = "PLAIN", .initial = &some},
     "AUTH PLAIN AGEAYg==\r\n",
     BODY_NONE},
    {{.verb = POP3_CMD_AUTH, .arg = "X-Y_9", .initial = &none},
     "AUTH X-Y_9 =\r\n",
     BODY_NONE},
    {{.verb = POP3_CMD_AUTH}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_AUTH, .arg = ""}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_AUTH, .arg = "PLAIN LOGIN"}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_AUTH, .arg = "PL\xc4IN"}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_AUTH, .arg = "ABCDEFGHIJKLMNOPQRST"},
     "AUTH ABCDEFGHIJKLMNOPQRST\r\n",
     BODY_NONE},
    {{.verb = POP3_CMD_AUTH, .arg = "ABCDEFGHIJKLMNOPQRSTU"}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_LANG}, "LANG\r\n", BODY_ROWS},
    {{.verb = POP3_CMD_LANG, .arg = "*"}, "LANG *\r\n", BODY_NONE},
    {{.verb = POP3_CMD_LANG, .arg = "de"}, "LANG de\r\n", BODY_NONE},
    {{.verb = POP3_CMD_LANG, .arg = ""}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_LANG, .arg = "a b"}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_LIST}, "LIST\r\n", BODY_ROWS},
    {{.verb = POP3_CMD_LIST, .number = 7}, "LIST 7\r\n", BODY_NONE},
    {{.verb = POP3_CMD_UIDL}, "UIDL\r\n", BODY_ROWS},
    {{.verb = POP3_CMD_UIDL, .number = UINT64_MAX},
     "UIDL 18446744073709551615\r\n",
     BODY_NONE},
    {{.verb = POP3_CMD_RETR, .number = 1}, "RETR 1\r\n", BODY_DATA},
    {{.verb = POP3_CMD_RETR}, NULL, BODY_DATA},
    {{.verb = POP3_CMD_DELE, .number = 10}, "DELE 10\r\n", BODY_NONE},
    {{.verb = POP3_CMD_DELE}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_TOP, .number = 1}, "TOP 1 0\r\n", BODY_DATA},
    {{.verb = POP3_CMD_TOP, .number = 1, .lines = 20},
     "TOP 1 20\r\n",
     BODY_DATA},
    {{.verb = POP3_CMD_TOP, .lines = 20}, NULL, BODY_DATA},
    {{.verb = POP3_CMD_RAW, .arg = "XTND A"}, "XTND A\r\n", BODY_NONE},
    {{.verb = POP3_CMD_RAW, .arg = "X", .multiline = true},
     "X\r\n",
     BODY_DATA},
    {{.verb = POP3_CMD_RAW}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_RAW, .arg = ""}, NULL, BODY_NONE},
    {{.verb = POP3_CMD_RAW, .arg = "A\r\nB"}, NULL, BODY_NONE},
};

static void
check_row(const struct row *row)
{
    bytes out = {0};
    const char *why = NULL;
    size_t len = row->line != NULL ? strlen(row->line) : 0;
    pop3_result result;

    CHECK(bytes_append(&out, "before", 6));
    result = command_encode(&row->command, COMMAND_LINE_MAX, &out, &why);
    CHECK_INT(result, row->line != NULL ? POP3_OK : POP3_ERR_ARGUMENT);
    CHECK(why != NULL && *why != '\0');
    CHECK_MEM(bytes_ptr(&out) + 6, bytes_len(&out) - 6, row->line, len);
    CHECK_INT(command_body_of(&row->command), row->body);
    if (row->line != NULL && len > 2) {
        /* The limit is in octets, with the line end. */
        bytes_remove(&out, 6, len);
        CHECK_INT(command_encode(&row->command, len, &out, &why), POP3_OK);
        bytes_remove(&out, 6, len);
        CHECK_INT(command_encode(&row->command, len - 1, &out, &why),
                  POP3_ERR_ARGUMENT);
        CHECK_INT(bytes_len(&out), 6);
    }
    bytes_clear(&out);
}

/* Every control character is refused wherever an argument may stand. */
static void
test_controls(void)
{
    static const pop3_verb verbs[] = {POP3_CMD_USER, POP3_CMD_PASS,
                                      POP3_CMD_RPOP, POP3_CMD_LANG,
                                      POP3_CMD_AUTH, POP3_CMD_RAW};
    size_t i;
    int c;

    for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
        for (c = 1; c < 256; c++) {
            char arg[4] = {'a', (char)c, 'b', '\0'};
            pop3_command command = {.verb = verbs[i], .arg = arg};
            bytes out = {0};
            const char *why;
            bool control = c < 32 || c == 127;

            TEST_ROW("%s %d", pop3_verb_name(verbs[i]), c);
            if (control)
                CHECK_INT(command_encode(&command, 255, &out, &why),
                          POP3_ERR_ARGUMENT);
            else if (verbs[i] == POP3_CMD_USER || verbs[i] == POP3_CMD_RAW)
                CHECK_INT(command_encode(&command, 255, &out, &why), POP3_OK);
            bytes_clear(&out);
        }
    }
    TEST_ROW("%s", "");
}

static void
test_long_initial(void)
{
    char octets[300] = {0};
    size_t len;

    for (len = 150; len < sizeof(octets); len++) {
        pop3_span initial = {octets, len};
        pop3_command command = {.verb = POP3_CMD_AUTH, .arg = "PLAIN"};
        size_t line = 11 + (len + 2) / 3 * 4 + 2;
        bytes out = {0};
        const char *why;

        command.initial = &initial;
        TEST_ROW("%zu", len);
        CHECK_INT(command_encode(&command, COMMAND_LINE_MAX, &out, &why),
                  line <= 255 ? POP3_OK : POP3_ERR_ARGUMENT);
        CHECK_INT(bytes_len(&out), line <= 255 ? line : 0);
        bytes_clear(&out);
    }
    TEST_ROW("%s", "");
}

static void
test_no_memory(void)
{
    pop3_command command = {.verb = POP3_CMD_RAW};
    char arg[241];
    bytes out = {0};
    const char *why;

    memset(arg, 'x', sizeof(arg) - 1);
    arg[sizeof(arg) - 1] = '\0';
    command.arg = arg;
    alloc_arm(1);
    CHECK_INT(command_encode(&command, 255, &out, &why), POP3_ERR_NOMEM);
    CHECK_INT(bytes_len(&out), 0);
    CHECK(bytes_append(&out, arg, 100));
    alloc_arm(1);
    CHECK_INT(command_encode(&command, 255, &out, &why), POP3_ERR_NOMEM);
    CHECK_INT(bytes_len(&out), 100);
    bytes_clear(&out);
}

static void
test_names(void)
{
    int verb;

    for (verb = POP3_CMD_CAPA; verb <= POP3_CMD_RAW; verb++) {
        const char *name = pop3_verb_name((pop3_verb)verb);
        pop3_span line = {name, strlen(name)};

        CHECK_STR(command_info_of((pop3_verb)verb)->name, name);
        CHECK(command_info_of_line(line) == command_info_of((pop3_verb)verb));
    }
    CHECK_STR(pop3_verb_name((pop3_verb)99), "?");
    CHECK_STR(pop3_verb_name((pop3_verb)-1), "?");
    CHECK(command_info_of_line((pop3_span){"pass x", 6}) ==
          command_info_of(POP3_CMD_PASS));
    CHECK(command_info_of_line((pop3_span){"PASSX", 5}) == NULL);
    CHECK(command_info_of_line((pop3_span){"", 0}) == NULL);
    CHECK(command_info_of_line((pop3_span){" PASS", 5}) == NULL);
}

int
main(void)
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        TEST_ROW("row %zu: %s", i,
                 rows[i].line != NULL ? rows[i].line : "refused");
        check_row(&rows[i]);
    }
    TEST_ROW("%s", "");
    test_controls();
    test_long_initial();
    test_no_memory();
    test_names();
    return test_summary();
}
