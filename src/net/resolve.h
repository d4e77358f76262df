/* SPDX-License-Identifier: MIT */
/*
 * resolve - a host name and a port become a list of addresses.
 *
 * What is an address already is answered at once. A name is looked up by a
 * pop3_resolver, or else in a thread of its own, because getaddrinfo(3) blocks
 * for as long as it likes; a descriptor tells when the answer is there.
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <netdb.h>
#include <stdbool.h>

#include <pop3.h>
#include <pop3/resolver.h>

#include "net/net_error.h"

/* Whether a host is something that may be looked up, put into SNI and
 * compared with a certificate: 1 to 255 octets of printable ASCII without
 * spaces and brackets, and no dot in front. Errors: ARGUMENT. */
pop3_result resolve_check_host(const char *host,
                               net_error *error) POP3_MUST_CHECK;

/* Whether it is an IPv4 address, or an IPv6 address with or without a zone. */
bool resolve_is_address(const char *host);

/* A number or the name of a service as a number; 0: it is neither. */
unsigned resolve_port(const char *port);

typedef struct resolve resolve;

/* Begins, by a resolver, or in a thread if that is NULL. Errors: ARGUMENT,
 * NOMEM, IO (no thread or no pipe to be had). */
pop3_result resolve_new(resolve **out, const char *host, const char *port,
                        const pop3_resolver *resolver,
                        net_error *error) POP3_MUST_CHECK;

/* Readable once a step may bring the answer; -1: there is nothing to poll. */
int resolve_fd(const resolve *r);

/* Milliseconds until a step is due, 0 if the answer is there; -1: never. */
int resolve_timeout_ms(const resolve *r);

/* The answer: *list, never empty, lives until resolve_free(). Errors: AGAIN,
 * RESOLVE (sys: EAI_*), NOMEM. */
pop3_result resolve_step(resolve *r, const struct addrinfo **list,
                         net_error *error) POP3_MUST_CHECK;

/* May come before the answer: the thread then ends by itself. */
void resolve_free(resolve *r);

#endif
