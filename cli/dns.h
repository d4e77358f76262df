/* SPDX-License-Identifier: MIT */
/*
 * dns - SRV records, and which name servers are asked.
 */
#ifndef CLI_DNS_H
#define CLI_DNS_H

#include <stddef.h>

#include <pop3.h>
#include <pop3/resolver.h>

enum {
    DNS_SRV_MAX = 16 /* records of one name; more are not looked at */
};

typedef struct dns_srv {
    unsigned priority;
    unsigned weight;
    unsigned port;    /* 0 too, if the zone says so */
    char target[256]; /* in small letters, without the dot at the end; "" is
                       * the root: the service is not offered (RFC 2782) */
} dns_srv;

typedef enum dns_result {
    DNS_FOUND,
    DNS_NONE,     /* there are no such records */
    DNS_FAILED,   /* it could not be found out */
    DNS_NOT_BUILT /* this program was built without c-ares */
} dns_result;

/* Asks for the SRV records of `name`, as "_pop3s._tcp.example.org", without a
 * search list; blocks for `timeout_ms` at most. `servers` NULL: the system's
 * name servers. On FOUND *count is at least 1, in the order of the answer;
 * targets that can be no host are left out. On FAILED `why` tells. */
dns_result dns_find_srv(const char *name, const char *servers, int timeout_ms,
                        dns_srv *out, size_t *count, char *why,
                        size_t why_size);

/* Fills *own with a resolver that asks `servers`, and returns it; NULL:
 * `servers` is NULL, or there is no c-ares. */
const pop3_resolver *dns_resolver(pop3_resolver *own, const char *servers);

#endif
