/* SPDX-License-Identifier: MIT */
/*
 * mbox_lock - fcntl(2) and a lock file, as other programs expect them.
 *
 * First the lock of the kernel (F_OFD_SETLKW's kind, which meets everybody
 * else's and which a crash frees), then <name>.lock, made with O_EXCL. Whoever
 * does not get the second gives the first back before it waits, so that two
 * programs with another order cannot wait for each other.
 *
 * Where no file can be made beside the mbox, as in /var/mail for most users,
 * the first lock has to do.
 *
 * A lock file that is left over: older than five minutes; or made by a pop3 of
 * this machine that has ended. The second is certain: that program held the
 * first lock as long as it lived, and we hold it now.
 */
#include "mail/mbox_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum {
    SLICE_MS = 20 /* between two attempts */
};

typedef enum attempt {
    ATTEMPT_GOOD,
    ATTEMPT_BUSY,
    ATTEMPT_FAILED /* errno tells */
} attempt;

static attempt
lock_file(int fd, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};

    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return ATTEMPT_GOOD;
    return errno == EAGAIN || errno == EACCES ? ATTEMPT_BUSY : ATTEMPT_FAILED;
}

/* What our lock files say, and others' do not. */
static int
describe(char *text, size_t size, long pid)
{
    char host[65] = "";

    (void)gethostname(host, sizeof(host) - 1);
    return snprintf(text, size, "%ld\npop3 %s\n", pid, host);
}

/* Whether it is ours, and its process is gone. */
static bool
is_abandoned(const mbox_lock *lock)
{
    int fd = openat(lock->dir, lock->dot, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    char want[120];
    char text[120];
    ssize_t len;
    long pid;

    if (fd == -1)
        return false;
    len = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (len <= 0)
        return false;
    text[len] = '\0';
    pid = strtol(text, NULL, 10);
    (void)describe(want, sizeof(want), pid);
    return pid > 0 && strcmp(text, want) == 0 && kill((pid_t)pid, 0) == -1 &&
           errno == ESRCH;
}

static bool
is_stale(const mbox_lock *lock)
{
    struct stat st;

    if (fstatat(lock->dir, lock->dot, &st, AT_SYMLINK_NOFOLLOW) == -1)
        return false;
    return st.st_mtime < time(NULL) - MBOX_LOCK_STALE_S || is_abandoned(lock);
}

static bool
cannot_be_made(int sys)
{
    return sys == EACCES || sys == EPERM || sys == EROFS;
}

/* Its content helps others to judge it; without, it is as good a lock. */
static void
sign(mbox_lock *lock, int fd)
{
    char text[120];
    struct stat st;
    int len = describe(text, sizeof(text), (long)getpid());

    if (fstat(fd, &st) == 0) {
        lock->device = st.st_dev;
        lock->inode = st.st_ino;
    }
    (void)!write(fd, text, (size_t)len);
}

/* A file that gets its name with its content: nobody finds an empty one when
 * we die in between. -1: errno tells. */
static int
link_dot(mbox_lock *lock)
{
    int fd = openat(lock->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
    char self[40];
    int sys;

    if (fd == -1)
        return -1;
    sign(lock, fd);
    (void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, self, lock->dir, lock->dot, AT_SYMLINK_FOLLOW) == 0)
        return fd;
    sys = errno;
    close(fd);
    lock->inode = 0;
    errno = sys;
    return -1;
}

/* Where the first way is not to be had. */
static int
open_dot(mbox_lock *lock)
{
    int fd = link_dot(lock);

    if (fd != -1 || errno == EEXIST || cannot_be_made(errno))
        return fd;
    fd = openat(lock->dir, lock->dot,
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd != -1)
        sign(lock, fd);
    return fd;
}

static attempt
make_dot(mbox_lock *lock)
{
    int fd = open_dot(lock);

    if (fd == -1 && errno == EEXIST) {
        if (is_stale(lock))
            (void)unlinkat(lock->dir, lock->dot, 0);
        fd = open_dot(lock);
    }
    if (fd != -1) {
        close(fd);
        return ATTEMPT_GOOD;
    }
    if (errno == EEXIST)
        return ATTEMPT_BUSY;
    return cannot_be_made(errno) ? ATTEMPT_GOOD : ATTEMPT_FAILED;
}

static attempt
take_both(mbox_lock *lock, int fd)
{
    attempt first = lock_file(fd, F_WRLCK);
    attempt second;
    int sys;

    if (first != ATTEMPT_GOOD)
        return first;
    second = make_dot(lock);
    if (second == ATTEMPT_GOOD)
        return ATTEMPT_GOOD;
    sys = errno;
    (void)lock_file(fd, F_UNLCK);
    errno = sys;
    return second;
}

/* False: a signal came, and whoever sent it does not want to wait. */
static bool
rest(void)
{
    const struct timespec slice = {.tv_nsec = SLICE_MS * 1000000L};

    return nanosleep(&slice, NULL) == 0;
}

mail_result
mbox_lock_take(mbox_lock *lock, int fd, int dir, const char *name,
               const char *path, long wait_ms, mail_error *error)
{
    attempt how;

    *lock = (mbox_lock){.dir = dir};
    if (snprintf(lock->dot, sizeof(lock->dot), "%s.lock", name) >=
        (int)sizeof(lock->dot))
        return mail_fail(error, MAIL_ERR_CONFIG, ENAMETOOLONG,
                         "the name of %.200s is too long", path);
    while ((how = take_both(lock, fd)) == ATTEMPT_BUSY) {
        wait_ms -= SLICE_MS;
        if (wait_ms <= 0 || !rest())
            return mail_fail(error, MAIL_ERR_BUSY, EAGAIN,
                             "%.200s is locked by another program: try again "
                             "later; if none is at work, remove %.200s.lock",
                             path, path);
    }
    return how == ATTEMPT_GOOD
               ? MAIL_OK
               : mail_fail_sys(error, errno, "cannot lock %.200s", path);
}

void
mbox_lock_release(mbox_lock *lock)
{
    struct stat st;

    if (lock->inode != 0 &&
        fstatat(lock->dir, lock->dot, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        st.st_dev == lock->device && st.st_ino == lock->inode)
        (void)unlinkat(lock->dir, lock->dot, 0);
    lock->inode = 0;
}
