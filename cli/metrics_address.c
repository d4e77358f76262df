/* SPDX-License-Identifier: MIT */
/*
 * metrics_address - a text becomes an address that only this machine reaches.
 *
 * "unix:/PATH", "127.0.0.1:PORT" or "[::1]:PORT": nothing is looked up, and
 * no port is opened. It stands alone as values are checked without a daemon.
 */
#include "cli/metrics_address.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

static bool
read_port(const char *text, in_port_t *port)
{
    size_t digits = strspn(text, "0123456789");
    unsigned long number =
        digits > 0 && digits < 6 ? strtoul(text, NULL, 10) : 65536;

    *port = htons((uint16_t)number);
    return text[digits] == '\0' && number < 65536;
}

static bool
read_local(const char *path, metrics_place *to)
{
    size_t len = strlen(path);
    struct sockaddr_un *local = &to->address.local;

    if (path[0] != '/' || len >= sizeof(local->sun_path))
        return false;
    local->sun_family = AF_UNIX;
    memcpy(local->sun_path, path, len + 1);
    to->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
    return true;
}

bool
metrics_address_read(const char *text, metrics_place *to)
{
    struct sockaddr_in *ipv4 = &to->address.ipv4;
    struct sockaddr_in6 *ipv6 = &to->address.ipv6;
    const char *colon = strrchr(text, ':');
    char host[16] = "";

    *to = (metrics_place){.len = 0};
    if (strncmp(text, "unix:", 5) == 0)
        return read_local(text + 5, to);
    if (strncmp(text, "[::1]:", 6) == 0) {
        ipv6->sin6_family = AF_INET6;
        ipv6->sin6_addr = in6addr_loopback;
        to->len = sizeof(*ipv6);
        return read_port(text + 6, &ipv6->sin6_port);
    }
    if (colon == NULL || (size_t)(colon - text) >= sizeof(host))
        return false;
    memcpy(host, text, (size_t)(colon - text));
    ipv4->sin_family = AF_INET;
    to->len = sizeof(*ipv4);
    return inet_pton(AF_INET, host, &ipv4->sin_addr) == 1 &&
           (ntohl(ipv4->sin_addr.s_addr) >> 24) == 127 &&
           read_port(colon + 1, &ipv4->sin_port);
}

const char *
metrics_address_wrong(const char *address)
{
    metrics_place to;

    return metrics_address_read(address, &to)
               ? NULL
               : "must be unix:/PATH, 127.0.0.1:PORT or [::1]:PORT: metrics "
                 "are for this machine alone";
}
