/* SPDX-License-Identifier: MIT */
/*
 * state - RFC 1939 §3.
 *
 *   GREETING ──+OK──▶ AUTHORIZATION ──PASS, APOP, AUTH, RPOP──▶ TRANSACTION
 *                          │                                        │
 *                          └──────────────── QUIT ─────────────▶ CLOSED
 *
 * Where a verb is legal stands in the verb table (command.c). A refusal never
 * changes the state, except that QUIT ends the session whatever is answered.
 * BROKEN is entered from anywhere and left never (law 4).
 */
#include "core/state.h"

#include "core/command.h"

bool
state_allows(pop3_state state, pop3_verb verb)
{
    unsigned states = command_info_of(verb)->states;

    switch (state) {
    case POP3_STATE_GREETING:
    case POP3_STATE_AUTHORIZATION:
        return (states & IN_AUTHORIZATION) != 0;
    case POP3_STATE_TRANSACTION:
        return (states & IN_TRANSACTION) != 0;
    case POP3_STATE_CLOSED:
    case POP3_STATE_BROKEN:
        break;
    }
    return false;
}

pop3_state
state_after(pop3_state state, pop3_verb verb)
{
    if (verb == POP3_CMD_QUIT)
        return POP3_STATE_CLOSED;
    return command_info_of(verb)->logs_in ? POP3_STATE_TRANSACTION : state;
}
