/* SPDX-License-Identifier: MIT */
/*
 * courier_paths - Courier's compiled-in paths, led into a folder of the test.
 *
 * Courier looks for the socket of its authdaemon below /run/courier and for
 * the passwords below /etc/courier, whatever its environment says. Preloaded
 * into its programs, this library turns those into $COURIER_ROOT/run and
 * $COURIER_ROOT/etc. The user "courier", whom its packages make and couriertls
 * becomes, is whoever runs it. Nothing of the machine is read or changed, and
 * neither root nor a namespace is needed. All other paths pass as they are,
 * and a path that would grow too long is refused as the kernel refuses it.
 *
 * Built without _FORTIFY_SOURCE and _FILE_OFFSET_BITS: with them libc's
 * headers define some of these functions themselves, or rename them to
 * open64() and so on, which Debian's programs do not call.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define REPLACES __attribute__((visibility("default")))

typedef struct place {
    char path[PATH_MAX];
} place;

static const struct {
    const char *compiled_in;
    const char *ours;
} PLACES[] = {
    {"/run/courier/", "/run/"},
    {"/var/run/courier/", "/run/"},
    {"/etc/courier/", "/etc/"},
};

/* libc's own function of this name, as *function. */
static void
load(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(function, &found, sizeof(found));
}

/* The path to use instead; NULL with errno if it would be too long. */
static const char *
lead(const char *path, place *to)
{
    const char *root = getenv("COURIER_ROOT");
    size_t i;

    for (i = 0; root != NULL && i < sizeof(PLACES) / sizeof(PLACES[0]); i++) {
        size_t len = strlen(PLACES[i].compiled_in);
        int wrote;

        if (strncmp(path, PLACES[i].compiled_in, len) != 0)
            continue;
        wrote = snprintf(to->path, sizeof(to->path), "%s%s%s", root,
                         PLACES[i].ours, path + len);
        if (wrote > 0 && (size_t)wrote < sizeof(to->path))
            return to->path;
        errno = ENAMETOOLONG;
        return NULL;
    }
    return path;
}

/* ---- sockets: __CONST_SOCKADDR_ARG is what libc's header declares ---- */

typedef int (*socket_call)(int, const struct sockaddr *, socklen_t);

static int
call_with_address(const char *name, int fd, const struct sockaddr *address,
                  socklen_t len)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    const size_t before = offsetof(struct sockaddr_un, sun_path);
    socket_call real = NULL;
    const char *path;
    place to;

    load(name, &real);
    if (address->sa_family != AF_UNIX || len <= before || len > sizeof(local))
        return real(fd, address, len);
    memcpy(&local, address, len);
    local.sun_path[sizeof(local.sun_path) - 1] = '\0';
    path = lead(local.sun_path, &to);
    if (path == local.sun_path)
        return real(fd, address, len);
    if (path == NULL || strlen(path) >= sizeof(local.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(local.sun_path, path, strlen(path) + 1);
    return real(fd, (const struct sockaddr *)&local, sizeof(local));
}

REPLACES int
connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
    return call_with_address("connect", fd, address.__sockaddr__, len);
}

REPLACES int
bind(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
    return call_with_address("bind", fd, address.__sockaddr__, len);
}

/* ---- files ---- */

REPLACES int
open(const char *path, int flags, ...)
{
    int (*real)(const char *, int, ...) = NULL;
    va_list more;
    mode_t mode;
    place to;

    va_start(more, flags);
    mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    load("open", &real);
    path = lead(path, &to);
    return path == NULL ? -1 : real(path, flags, mode);
}

/* What open() is called where a program was fortified. */
REPLACES int __open_2(const char *path, int flags);

REPLACES int
__open_2(const char *path, int flags)
{
    return open(path, flags);
}

REPLACES FILE *
fopen(const char *path, const char *mode)
{
    FILE *(*real)(const char *, const char *) = NULL;
    place to;

    load("fopen", &real);
    path = lead(path, &to);
    return path == NULL ? NULL : real(path, mode);
}

REPLACES int
stat(const char *path, struct stat *found)
{
    int (*real)(const char *, struct stat *) = NULL;
    place to;

    load("stat", &real);
    path = lead(path, &to);
    return path == NULL ? -1 : real(path, found);
}

REPLACES int
chmod(const char *path, mode_t mode)
{
    int (*real)(const char *, mode_t) = NULL;
    place to;

    load("chmod", &real);
    path = lead(path, &to);
    return path == NULL ? -1 : real(path, mode);
}

REPLACES int
unlink(const char *path)
{
    int (*real)(const char *) = NULL;
    place to;

    load("unlink", &real);
    path = lead(path, &to);
    return path == NULL ? -1 : real(path);
}

REPLACES int
rename(const char *from, const char *name)
{
    int (*real)(const char *, const char *) = NULL;
    place old, new;

    load("rename", &real);
    from = lead(from, &old);
    name = lead(name, &new);
    return from == NULL || name == NULL ? -1 : real(from, name);
}

/* ---- users ---- */

REPLACES struct passwd *
getpwnam(const char *name)
{
    struct passwd *(*real)(const char *) = NULL;

    if (strcmp(name, "courier") == 0)
        return getpwuid(getuid());
    load("getpwnam", &real);
    return real(name);
}
