/* SPDX-License-Identifier: MIT */
/*
 * session_find - the server of an account that names none.
 */
#ifndef CLI_SESSION_FIND_H
#define CLI_SESSION_FIND_H

#include "cli/session.h"

/* Sets s->where and s->checked from opt->address: by what is remembered, or
 * else by looking for it. As session_prepare(). */
bool session_find(session *s);

#endif
