/* SPDX-License-Identifier: MIT */
/*
 * support - sockets on loopback for the tests of src/net.
 *
 * What a test needs and cannot have is a fault of the test's machine: these
 * functions end the program then, unless their comment says otherwise.
 */
#include "support.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
die(const char *what)
{
    perror(what);
    exit(1);
}

static socklen_t
parse_address(const char *text, uint16_t port, struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof(*v4);
    }
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
        die(text);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    return sizeof(*v6);
}

static uint16_t
port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);

    if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        die("getsockname");
    if (address.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)&address)->sin_port);
    return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
}

int
listen_on(const char *text, uint16_t *port, int backlog)
{
    struct sockaddr_storage address;
    socklen_t len = parse_address(text, *port, &address);
    const int on = 1;
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (address.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&address, len) < 0 ||
        listen(fd, backlog) < 0) {
        close(fd);
        return -1;
    }
    *port = port_of(fd);
    return fd;
}

static bool
listen_once(const char *const *addresses, int *fds, int count, uint16_t *port,
            int backlog)
{
    *port = 0;
    for (int i = 0; i < count; i++) {
        fds[i] = listen_on(addresses[i], port, backlog);
        if (fds[i] >= 0)
            continue;
        while (i > 0)
            close(fds[--i]);
        return false;
    }
    return true;
}

bool
listen_on_all(const char *const *addresses, int *fds, int count,
              uint16_t *port, int backlog)
{
    /* The port that is free on one address may be in use on another. */
    for (int tries = 0; tries < 20; tries++)
        if (listen_once(addresses, fds, count, port, backlog))
            return true;
    return false;
}

uint16_t
unused_port(void)
{
    uint16_t port = 0;
    int fd = listen_on("127.0.0.1", &port, 1);

    if (fd < 0)
        die("listen");
    close(fd);
    return port;
}

bool
fill_queue(fill *f, const char *text, uint16_t port)
{
    struct sockaddr_storage address;
    socklen_t len = parse_address(text, port, &address);

    f->count = 0;
    while (f->count < 16) {
        int fd = socket(address.ss_family,
                        SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        if (fd < 0)
            die("socket");
        f->fds[f->count++] = fd;
        if (connect(fd, (struct sockaddr *)&address, len) < 0 &&
            errno != EINPROGRESS)
            return false;
        if (!wait_for(fd, POP3_POLL_OUT, 150))
            return true;
    }
    return false;
}

void
drain(fill *f)
{
    while (f->count > 0)
        close(f->fds[--f->count]);
}

void
set_nonblocking(int fd)
{
    if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
        die("fcntl");
}

void
tcp_pair(int ends[2])
{
    struct sockaddr_storage address;
    uint16_t port = 0;
    int listener = listen_on("127.0.0.1", &port, 1);
    socklen_t len = parse_address("127.0.0.1", port, &address);

    ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || ends[0] < 0 ||
        connect(ends[0], (struct sockaddr *)&address, len) < 0)
        die("connect");
    ends[1] = accept(listener, NULL, NULL);
    if (ends[1] < 0)
        die("accept");
    close(listener);
    set_nonblocking(ends[0]);
    set_nonblocking(ends[1]);
}

bool
wait_for(int fd, int want, int timeout_ms)
{
    struct pollfd polled = {fd, 0, 0};

    if ((want & POP3_POLL_IN) != 0)
        polled.events |= POLLIN;
    if ((want & POP3_POLL_OUT) != 0)
        polled.events |= POLLOUT;
    return poll(&polled, 1, timeout_ms) == 1;
}

int
count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    if (dir == NULL)
        die("/proc/self/fd");
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}
