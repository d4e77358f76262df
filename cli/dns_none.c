/* SPDX-License-Identifier: MIT */
/*
 * dns_none - no SRV records, as this program was built without c-ares.
 */
#include "cli/dns.h"

#include "base/banned.h"

dns_result
dns_find_srv(const char *name, const char *servers, int timeout_ms,
             dns_srv *out, size_t *count, char *why, size_t why_size)
{
    (void)name;
    (void)servers;
    (void)timeout_ms;
    (void)out;
    *count = 0;
    if (why_size > 0)
        why[0] = '\0';
    return DNS_NOT_BUILT;
}

const pop3_resolver *
dns_resolver(pop3_resolver *own, const char *servers)
{
    (void)own;
    (void)servers;
    return NULL;
}
