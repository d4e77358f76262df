/* SPDX-License-Identifier: MIT */
/*
 * support - sockets on loopback for the tests of src/net.
 */
#ifndef TESTS_NET_SUPPORT_H
#define TESTS_NET_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <pop3.h>

enum {
    PATIENCE_MS = 20000 /* no test waits longer than this for anything */
};

/* A listening socket on a numeric address; -1 if that cannot be had. *port 0:
 * the system chooses, and it is told. */
int listen_on(const char *address, uint16_t *port, int backlog);

/* Listening sockets on several addresses, all with one port. False if that
 * cannot be had. */
bool listen_on_all(const char *const *addresses, int *fds, int count,
                   uint16_t *port, int backlog);

/* A port on 127.0.0.1 where nothing listens now. */
uint16_t unused_port(void);

/* Fills the queue of a listening socket, so that a further connection gets no
 * answer at all. *fill is to be closed by drain(). False if this kernel
 * answers all the same. */
typedef struct fill {
    int fds[16];
    int count;
} fill;
bool fill_queue(fill *f, const char *address, uint16_t port);
void drain(fill *f);

/* A connected pair over TCP; both ends non-blocking. */
void tcp_pair(int ends[2]);

/* poll(2) for POP3_POLL_*: whether it was ready in time. */
bool wait_for(int fd, int want, int timeout_ms);

/* Open descriptors of this process. */
int count_fds(void);

void set_nonblocking(int fd);

#endif
