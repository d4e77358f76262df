/* SPDX-License-Identifier: MIT */
/*
 * faults_read - the part of faults_preload.c that is about what a disk gives
 * back: files, and the entries of directories.
 */
#include "faults_preload.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

/* The names of parameters in libc's headers are reserved.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

/* An error, -1 for half of it, or 0. */
static int
fault_of(int fd)
{
    char path[PATH_SIZE];

    path_of_fd(fd, path);
    return path[0] == '/' ? happens("read", path) : 0;
}

static ssize_t
read_at(int fd, void *data, size_t len, off_t offset, bool has_offset)
{
    long result = -1;
    int error;

    enter();
    error = fault_of(fd);
    if (error > 0)
        return leave(-1, error);
    if (error == -1 && len > 1)
        len /= 2;
    if (has_offset)
        CALL(SYS_pread64, fd, data, len, offset);
    else
        CALL(SYS_read, fd, data, len);
    return leave(result, error);
}

EXPORT ssize_t
pread(int fd, void *data, size_t len, off_t offset)
{
    return read_at(fd, data, len, offset, true);
}

EXPORT ssize_t
pread64(int fd, void *data, size_t len, off64_t offset)
{
    return read_at(fd, data, len, offset, true);
}

/* Not under the lock where it may have to wait for somebody. */
EXPORT ssize_t
read(int fd, void *data, size_t len)
{
    char path[PATH_SIZE];

    if (connection_is(fd))
        return connection_read(fd, data, len);
    path_of_fd(fd, path);
    if (path[0] != '/')
        return syscall(SYS_read, fd, data, len);
    return read_at(fd, data, len, 0, false);
}

/* What fortified headers call instead where they know the buffer's size. */
#define READ_CHECKED(name, symbol)                                            \
    EXPORT ssize_t name(int fd, void *data, size_t len, off64_t offset,       \
                        size_t size) __asm__(symbol);                         \
    ssize_t name(int fd, void *data, size_t len, off64_t offset, size_t size) \
    {                                                                         \
        return pread64(fd, data, len < size ? len : size, offset);            \
    }

READ_CHECKED(pread_checked, "__pread_chk")
READ_CHECKED(pread64_checked, "__pread64_chk")

EXPORT ssize_t read_checked(int fd, void *data, size_t len,
                            size_t size) __asm__("__read_chk");

ssize_t
read_checked(int fd, void *data, size_t len, size_t size)
{
    return read(fd, data, len < size ? len : size);
}

static bool
fails(DIR *dir)
{
    int error;

    enter();
    error = fault_of(dirfd(dir));
    (void)leave(0, errno);
    if (error > 0)
        errno = error;
    return error > 0;
}

EXPORT struct dirent *
readdir(DIR *dir)
{
    void *symbol = dlsym(RTLD_NEXT, "readdir");
    struct dirent *(*next)(DIR *);

    memcpy(&next, &symbol, sizeof(next));
    return fails(dir) ? NULL : next(dir);
}

EXPORT struct dirent64 *
readdir64(DIR *dir)
{
    void *symbol = dlsym(RTLD_NEXT, "readdir64");
    struct dirent64 *(*next)(DIR *);

    memcpy(&next, &symbol, sizeof(next));
    return fails(dir) ? NULL : next(dir);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
