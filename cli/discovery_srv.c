/* SPDX-License-Identifier: MIT */
/*
 * discovery_srv - what the domain's DNS says (RFC 6186, under RFC 8314 §5.1).
 *
 * _pop3s._tcp counts for more than _pop3._tcp whatever their priorities are,
 * and the latter is used with STLS or not at all. A target of "." in the
 * first, and nothing in the second, says that there is no POP3: then nobody
 * else is asked, as nothing may be guessed against the domain's own word.
 *
 * DNS without DNSSEC can be forged, and a certificate only proves that a
 * server has the name that was forged. So a target counts only if it lies in
 * the domain, or is the server of a provider that is known, or has a
 * certificate for the domain itself; everything else is a stranger.
 *
 * Names are not looked up while a proxy is used: that would tell everybody on
 * the way what the proxy is there to hide.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "cli/discovery.h"
#include "cli/proxy_choice.h"
#include "cli/srv.h"

#include "base/banned.h"

enum {
    WAIT_MS = 8000
};

static uint32_t
draw(void *ctx, uint32_t below)
{
    uint64_t number = 0;

    (void)ctx;
    if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
        return 0;
    return (uint32_t)(number % below);
}

static void
add_servers(discovery *d, const dns_srv *srv, size_t count, tls_choice tls)
{
    size_t i;

    for (i = 0; i < count; i++) {
        found_server server = {
            .port = srv[i].port, .tls = tls, .by = FOUND_BY_SRV};

        if (srv[i].port == 0 || !domain_is_name(srv[i].target))
            continue;
        memcpy(server.host, srv[i].target, sizeof(srv[i].target));
        memcpy(server.user, d->address.text, sizeof(d->address.text));
        server.stranger = !discovery_knows(d, server.host);
        discovery_add(d, &server);
    }
}

static dns_result
ask(discovery *d, const char *service, tls_choice tls)
{
    char name[300];
    char why[200];
    dns_srv srv[DNS_SRV_MAX];
    size_t count;
    dns_result result;
    discovery_step *step;

    (void)snprintf(name, sizeof(name), "%s._tcp.%s", service,
                   d->address.domain);
    step = discovery_begin(d, "SRV %s", name);
    result = dns_find_srv(name, d->opt->dns_server, WAIT_MS, srv, &count, why,
                          sizeof(why));
    d->unasked |= result == DNS_FAILED;
    if (result == DNS_FAILED)
        discovery_end(d, step, false, "%s", why);
    else if (result == DNS_NOT_BUILT)
        discovery_end(d, step, false, "this pop3 was built without c-ares");
    else if (result == DNS_NONE)
        discovery_end(d, step, false, "there is none");
    else if (srv_is_refusal(srv, count))
        discovery_end(d, step, false, "not offered: the target is \".\"");
    else
        discovery_end(d, step, true, "%s:%u%s", srv[0].target, srv[0].port,
                      count > 1 ? " and others" : "");
    if (result != DNS_FOUND)
        return result;
    if (srv_is_refusal(srv, count))
        return DNS_NONE;
    srv_order(srv, count, draw, NULL);
    add_servers(d, srv, count, tls);
    return DNS_FOUND;
}

static bool
has_refused(const discovery *d)
{
    const discovery_step *last = &d->steps[d->step_count - 1];

    return strncmp(last->result, "not offered", 11) == 0;
}

static bool
uses_proxy(const discovery *d)
{
    proxy_choice proxy = {.url = NULL};
    char why[400];
    bool uses =
        !proxy_choose(&proxy, d->opt, d->address.domain, why, sizeof(why)) ||
        proxy.url != NULL;

    proxy_forget(&proxy);
    return uses;
}

void
discovery_srv(discovery *d)
{
    dns_result tls;
    dns_result stls;
    bool refused;

    if (uses_proxy(d)) {
        discovery_step *step = discovery_begin(d, "SRV");

        discovery_end(
            d, step, false,
            "not asked, as a proxy is used and DNS would pass it by");
        return;
    }
    tls = ask(d, "_pop3s", TLS_IMPLICIT);
    refused = has_refused(d);
    stls = ask(d, "_pop3", TLS_STLS);
    refused |= has_refused(d);
    d->over = refused && tls == DNS_NONE && stls == DNS_NONE;
    if (d->over)
        (void)snprintf(d->why, sizeof(d->why),
                       "the DNS of %s says that it has no POP3: ask its "
                       "administrator, or name a server by --server",
                       d->address.domain);
}
