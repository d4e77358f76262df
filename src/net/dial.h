/* SPDX-License-Identifier: MIT */
/*
 * dial - a host name and a port become one connected, non-blocking socket.
 *
 * All addresses are raced, families alternating, each started 250 ms after
 * the one before or as soon as that failed (RFC 8305 §4, §5). Names are
 * resolved by `resolver`, or in a thread (NULL), so that a slow name server
 * blocks nobody and can be abandoned. Deadlines are the caller's: it stops
 * stepping.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <pop3.h>
#include <pop3/resolver.h>

#include "net/net_error.h"

typedef struct dial dial;

/* Begins. Errors: NOMEM; ARGUMENT (an empty host, a port that is no number
 * and no known service, octets outside printable ASCII); IO. */
pop3_result dial_new(dial **out, const char *host, const char *port,
                     const pop3_resolver *resolver,
                     net_error *error) POP3_MUST_CHECK;

/* Connects from this address of this machine, or interface, only. Before the
 * first step. Errors: ARGUMENT (it is neither). */
pop3_result dial_from(dial *dial, const char *where,
                      net_error *error) POP3_MUST_CHECK;

/* Moves on. POP3_OK: *fd is the caller's. AGAIN: wait for fd/events/timeout.
 * Errors: RESOLVE; IO (every address failed: the text names the last). */
pop3_result dial_step(dial *dial, int *fd, net_error *error) POP3_MUST_CHECK;

/* What to poll; -1 if only time helps. May change with each step. */
int dial_fd(const dial *dial);
int dial_events(const dial *dial);

/* Milliseconds until the next attempt is due; -1: none is. */
int dial_timeout_ms(const dial *dial);

void dial_free(dial *dial);

#endif
