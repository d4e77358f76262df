/* SPDX-License-Identifier: MIT */
/*
 * fake_net - what connection attempts meet, and which were made.
 *
 * Works in programs linked with -Wl,--wrap=connect, --wrap=socket,
 * --wrap=epoll_create1 and --wrap=epoll_ctl.
 */
#ifndef TESTS_FAKE_NET_H
#define TESTS_FAKE_NET_H

#include <netinet/in.h>
#include <stdbool.h>

typedef struct fake_network {
    char tried[64][INET6_ADDRSTRLEN];
    int count;
    int family;     /* attempts of this family fail with `sys`, */
    int sys;        /* at connect(2) ... */
    int socket_sys; /* ... or at socket(2) */
    bool no_epoll;  /* epoll_create1() fails */
    int epoll_sys;  /* epoll_ctl() fails with this when it is to add */
} fake_network;

extern fake_network fake_net;

/* No attempts, no failures. */
void fake_net_reset(void);

#endif
