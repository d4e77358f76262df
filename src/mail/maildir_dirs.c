/* SPDX-License-Identifier: MIT */
/*
 * maildir_dirs - a path becomes descriptors of tmp/, new/ and cur/.
 *
 * From here on every file is named relative to one of these descriptors, so
 * that nobody can swap a directory under our feet (R29). tmp, new and cur may
 * not be symbolic links; the path that the user named may. Directories that
 * are made are synced into their parents, so that a message never is durable
 * in a directory that is not. Root does not deliver into a folder of another
 * user: it would write files there that their owner cannot read, through
 * paths that their owner can change.
 */
#include "mail/maildir_dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum {
    DIRECTORY = O_RDONLY | O_DIRECTORY | O_CLOEXEC
};

static mail_result
check_owner(int fd, const char *path, mail_error *error)
{
    struct stat st;

    if (fstat(fd, &st) == -1)
        return mail_fail_sys(error, errno, "cannot look at %.200s", path);
    if (geteuid() == 0 && st.st_uid != 0)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "%.200s belongs to user %lu, and root does not "
                         "deliver into another user's folder: run this as "
                         "that user",
                         path, (unsigned long)st.st_uid);
    return MAIL_OK;
}

/* Splits at the last slash: *name points into `path`, which is cut there. */
static const char *
split_parent(char *path, char **name)
{
    char *slash;
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/')
        path[--len] = '\0';
    slash = strrchr(path, '/');
    if (slash == NULL) {
        *name = path;
        return ".";
    }
    *slash = '\0';
    *name = slash + 1;
    return slash == path ? "/" : path;
}

static mail_result
make_top_in(int parent, const char *name, const char *path, mail_error *error)
{
    mail_result result = check_owner(parent, path, error);

    if (result != MAIL_OK)
        return result;
    if (mkdirat(parent, name, 0700) == -1 && errno != EEXIST)
        return mail_fail_sys(error, errno, "cannot make %.200s", path);
    if (fsync(parent) == -1)
        return mail_fail_sys(error, errno, "cannot sync the parent of %.200s",
                             path);
    return MAIL_OK;
}

static mail_result
make_top(const char *path, mail_error *error)
{
    char *copy = strdup(path);
    const char *parent;
    char *name;
    mail_result result;
    int fd;

    if (copy == NULL)
        return mail_fail_nomem(error);
    parent = split_parent(copy, &name);
    fd = open(parent, DIRECTORY);
    if (fd == -1) {
        result = mail_fail_sys(error, errno,
                               "cannot make %.200s, as its parent cannot be "
                               "opened",
                               path);
    } else {
        result = make_top_in(fd, name, path, error);
        close(fd);
    }
    free(copy);
    return result;
}

static mail_result
open_top(int *fd, const char *path, bool create, mail_error *error)
{
    mail_result result;

    *fd = open(path, DIRECTORY);
    if (*fd == -1 && errno == ENOENT && create) {
        result = make_top(path, error);
        if (result != MAIL_OK)
            return result;
        *fd = open(path, DIRECTORY);
    }
    if (*fd == -1)
        return mail_fail_sys(error, errno, "cannot open the Maildir %.200s",
                             path);
    result = check_owner(*fd, path, error);
    if (result != MAIL_OK)
        close(*fd);
    return result;
}

/* Makes the directory durable, and what is in it so far. */
static int
sync_top(int top)
{
    int parent = openat(top, "..", DIRECTORY);
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
    static const char *const names[] = {"tmp", "new", "cur"};
    bool made = false;
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
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
    *fd = openat(top, name, DIRECTORY | O_NOFOLLOW);
    if (*fd == -1)
        return mail_fail_sys(error, errno, "cannot open %.200s/%s", path,
                             name);
    return check_owner(*fd, path, error);
}

mail_result
maildir_dirs_open(maildir_dirs *dirs, const char *path, bool create,
                  mail_error *error)
{
    mail_result result;
    int top;

    *dirs = (maildir_dirs){.tmp = -1, .fresh = -1, .cur = -1};
    result = open_top(&top, path, create, error);
    if (result != MAIL_OK)
        return result;
    if (create)
        result = make_inner(top, path, error);
    if (result == MAIL_OK)
        result = open_inner(&dirs->tmp, top, "tmp", path, error);
    if (result == MAIL_OK)
        result = open_inner(&dirs->fresh, top, "new", path, error);
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
