/* SPDX-License-Identifier: MIT */
/*
 * conn - what the client needs of a connection beyond pop3.h.
 */
#ifndef CONN_CONN_H
#define CONN_CONN_H

#include <pop3.h>

#include "core/whole.h"

/* Records why a call failed, for pop3_conn_error(): returns the result. */
pop3_result conn_note(pop3_conn *conn, pop3_result result, pop3_verb verb,
                      uint64_t number, const char *what);

/* What a call gets from a connection that is over; POP3_OK while it lives. */
pop3_result conn_if_over(const pop3_conn *conn) POP3_MUST_CHECK;

/* Ends it: the transport is closed, every command ends with the result. */
void conn_fail(pop3_conn *conn, pop3_result result, int sys, const char *why);

/* As whole_take(), where pop3_conn_step() would give its events. */
bool conn_take_whole(pop3_conn *conn, whole_message *message);

/* Steps may sleep for some milliseconds where they only wait for octets: for a
 * caller who does nothing else. Before the first step. */
void conn_let_sleep(pop3_conn *conn);

/* Whether CAPA may be sent: see pop3_options.no_capa. */
bool conn_asks_capa(const pop3_conn *conn);

#endif
