/* SPDX-License-Identifier: MIT */
/*
 * state_test - the whole table: verb × state (RFC 1939 §3 to §6, RFC 2449 §5,
 * RFC 2595 §4, RFC 5034 §4, RFC 6856 §2 and §3).
 */
#include "core/state.h"

#include "test.h"

/* A: AUTHORIZATION, T: TRANSACTION, B: both; > leads to TRANSACTION. */
static const char *const table[] = {
    [POP3_CMD_CAPA] = "B",  [POP3_CMD_STLS] = "A",  [POP3_CMD_USER] = "A",
    [POP3_CMD_PASS] = "A>", [POP3_CMD_APOP] = "A>", [POP3_CMD_AUTH] = "A>",
    [POP3_CMD_RPOP] = "A>", [POP3_CMD_UTF8] = "A",  [POP3_CMD_LANG] = "B",
    [POP3_CMD_STAT] = "T",  [POP3_CMD_LIST] = "T",  [POP3_CMD_UIDL] = "T",
    [POP3_CMD_RETR] = "T",  [POP3_CMD_TOP] = "T",   [POP3_CMD_DELE] = "T",
    [POP3_CMD_NOOP] = "T",  [POP3_CMD_RSET] = "T",  [POP3_CMD_QUIT] = "B",
    [POP3_CMD_RAW] = "B",
};

int
main(void)
{
    int verb;

    for (verb = POP3_CMD_CAPA; verb <= POP3_CMD_RAW; verb++) {
        pop3_verb v = (pop3_verb)verb;
        char where = table[verb][0];
        pop3_state after = state_after(POP3_STATE_AUTHORIZATION, v);

        TEST_ROW("%s", pop3_verb_name(v));
        CHECK_INT(state_allows(POP3_STATE_GREETING, v), where != 'T');
        CHECK_INT(state_allows(POP3_STATE_AUTHORIZATION, v), where != 'T');
        CHECK_INT(state_allows(POP3_STATE_TRANSACTION, v), where != 'A');
        CHECK(!state_allows(POP3_STATE_CLOSED, v));
        CHECK(!state_allows(POP3_STATE_BROKEN, v));
        if (v == POP3_CMD_QUIT)
            CHECK_INT(after, POP3_STATE_CLOSED);
        else if (table[verb][1] == '>')
            CHECK_INT(after, POP3_STATE_TRANSACTION);
        else
            CHECK_INT(after, POP3_STATE_AUTHORIZATION);
    }
    CHECK_INT(state_after(POP3_STATE_TRANSACTION, POP3_CMD_NOOP),
              POP3_STATE_TRANSACTION);
    CHECK_INT(state_after(POP3_STATE_TRANSACTION, POP3_CMD_QUIT),
              POP3_STATE_CLOSED);
    return test_summary();
}
