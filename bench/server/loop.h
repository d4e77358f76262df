/* SPDX-License-Identifier: MIT */
/*
 * loop - epoll, accepting, and the round trip that a network would cost.
 *
 * The delay belongs to a turn: data that arrives while a peer is quiet is
 * left unread until the delay has passed, and what arrives meanwhile or while
 * answers are on their way costs nothing more. As the delay is the same for
 * all, those that wait are a queue in the order of their time.
 */
#ifndef BENCH_SERVER_LOOP_H
#define BENCH_SERVER_LOOP_H

#include "session.h"
#include "tls.h"

/* Listens, says where on the standard output, and serves until SIGTERM,
 * SIGINT or the end of the control input. Returns false after a failure,
 * which it tells. */
bool loop_run(server_house *house, server_options *options, SSL_CTX *ctx);

#endif
