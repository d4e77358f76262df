/* SPDX-License-Identifier: MIT */
/*
 * discovery_web - what the domain's web server says, and what Thunderbird's
 * database says (Mozilla autoconfig).
 *
 * Only by HTTPS with a certificate that is verified: in clear text anybody on
 * the way could name a server of his own, with a good certificate for it. The
 * database is told the domain and not the address.
 *
 * The domain's own web server may name any host, as it proved to be the
 * domain's; a document that is not about this domain at all makes strangers
 * of the servers in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/autoconfig.h"
#include "cli/discovery.h"
#include "cli/http.h"
#include "cli/proxy_choice.h"

#include "base/banned.h"

enum {
    WAIT_MS = 10000,
    REDIRECTS = 3
};

static void
add_servers(discovery *d, autoconfig *config, found_by by)
{
    size_t i;

    for (i = 0; i < config->count; i++) {
        found_server *server = &config->items[i];

        server->by = by;
        server->stranger =
            !config->names_domain && !discovery_knows(d, server->host);
        discovery_add(d, server);
    }
}

static bool
read_document(discovery *d, discovery_step *step, const http_answer *answer,
              found_by by)
{
    autoconfig *config = calloc(1, sizeof(*config));
    char why[200];
    bool good;

    if (config == NULL) {
        discovery_end(d, step, false, "out of memory");
        return false;
    }
    good = autoconfig_parse(answer->body, answer->len, &d->address, config,
                            why, sizeof(why));
    if (!good)
        discovery_end(d, step, false, "not used: %s", why);
    else if (config->count > 0)
        discovery_end(d, step, true, "%s:%u%s", config->items[0].host,
                      config->items[0].port,
                      config->count > 1 ? " and others" : "");
    else if (config->clear > 0)
        discovery_end(d, step, false,
                      "not used: it has POP3 in clear text only");
    else
        discovery_end(d, step, false, "it has no POP3");
    add_servers(d, config, by);
    good = config->count > 0;
    free(config);
    return good;
}

/* The proxy of the options; else what HTTPS_PROXY says, as for any program
 * that asks web servers. False: that cannot be had. */
static bool
choose_proxy(const discovery *d, proxy_choice *proxy, http_request *request,
             char *why, size_t why_size)
{
    const char *named = d->opt->proxy;

    if (!proxy_choose(proxy, d->opt, d->address.domain, why, why_size))
        return false;
    if (!proxy_ready(proxy)) {
        (void)snprintf(why, why_size, "no password for the proxy");
        return false;
    }
    request->proxy = proxy_full(proxy);
    if (request->proxy == NULL && named != NULL && strcmp(named, "none") == 0)
        request->proxy = named;
    return true;
}

/* True: it named servers. */
static bool
ask(discovery *d, const char *url, found_by by)
{
    http_request request = {.url = url,
                            .ca_file = d->opt->ca_file,
                            .max_octets = AUTOCONFIG_OCTETS,
                            .timeout_ms = WAIT_MS,
                            .redirects = REDIRECTS};
    proxy_choice proxy = {.url = NULL};
    discovery_step *step = discovery_begin(d, "%s", url);
    http_answer answer = {0};
    mail_error error;
    char why[400];
    bool good = false;

    if (!choose_proxy(d, &proxy, &request, why, sizeof(why))) {
        discovery_end(d, step, false, "%s", why);
    } else if (http_send(&request, &answer, &error) != MAIL_OK) {
        /* A domain need not have such a host; the database is there. */
        d->unasked |= by == FOUND_BY_DATABASE;
        discovery_end(d, step, false, "%s", error.text);
    } else if (answer.status != 200) {
        discovery_end(d, step, false, "HTTP status %ld", answer.status);
    } else {
        good = read_document(d, step, &answer, by);
    }
    http_answer_clear(&answer);
    proxy_forget(&proxy);
    return good;
}

/* The address as part of a query. */
static void
encode(char *out, size_t size, const char *text)
{
    static const char plain[] = "-._~@abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t len = 0;

    for (; *text != '\0' && len + 4 < size; text++)
        len += (size_t)snprintf(out + len, size - len,
                                strchr(plain, *text) != NULL ? "%c" : "%%%02X",
                                (unsigned char)*text);
    out[len] = '\0';
}

void
discovery_web(discovery *d)
{
    char address[1000];
    char url[1400];

    if (!autoconfig_is_built())
        return;
    encode(address, sizeof(address), d->address.text);
    (void)snprintf(url, sizeof(url),
                   "https://autoconfig.%s/mail/config-v1.1.xml?emailaddress="
                   "%s",
                   d->address.domain, address);
    if (ask(d, url, FOUND_BY_AUTOCONFIG))
        return;
    (void)snprintf(url, sizeof(url),
                   "https://%s/.well-known/autoconfig/mail/config-v1.1.xml",
                   d->address.domain);
    (void)ask(d, url, FOUND_BY_AUTOCONFIG);
}

void
discovery_database(discovery *d)
{
    char url[400];

    if (!autoconfig_is_built())
        return;
    (void)snprintf(url, sizeof(url),
                   "https://autoconfig.thunderbird.net/v1.1/%s",
                   d->address.domain);
    (void)ask(d, url, FOUND_BY_DATABASE);
}
