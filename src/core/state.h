/* SPDX-License-Identifier: MIT */
/*
 * state - the states of RFC 1939 §3: command × success → next state.
 */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include <pop3.h>

/* Whether a verb is legal in a state. In GREETING, what AUTHORIZATION
 * allows: it is kept until the greeting came. */
bool state_allows(pop3_state state, pop3_verb verb);

/* The state behind a +OK to a verb. */
pop3_state state_after(pop3_state state, pop3_verb verb);

#endif
