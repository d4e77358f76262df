/* SPDX-License-Identifier: MIT */
/*
 * srv - which of a name's SRV records is tried when (RFC 2782, 6186).
 */
#ifndef CLI_SRV_H
#define CLI_SRV_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/dns.h"

/* Orders records: the lowest priority first, and within one by chance, as
 * weights say. draw() returns a number below `below`, which is at least 1. */
void srv_order(dns_srv *srv, size_t count,
               uint32_t (*draw)(void *ctx, uint32_t below), void *ctx);

/* Whether they say that the service is not offered: all targets are ".". */
bool srv_is_refusal(const dns_srv *srv, size_t count);

#endif
