/* SPDX-License-Identifier: MIT */
/*
 * top - the headers of many messages.
 */
#ifndef CLI_TOP_H
#define CLI_TOP_H

#include "cli/session.h"

enum {
    TOP_HEADER_MAX = 256 << 10 /* octets; what is behind them does not count */
};

/* result: POP3_OK, or how TOP ended; then `header` is empty. A header ends
 * with its last line, without the empty one; it is valid until this returns.
 */
typedef void top_take(void *ctx, size_t index, pop3_span header,
                      pop3_result result);

/* Sends TOP n 0 for each of the numbers, and calls `take` for each in their
 * order, but only once it is known that the answers belong to them. The result
 * is that of the session: PROTOCOL also when the answers are out of step. */
pop3_result top_run(session *s, const uint64_t *numbers, size_t count,
                    top_take *take, void *ctx);

#endif
