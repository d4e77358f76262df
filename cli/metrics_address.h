/* SPDX-License-Identifier: MIT */
/*
 * metrics_address - where metrics are served, as it is written.
 */
#ifndef CLI_METRICS_ADDRESS_H
#define CLI_METRICS_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

typedef struct metrics_place {
    union {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } address;
    socklen_t len;
} metrics_place;

/* False: it is none of this machine's. */
bool metrics_address_read(const char *text, metrics_place *to);

/* NULL, or what is wrong with an address. */
const char *metrics_address_wrong(const char *address);

#endif
