/* SPDX-License-Identifier: MIT */
/*
 * faults_network - the part of faults_preload.c that is about a connection,
 * which goes to another port or is cut, and about the clock.
 *
 * The cut is made on this side: behind its last octet recv() says that there
 * are no more, poll() is made to see it, and what is sent later is lost. One
 * connection is looked at, the last one that was made.
 */
#include "faults_preload.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

/* The names of parameters in libc's headers are reserved.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

static int connection = -1;
static long connections;
static long received;
static bool is_cut;

bool
connection_is(int fd)
{
    return fd == connection;
}

bool
connection_swallows(int fd)
{
    return is_cut && fd == connection;
}

void
connection_closed(int fd)
{
    if (fd == connection)
        connection = -1;
}

long
connection_received(void)
{
    return received;
}

/* Of an IPv4 address: the tests use no other. */
static void
set_port(struct sockaddr_in *address)
{
    long port = number_of("FAULTS_PORT", 0);

    if (port != 0)
        address->sin_port = htons((uint16_t)port);
}

EXPORT int
connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t len)
{
    const struct sockaddr *address = to.__sockaddr__;
    struct sockaddr_in changed;

    if (address->sa_family == AF_INET && len == sizeof(changed)) {
        memcpy(&changed, address, sizeof(changed));
        set_port(&changed);
        address = (const struct sockaddr *)&changed;
    }
    if (address->sa_family == AF_INET || address->sa_family == AF_INET6) {
        connection = fd;
        received = 0;
        connections++;
        is_cut = false;
    }
    return (int)syscall(SYS_connect, fd, address, len);
}

/* How many octets of `len` may come; 0: the connection is cut. */
static size_t
room(int fd, size_t len, int flags)
{
    long cut = number_of("FAULTS_CUT", -1);

    if (cut < 0 || fd != connection || (flags & MSG_PEEK) != 0 ||
        connections != number_of("FAULTS_ONLY", connections))
        return len;
    if (received >= cut)
        return 0;
    return (size_t)(cut - received) < len ? (size_t)(cut - received) : len;
}

static ssize_t
receive(int fd, void *data, size_t len, int flags)
{
    size_t most = room(fd, len, flags);
    long cut = number_of("FAULTS_CUT", -1);
    long result = 0;

    if (most > 0)
        result = syscall(SYS_recvfrom, fd, data, most, flags, NULL, NULL);
    if (fd != connection || (flags & MSG_PEEK) != 0)
        return result;
    if (result > 0)
        received += result;
    if (!is_cut && cut >= 0 && room(fd, 1, 0) == 0) {
        is_cut = true; /* and poll() is to see it */
        (void)syscall(SYS_shutdown, fd, SHUT_RD);
    }
    return result;
}

EXPORT ssize_t
recv(int fd, void *data, size_t len, int flags)
{
    return receive(fd, data, len, flags);
}

EXPORT ssize_t
recvfrom(int fd, void *data, size_t len, int flags, __SOCKADDR_ARG from,
         socklen_t *from_len)
{
    if (fd == connection && from.__sockaddr__ == NULL)
        return receive(fd, data, len, flags);
    return syscall(SYS_recvfrom, fd, data, len, flags, from.__sockaddr__,
                   from_len);
}

ssize_t
connection_read(int fd, void *data, size_t len)
{
    return receive(fd, data, len, 0);
}

static ssize_t
send_octets(int fd, const void *data, size_t len, int flags)
{
    long result = (long)len;
    int error = 0;

    if (connection_swallows(fd))
        return result;
    enter();
    error = happens("send", "");
    if (error > 0)
        return leave(-1, error);
    CALL(SYS_sendto, fd, data, len, flags, NULL, 0);
    if (result > 0 && fd == connection)
        record("send", fd, 0, 0, "", data, (size_t)result);
    return leave(result, error);
}

EXPORT ssize_t
send(int fd, const void *data, size_t len, int flags)
{
    return send_octets(fd, data, len, flags);
}

EXPORT ssize_t
sendto(int fd, const void *data, size_t len, int flags,
       __CONST_SOCKADDR_ARG to, socklen_t to_len)
{
    if (to.__sockaddr__ != NULL)
        return syscall(SYS_sendto, fd, data, len, flags, to.__sockaddr__,
                       to_len);
    return send_octets(fd, data, len, flags);
}

/* ---- the clock ---------------------------------------------------------- */

EXPORT int
clock_gettime(clockid_t id, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, id, now);

    if (result == 0 && id == CLOCK_REALTIME)
        now->tv_sec += number_of("FAULTS_CLOCK", 0);
    return result;
}

EXPORT time_t
time(time_t *out)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL)
        *out = now.tv_sec;
    return now.tv_sec;
}

EXPORT int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;

    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
