/* SPDX-License-Identifier: MIT */
/*
 * daemon_lock - a lock of the kernel, which ends with its process.
 *
 * The file stays; what stands in it is for people, and believed only while
 * the lock is held. It is locked before it is changed, so the number in it is
 * never that of one who came too late.
 */
#include "cli/daemon_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

static int
open_file(const char *state, int flags)
{
    char *path;
    int fd;

    if (asprintf(&path, "%s.daemon", state) == -1)
        return -1;
    fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
    free(path);
    return fd;
}

static pid_t
read_owner(int fd)
{
    char text[24] = "";
    ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

    return len <= 0 ? 0 : (pid_t)strtol(text, NULL, 10);
}

static mail_result
take(int fd, mail_error *error)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char text[24];
    int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    if (fcntl(fd, F_OFD_SETLK, &lock) == -1) {
        if (errno == EAGAIN || errno == EACCES)
            return mail_fail(error, MAIL_ERR_BUSY, errno,
                             "another pop3 daemon is running (process %ld): "
                             "end it first, or give this one its own --state",
                             (long)read_owner(fd));
        return mail_fail_sys(error, errno, "cannot lock the daemon's file");
    }
    if (ftruncate(fd, 0) == -1 || pwrite(fd, text, (size_t)len, 0) != len)
        return mail_fail_sys(error, errno, "cannot write the daemon's file");
    return MAIL_OK;
}

mail_result
daemon_lock(int *fd, const char *state, mail_error *error)
{
    mail_result result;

    *fd = open_file(state, O_RDWR | O_CREAT);
    if (*fd == -1)
        return mail_fail_sys(error, errno, "cannot open %.200s.daemon", state);
    result = take(*fd, error);
    if (result != MAIL_OK) {
        close(*fd);
        *fd = -1;
    }
    return result;
}

pid_t
daemon_lock_owner(const char *state)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open_file(state, O_RDWR);
    pid_t owner = 0;

    if (fd == -1)
        return 0;
    if (fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        owner = read_owner(fd);
    close(fd);
    return owner;
}
