/* SPDX-License-Identifier: MIT */
/*
 * notify - datagrams to the socket in NOTIFY_SOCKET, as sd_notify(3) says.
 *
 * The protocol is older than most programs and promised to stay, so a few
 * lines here spare a library. A name that begins with "@" is one of the
 * abstract name space. The socket does not block: a manager that hangs must
 * not hang us.
 */
#include "cli/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/banned.h"

static int
connect_to(const char *name)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    int fd;

    if ((name[0] != '/' && name[0] != '@') || len >= sizeof(to.sun_path))
        return -1;
    memcpy(to.sun_path, name, len);
    if (name[0] == '@')
        to.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd != -1 &&
        connect(fd, (const struct sockaddr *)&to,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) ==
            -1) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* 0: there is none, or it is not meant for us. */
static int64_t
watchdog_ms(void)
{
    const char *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    long long number;

    if (usec == NULL ||
        (pid != NULL && strtoll(pid, NULL, 10) != (long long)getpid()))
        return 0;
    number = strtoll(usec, NULL, 10);
    return number < 2000 ? 0 : (int64_t)(number / 2000);
}

void
notify_open(notify *n)
{
    const char *name = getenv("NOTIFY_SOCKET");

    *n = (notify){.socket = name == NULL ? -1 : connect_to(name)};
    if (n->socket != -1)
        n->watchdog_ms = watchdog_ms();
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
}

void
notify_close(notify *n)
{
    if (n->socket != -1)
        close(n->socket);
    n->socket = -1;
}

void
notify_send(const notify *n, const char *format, ...)
{
    char text[600];
    va_list args;

    if (n->socket == -1)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)send(n->socket, text, strlen(text), MSG_NOSIGNAL);
}
