/* SPDX-License-Identifier: MIT */
/*
 * mbox_file - opened for each group anew, as mail readers replace the file.
 *
 * It has to be a regular file with one name, no symbolic link, and if root
 * delivers then root's (R29). One with something in it has to begin as an mbox
 * does: nothing is appended to a file that is something else. The file that
 * was locked has to be the one that has the name: if it was replaced while we
 * waited, the new one is locked instead. Whoever made it may have died before
 * its name was durable, so the first sync is one of the directory too.
 */
#include "mail/mbox_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mail/directory.h"
#include "mail/reader.h"

#include "base/banned.h"

enum {
    REPLACED_MAX = 10 /* times, while we wait */
};

static const char head[] = "From ";

static mail_result
fail_sys(const mbox_file *f, const char *what, mail_error *error)
{
    return mail_fail_sys(error, errno, "cannot %s the mbox %.200s", what,
                         f->path);
}

/* NULL, or what is wrong with it. */
static const char *
objection(const struct stat *st)
{
    if (S_ISDIR(st->st_mode))
        return "is a directory, not an mbox: name a file in it, or deliver "
               "to maildir:DIR";
    if (!S_ISREG(st->st_mode))
        return "is not a regular file";
    if (st->st_nlink > 1)
        return "has a second name (hard link), which a program that replaces "
               "the file would leave behind";
    return NULL;
}

static mail_result
check_head(const mbox_file *f, int fd, mail_error *error)
{
    char first[sizeof(head) - 1];
    ssize_t len = read_at(fd, first, sizeof(first), 0);

    if (len == -1)
        return fail_sys(f, "read", error);
    if (len != (ssize_t)sizeof(first) ||
        memcmp(first, head, sizeof(first)) != 0)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "%.200s is not an mbox, as it does not begin with "
                         "\"From \": name another file",
                         f->path);
    return MAIL_OK;
}

static mail_result
check_file(const mbox_file *f, int fd, uint64_t *size, mail_error *error)
{
    mail_result result;
    const char *why;
    struct stat st;

    if (fstat(fd, &st) == -1)
        return fail_sys(f, "look at", error);
    why = objection(&st);
    if (why != NULL)
        return mail_fail(error, MAIL_ERR_CONFIG, 0, "%.200s %s", f->path, why);
    *size = (uint64_t)st.st_size;
    result = st.st_size == 0 ? MAIL_OK : check_head(f, fd, error);
    if (result != MAIL_OK)
        return result;
    return directory_check_owner(fd, f->path, error);
}

/* Not O_APPEND alone: the file is read too. A FIFO does not block us. */
static mail_result
open_file(mbox_file *f, bool create, int *fd, mail_error *error)
{
    const int flags =
        O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

    *fd = openat(f->dir, f->name, flags);
    if (*fd == -1 && errno == ENOENT && create) {
        *fd = openat(f->dir, f->name, flags | O_CREAT | O_EXCL, 0600);
        if (*fd != -1)
            f->made = true;
        else if (errno == EEXIST)
            *fd = openat(f->dir, f->name, flags);
    }
    if (*fd == -1 && errno == ELOOP)
        return mail_fail(error, MAIL_ERR_CONFIG, ELOOP,
                         "%.200s is a symbolic link: name the file that it "
                         "points to",
                         f->path);
    if (*fd == -1 && errno == EISDIR)
        return mail_fail(error, MAIL_ERR_CONFIG, EISDIR,
                         "%.200s is a directory, not an mbox: name a file in "
                         "it, or deliver to maildir:DIR",
                         f->path);
    return *fd != -1 ? MAIL_OK : fail_sys(f, "open", error);
}

static bool
has_name(const mbox_file *f, int fd)
{
    struct stat there;
    struct stat here;

    return fstat(fd, &here) == 0 &&
           fstatat(f->dir, f->name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

/* *fd: the locked file; -1 with MAIL_OK: it was replaced meanwhile. */
static mail_result
lock_once(mbox_file *f, bool create, int *fd, uint64_t *size,
          mail_error *error)
{
    bool locked = false;
    mail_result result = open_file(f, create, fd, error);

    if (result != MAIL_OK)
        return result;
    result = check_file(f, *fd, size, error);
    if (result == MAIL_OK) {
        result = mbox_lock_take(&f->lock, *fd, f->dir, f->name, f->path,
                                f->wait_ms, error);
        locked = result == MAIL_OK;
    }
    if (locked && has_name(f, *fd)) {
        result = check_file(f, *fd, size, error); /* it may have grown */
        f->made = f->made || *size == 0;
        if (result == MAIL_OK)
            return MAIL_OK;
    }
    if (locked)
        mbox_lock_release(&f->lock);
    close(*fd);
    *fd = -1;
    return result;
}

mail_result
mbox_file_lock(mbox_file *f, bool create, uint64_t *size, mail_error *error)
{
    int i;

    for (i = 0; i < REPLACED_MAX; i++) {
        mail_result result = lock_once(f, create, &f->fd, size, error);

        if (result != MAIL_OK || f->fd != -1)
            return result;
    }
    return mail_fail(error, MAIL_ERR_BUSY, 0,
                     "%.200s is replaced again and again: try again later",
                     f->path);
}

void
mbox_file_unlock(mbox_file *f)
{
    if (f->fd == -1)
        return;
    mbox_lock_release(&f->lock);
    close(f->fd);
    f->fd = -1;
}

mail_result
mbox_file_gap(const mbox_file *f, uint64_t size, unsigned *gap,
              mail_error *error)
{
    char last[2];

    *gap = 0;
    if (size == 0)
        return MAIL_OK;
    errno = EIO; /* unless it is another */
    if (read_at(f->fd, last, 2, size - 2) != 2)
        return fail_sys(f, "read", error);
    if (last[1] != '\n')
        *gap = 2;
    else if (last[0] != '\n')
        *gap = 1;
    return MAIL_OK;
}

mail_result
mbox_file_sync(mbox_file *f, mail_error *error)
{
    if (fsync(f->fd) == -1 || (f->made && fsync(f->dir) == -1))
        return fail_sys(f, "sync", error);
    f->made = false;
    return MAIL_OK;
}

mail_result
mbox_file_cut(mbox_file *f, uint64_t size, mail_error *error)
{
    if (ftruncate(f->fd, (off_t)size) == -1 || fsync(f->fd) == -1)
        return fail_sys(f, "cut what was half written from", error);
    return MAIL_OK;
}

/* The directory without symbolic links, so that the name in the memory means
 * the same file whatever the working directory is. */
static char *
absolute(const char *path, const char *name)
{
    size_t len = (size_t)(name - path);
    char *parent = len == 0 ? strdup(".") : strndup(path, len);
    char *real = parent == NULL ? NULL : realpath(parent, NULL);
    char *full = NULL;

    if (real != NULL &&
        asprintf(&full, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name) ==
            -1)
        full = NULL;
    free(real);
    free(parent);
    return full;
}

/* What a run would meet only once it has mail. */
static mail_result
try_file(mbox_file *f, bool create, mail_error *error)
{
    uint64_t size;
    mail_result result;
    int fd;

    if (create && faccessat(f->dir, f->name, F_OK, AT_SYMLINK_NOFOLLOW) == -1)
        return faccessat(f->dir, ".", W_OK, AT_EACCESS) == 0
                   ? MAIL_OK
                   : fail_sys(f, "make", error);
    result = open_file(f, false, &fd, error);
    if (result != MAIL_OK)
        return result;
    result = check_file(f, fd, &size, error);
    close(fd);
    return result;
}

mail_result
mbox_file_init(mbox_file *f, const char *path, bool create, long wait_ms,
               mail_error *error)
{
    const char *name;
    mail_result result;

    *f = (mbox_file){.dir = -1, .fd = -1, .wait_ms = wait_ms, .made = true};
    result = directory_open_parent(&f->dir, path, &name, error);
    if (result != MAIL_OK)
        return result;
    f->path = absolute(path, name);
    if (f->path == NULL)
        result = mail_fail_nomem(error);
    if (result == MAIL_OK) {
        f->name = strrchr(f->path, '/') + 1;
        result = try_file(f, create, error);
    }
    if (result != MAIL_OK)
        mbox_file_clear(f);
    return result;
}

void
mbox_file_clear(mbox_file *f)
{
    mbox_file_unlock(f);
    if (f->dir != -1)
        close(f->dir);
    f->dir = -1;
    free(f->path);
    f->path = NULL;
}
