/* SPDX-License-Identifier: MIT */
/*
 * fake_net - the wrappers that the linker puts in place of connect(2),
 * socket(2), epoll_create1(2) and epoll_ctl(2).
 */
#include "fake_net.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

int __real_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);
int __real_epoll_create1(int flags);
int __wrap_epoll_create1(int flags);
int __real_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol);

int __real_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event);

fake_network fake_net;

void
fake_net_reset(void)
{
    memset(&fake_net, 0, sizeof(fake_net));
}

int
__wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
    (void)getnameinfo(address, len, fake_net.tried[fake_net.count % 64],
                      INET6_ADDRSTRLEN, NULL, 0, NI_NUMERICHOST);
    fake_net.count++;
    if (fake_net.sys != 0 && address->sa_family == fake_net.family) {
        errno = fake_net.sys;
        return -1;
    }
    return __real_connect(fd, address, len);
}

int
__wrap_epoll_create1(int flags)
{
    if (!fake_net.no_epoll)
        return __real_epoll_create1(flags);
    errno = EMFILE;
    return -1;
}

int
__wrap_socket(int family, int type, int protocol)
{
    if (fake_net.socket_sys == 0 || family != fake_net.family)
        return __real_socket(family, type, protocol);
    errno = fake_net.socket_sys;
    return -1;
}

int
__wrap_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
    if (op != EPOLL_CTL_ADD || fake_net.epoll_sys == 0)
        return __real_epoll_ctl(epoll, op, fd, event);
    errno = fake_net.epoll_sys;
    return -1;
}
