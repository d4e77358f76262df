/* SPDX-License-Identifier: MIT */
/*
 * greeting - the APOP timestamp in the server's first line.
 */
#ifndef CORE_GREETING_H
#define CORE_GREETING_H

#include <pop3.h>

/* The first "<...>" of the line, if it is one msg-id of RFC 5322 §3.6.4 in
 * printable ASCII (R11); else empty. */
pop3_span greeting_timestamp(pop3_span line);

#endif
