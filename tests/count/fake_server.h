/* SPDX-License-Identifier: MIT */
/*
 * fake_server - a transport whose other end is a server in memory: it answers
 * each command with octets that were prepared before, and counts what a
 * driver would ask of the kernel. What it does itself is not counted.
 */
#ifndef COUNT_FAKE_SERVER_H
#define COUNT_FAKE_SERVER_H

#include <pop3.h>
#include <pop3/transport.h>

#define ANSWERS_MAX 4096 /* that wait; a power of two */

struct answer {
    const char *ptr;
    size_t len;
};

struct fake_server {
    struct answer list; /* to LIST */
    struct answer uidl;
    struct answer retr;
    struct answer waiting[ANSWERS_MAX];
    size_t first;
    size_t count;
    size_t told;          /* octets of the first */
    unsigned long reads;  /* recv(2) that gave octets */
    unsigned long writes; /* send(2) */
    unsigned long waits;  /* poll(2): read found nothing */
};

/* Sets the transport up, and makes the greeting wait. */
pop3_transport fake_server_start(struct fake_server *server);

#endif
