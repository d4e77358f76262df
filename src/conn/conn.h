/* SPDX-License-Identifier: MIT */
/*
 * conn - what the client needs of a connection beyond pop3.h.
 */
#ifndef CONN_CONN_H
#define CONN_CONN_H

#include <pop3.h>

/* Records why a call failed, for pop3_conn_error(): returns the result. */
pop3_result conn_note(pop3_conn *conn, pop3_result result, pop3_verb verb,
                      uint64_t number, const char *what);

#endif
