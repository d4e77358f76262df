/* SPDX-License-Identifier: MIT */
/*
 * whole_file - write beside it, sync, rename, sync the directory.
 *
 * Whoever reads the path sees the old octets or the new ones, also after a
 * crash. The new file is made beside the old one, by O_EXCL and with 0600, and
 * gets the old one's mode and, where that is allowed, its owner before it
 * takes its place. Where there was none, none is replaced: not even one that
 * came into being meanwhile.
 */
#include "cli/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mail/writer.h"

#include "base/banned.h"

static bool
is_same(const struct stat *before, const char *path)
{
    struct stat now;

    return stat(path, &now) == 0 && now.st_ino == before->st_ino &&
           now.st_dev == before->st_dev && now.st_size == before->st_size &&
           now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

static mail_result
fill(int fd, const char *path, const char *data, size_t len,
     const struct stat *before, mail_error *error)
{
    bool good;

    errno = write_all(fd, data, len);
    good = errno == 0;
    if (good && before != NULL)
        good = fchmod(fd, before->st_mode & 07777) == 0;
    if (good && before != NULL &&
        (before->st_uid != geteuid() || before->st_gid != getegid()))
        good = fchown(fd, before->st_uid, before->st_gid) == 0;
    if (good && fsync(fd) == 0)
        return MAIL_OK;
    return mail_fail_sys(error, errno, "cannot write %.300s", path);
}

/* Of the directory that has `path`; what cannot be synced is still written. */
static void
sync_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = slash == NULL ? strdup(".")
                               : strndup(path, (size_t)(slash - path) + 1);
    int fd = name == NULL
                 ? -1
                 : open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY);

    if (fd != -1) {
        (void)fsync(fd);
        (void)close(fd);
    }
    free(name);
}

static mail_result
take_place(const char *made, const char *path, const struct stat *before,
           mail_error *error)
{
    if (before == NULL) {
        if (renameat2(AT_FDCWD, made, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
            return MAIL_OK;
        if (errno == EINVAL && link(made, path) == 0) {
            (void)unlink(made); /* where flags are not known */
            return MAIL_OK;
        }
        if (errno != EEXIST)
            return mail_fail_sys(error, errno, "cannot make %.300s", path);
    } else if (is_same(before, path)) {
        if (rename(made, path) == 0)
            return MAIL_OK;
        return mail_fail_sys(error, errno, "cannot replace %.300s", path);
    }
    return mail_fail(error, MAIL_ERR_BUSY, 0,
                     "%.300s was changed by somebody else meanwhile: nothing "
                     "was written, try again",
                     path);
}

mail_result
whole_file_write(const char *path, const char *data, size_t len,
                 const struct stat *before, mail_error *error)
{
    mail_result result;
    char *made;
    int fd;

    if (asprintf(&made, "%s.XXXXXX", path) == -1)
        return mail_fail_nomem(error);
    fd = mkostemp(made, O_CLOEXEC);
    if (fd == -1) {
        result = mail_fail_sys(error, errno, "cannot make %.300s", made);
        free(made);
        return result;
    }
    result = fill(fd, path, data, len, before, error);
    if (close(fd) == -1 && result == MAIL_OK)
        result = mail_fail_sys(error, errno, "cannot write %.300s", path);
    if (result == MAIL_OK)
        result = take_place(made, path, before, error);
    if (result == MAIL_OK)
        sync_parent(path);
    else
        (void)unlink(made);
    free(made);
    return result;
}

mail_result
whole_file_parents(const char *path, mail_error *error)
{
    char *part = strdup(path);
    char *slash = part;
    mail_result result = MAIL_OK;

    if (part == NULL)
        return mail_fail_nomem(error);
    while (result == MAIL_OK && (slash = strchr(slash + 1, '/')) != NULL) {
        *slash = '\0';
        if (mkdir(part, 0700) == -1 && errno != EEXIST)
            result = mail_fail_sys(error, errno, "cannot make %.300s", part);
        *slash = '/';
    }
    free(part);
    return result;
}
