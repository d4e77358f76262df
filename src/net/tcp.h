/* SPDX-License-Identifier: MIT */
/*
 * tcp - a connected socket as a pop3_transport.
 */
#ifndef NET_TCP_H
#define NET_TCP_H

#include <pop3.h>
#include <pop3/transport.h>

/* Fills *transport, which owns `fd` (non-blocking) from now on, also when
 * this fails. Errors: NOMEM. */
pop3_result tcp_transport(pop3_transport *transport, int fd) POP3_MUST_CHECK;

/* From now on a read of this tcp_transport() sleeps for a few milliseconds if
 * nothing is here and *may_sleep is true then; a signal wakes it. For a caller
 * who would do nothing but wait. Where the system does not take this, reads
 * stay as they were. */
void tcp_let_sleep(const pop3_transport *transport, const bool *may_sleep);

#endif
