/* SPDX-License-Identifier: MIT */
/*
 * session_tls - what a session asks of TLS.
 */
#ifndef CLI_SESSION_TLS_H
#define CLI_SESSION_TLS_H

#include "cli/session.h"

/* Sets o->security and o->tls by the URL and the flags. */
void session_tls(session *s, pop3_options *o);

#endif
