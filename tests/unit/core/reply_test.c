/* SPDX-License-Identifier: MIT */
/*
 * reply_test - the status line (RFC 1939 §3) and its code (RFC 2449 §8).
 */
#include "core/reply.h"

#include "test.h"

static const struct row {
    const char *line;
    reply_kind kind;
    const char *rest;
    const char *text;
    pop3_resp_code code;
    const char *code_text;
} rows[] = {
    {"+OK", REPLY_OK, "", "", POP3_RESP_NONE, ""},
    {"+OK hi", REPLY_OK, "hi", "hi", POP3_RESP_NONE, ""},
    {"+OK  hi there ", REPLY_OK, "hi there ", "hi there ", POP3_RESP_NONE, ""},
    {"+ok hi", REPLY_OK, "hi", "hi", POP3_RESP_NONE, ""},
    {"+OKAY", REPLY_OK, "OKAY", "OKAY", POP3_RESP_NONE, ""},
    {"+", REPLY_CONTINUE, "", "", POP3_RESP_NONE, ""},
    {"+ ", REPLY_CONTINUE, "", "", POP3_RESP_NONE, ""},
    {"+ AAAA", REPLY_CONTINUE, "AAAA", "AAAA", POP3_RESP_NONE, ""},
    {"+AAAA", REPLY_OK, "AAAA", "AAAA", POP3_RESP_NONE, ""},
    {"-ERR", REPLY_ERR, "", "", POP3_RESP_NONE, ""},
    {"-ERR no", REPLY_ERR, "no", "no", POP3_RESP_NONE, ""},
    {"-err no", REPLY_ERR, "no", "no", POP3_RESP_NONE, ""},
    {"-", REPLY_ERR, "", "", POP3_RESP_NONE, ""},
    {"-no", REPLY_ERR, "no", "no", POP3_RESP_NONE, ""},
    {"", REPLY_INVALID, "", "", POP3_RESP_NONE, ""},
    {"OK", REPLY_INVALID, NULL, NULL, POP3_RESP_NONE, ""},
    {" +OK", REPLY_INVALID, NULL, NULL, POP3_RESP_NONE, ""},
    {"* OK", REPLY_INVALID, NULL, NULL, POP3_RESP_NONE, ""},
    {".", REPLY_INVALID, NULL, NULL, POP3_RESP_NONE, ""},
    {"-ERR [IN-USE] a", REPLY_ERR, "[IN-USE] a", "a", POP3_RESP_IN_USE,
     "IN-USE"},
    {"-ERR [in-use]a", REPLY_ERR, "[in-use]a", "a", POP3_RESP_IN_USE,
     "in-use"},
    {"-ERR [LOGIN-DELAY]", REPLY_ERR, "[LOGIN-DELAY]", "",
     POP3_RESP_LOGIN_DELAY, "LOGIN-DELAY"},
    {"-ERR [SYS/TEMP] a", REPLY_ERR, "[SYS/TEMP] a", "a", POP3_RESP_SYS_TEMP,
     "SYS/TEMP"},
    {"-ERR [SYS/PERM/X] a", REPLY_ERR, "[SYS/PERM/X] a", "a",
     POP3_RESP_SYS_PERM, "SYS/PERM/X"},
    {"-ERR [AUTH] a", REPLY_ERR, "[AUTH] a", "a", POP3_RESP_AUTH, "AUTH"},
    {"-ERR [UTF8] a", REPLY_ERR, "[UTF8] a", "a", POP3_RESP_UTF8, "UTF8"},
    {"+OK [SYS/TEMP] a", REPLY_OK, "[SYS/TEMP] a", "a", POP3_RESP_SYS_TEMP,
     "SYS/TEMP"},
    {"-ERR [AUTHX] a", REPLY_ERR, "[AUTHX] a", "a", POP3_RESP_OTHER, "AUTHX"},
    {"-ERR [AUT] a", REPLY_ERR, "[AUT] a", "a", POP3_RESP_OTHER, "AUT"},
    {"-ERR [SYS] a", REPLY_ERR, "[SYS] a", "a", POP3_RESP_OTHER, "SYS"},
    {"-ERR [] a", REPLY_ERR, "[] a", "[] a", POP3_RESP_NONE, ""},
    {"-ERR [AUTH a", REPLY_ERR, "[AUTH a", "[AUTH a", POP3_RESP_NONE, ""},
    {"-ERR a [AUTH]", REPLY_ERR, "a [AUTH]", "a [AUTH]", POP3_RESP_NONE, ""},
    {"-ERR [", REPLY_ERR, "[", "[", POP3_RESP_NONE, ""},
};

int
main(void)
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct row *row = &rows[i];
        pop3_span line = {row->line, strlen(row->line)};
        reply r = reply_parse(line);

        TEST_ROW("%s", row->line);
        CHECK_INT(r.kind, row->kind);
        if (row->rest != NULL) {
            CHECK_SPAN(r.rest, row->rest);
            CHECK_SPAN(r.text, row->text);
        }
        CHECK_INT(r.code, row->code);
        CHECK_SPAN(r.code_text, row->code_text);
    }
    return test_summary();
}
