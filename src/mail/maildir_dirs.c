/* SPDX-License-Identifier: MIT */
/*
 * maildir_dirs - a path becomes descriptors of tmp/, new/ and cur/.
 *
 * tmp, new and cur may not be symbolic links; the path that the user named may
 * (directory.c). A directory with other things in it does not become a
 * Maildir: the path is more likely to be a mistake.
 */
#include "mail/maildir_dirs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mail/directory.h"

#include "base/banned.h"

static const char *const names[] = {"tmp", "new", "cur"};

enum {
    NAMES = sizeof(names) / sizeof(names[0])
};

static bool
has_any(int top)
{
    size_t i = 0;

    while (i < NAMES && faccessat(top, names[i], F_OK, 0) == -1)
        i++;
    return i < NAMES;
}

/* "." and "..", and nothing else. What cannot be read is not known. */
static bool
is_empty(int top)
{
    int copy = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy == -1 ? NULL : fdopendir(copy);
    int entries = 0;

    if (dir == NULL) {
        if (copy != -1)
            close(copy);
        return false;
    }
    while (entries < 3 && readdir(dir) != NULL)
        entries++;
    closedir(dir);
    return entries < 3;
}

/* Makes the directory durable, and what is in it so far. */
static int
sync_top(int top)
{
    int parent = openat(top, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fsync(top);
    int sys;

    if (result == 0 && parent != -1)
        result = fsync(parent);
    sys = errno;
    if (parent != -1)
        close(parent);
    errno = sys;
    return result;
}

/* Makes what is missing. cur/ comes last, when all else is durable: where it
 * is, no run was killed between making a directory and syncing it. */
static mail_result
make_inner(int top, const char *path, mail_error *error)
{
    bool made = false;
    size_t i;

    /* In this order: another process may be making it. */
    if (!is_empty(top) && !has_any(top))
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "%.200s is not a Maildir (it has no tmp, new and "
                         "cur), and holds other things: name a Maildir, or a "
                         "directory that is empty or missing",
                         path);
    for (i = 0; i < NAMES; i++) {
        if (i == 2 && faccessat(top, names[i], F_OK, 0) == -1 &&
            sync_top(top) == -1)
            return mail_fail_sys(error, errno,
                                 "cannot sync %.200s and its parent", path);
        if (mkdirat(top, names[i], 0700) == 0)
            made = true;
        else if (errno != EEXIST)
            return mail_fail_sys(error, errno, "cannot make %.200s/%s", path,
                                 names[i]);
    }
    if (made && fsync(top) == -1)
        return mail_fail_sys(error, errno, "cannot sync %.200s", path);
    return MAIL_OK;
}

static mail_result
open_inner(int *fd, int top, const char *name, const char *path,
           mail_error *error)
{
    *fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd == -1 && errno == ENOENT)
        return mail_fail(error, MAIL_ERR_CONFIG, errno,
                         "%.200s is not a Maildir: it has no %s", path, name);
    if (*fd == -1)
        return mail_fail_sys(error, errno, "cannot open %.200s/%s", path,
                             name);
    return directory_check_owner(*fd, path, error);
}

/* Told before anything is fetched. */
static mail_result
check_writable(int fd, const char *name, const char *path, mail_error *error)
{
    if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0)
        return MAIL_OK;
    return mail_fail_sys(error, errno, "cannot write into %.200s/%s", path,
                         name);
}

mail_result
maildir_dirs_open(maildir_dirs *dirs, const char *path, bool create,
                  mail_error *error)
{
    mail_result result;
    int top;

    *dirs = (maildir_dirs){.tmp = -1, .fresh = -1, .cur = -1};
    result = directory_open(&top, path, create, "the Maildir", error);
    if (result != MAIL_OK)
        return result;
    if (create)
        result = make_inner(top, path, error);
    if (result == MAIL_OK)
        result = open_inner(&dirs->tmp, top, "tmp", path, error);
    if (result == MAIL_OK)
        result = check_writable(dirs->tmp, "tmp", path, error);
    if (result == MAIL_OK)
        result = open_inner(&dirs->fresh, top, "new", path, error);
    if (result == MAIL_OK)
        result = check_writable(dirs->fresh, "new", path, error);
    if (result == MAIL_OK)
        result = open_inner(&dirs->cur, top, "cur", path, error);
    close(top);
    if (result == MAIL_OK) {
        dirs->path = realpath(path, NULL);
        if (dirs->path == NULL)
            result =
                mail_fail_sys(error, errno, "cannot resolve %.200s", path);
    }
    if (result != MAIL_OK)
        maildir_dirs_close(dirs);
    return result;
}

void
maildir_dirs_close(maildir_dirs *dirs)
{
    if (dirs->tmp != -1)
        close(dirs->tmp);
    if (dirs->fresh != -1)
        close(dirs->fresh);
    if (dirs->cur != -1)
        close(dirs->cur);
    free(dirs->path);
    *dirs = (maildir_dirs){.tmp = -1, .fresh = -1, .cur = -1};
}
