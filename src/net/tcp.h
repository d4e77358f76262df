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

#endif
