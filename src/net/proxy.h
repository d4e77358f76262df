/* SPDX-License-Identifier: MIT */
/*
 * proxy - a socket that is connected to a proxy becomes one whose next octet
 * is the mail server's: SOCKS 5 (RFC 1928, 1929) or HTTP CONNECT (RFC 9110
 * §9.3.6, Basic: RFC 7617).
 *
 * Deadlines are the caller's: it stops stepping.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include <pop3.h>

#include "net/net_error.h"

typedef struct proxy proxy;

/* Begins, for a connection to host and port by way of the proxy at `url`.
 * Errors: NOMEM; ARGUMENT (a URL, host or port that cannot be used). */
pop3_result proxy_new(proxy **out, const char *url, const char *host,
                      const char *port, net_error *error) POP3_MUST_CHECK;

/* Whom to connect to. */
const char *proxy_host(const proxy *p);
const char *proxy_port(const proxy *p);

/* Takes the connected, non-blocking socket. */
void proxy_use(proxy *p, int fd);

/* Moves on. POP3_OK: *fd is the caller's, and nothing that the server sent was
 * taken from it. AGAIN: wait for fd and events. Errors: IO (sys is the errno
 * that comes nearest to what the proxy said), CLOSED, PROTOCOL, LIMIT. */
pop3_result proxy_step(proxy *p, int *fd, net_error *error) POP3_MUST_CHECK;

int proxy_fd(const proxy *p);
int proxy_events(const proxy *p);

/* Closes the socket, if it is still here, and wipes the password. */
void proxy_free(proxy *p);

#endif
