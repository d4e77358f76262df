/* SPDX-License-Identifier: MIT */
/*
 * notify - tells the service manager how we are (sd_notify).
 */
#ifndef CLI_NOTIFY_H
#define CLI_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

typedef struct notify {
    int socket;          /* -1: nobody wants to know */
    int64_t watchdog_ms; /* between two signs of life; 0: none are wanted */
} notify;

/* Reads NOTIFY_SOCKET and WATCHDOG_USEC, and takes them out of the
 * environment, so that no program we start speaks for us. */
void notify_open(notify *n);
void notify_close(notify *n);

/* Sends "READY=1\nSTATUS=..." and the like; printf. What cannot be sent is
 * lost: nothing depends on it. */
__attribute__((format(printf, 2, 3))) void
notify_send(const notify *n, const char *format, ...);

#endif
