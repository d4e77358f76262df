/* SPDX-License-Identifier: MIT */
/*
 * directory - directories that mail goes to, opened safely.
 *
 * From here on every file is named relative to a descriptor, so that nobody
 * can swap a directory under our feet (R29). The path that the user named may
 * have symbolic links. A directory that is made is synced into its parent, so
 * that a message never is durable in a directory that is not. Root does not
 * deliver into a folder of another user: it would write files there that
 * their owner cannot read, through paths that their owner can change.
 */
#include "mail/directory.h"

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

mail_result
directory_check_owner(int fd, const char *path, mail_error *error)
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
make_in(int parent, const char *name, const char *path, mail_error *error)
{
    mail_result result = directory_check_owner(parent, path, error);

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
make(const char *path, mail_error *error)
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
        result = make_in(fd, name, path, error);
        close(fd);
    }
    free(copy);
    return result;
}

mail_result
directory_open(int *fd, const char *path, bool create, const char *what,
               mail_error *error)
{
    mail_result result;

    *fd = open(path, DIRECTORY);
    if (*fd == -1 && errno == ENOENT && create) {
        result = make(path, error);
        if (result != MAIL_OK)
            return result;
        *fd = open(path, DIRECTORY);
    }
    if (*fd == -1)
        return mail_fail_sys(error, errno, "cannot open %s %.200s", what,
                             path);
    result = directory_check_owner(*fd, path, error);
    if (result != MAIL_OK) {
        close(*fd);
        *fd = -1;
    }
    return result;
}

mail_result
directory_open_parent(int *fd, const char *path, const char **name,
                      mail_error *error)
{
    const char *slash = strrchr(path, '/');
    char *parent;

    *fd = -1;
    *name = slash == NULL ? path : slash + 1;
    if (**name == '\0')
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "%.200s is a directory, not a file", path);
    if (slash == NULL)
        parent = strdup(".");
    else
        parent = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (parent == NULL)
        return mail_fail_nomem(error);
    *fd = open(parent, DIRECTORY);
    free(parent);
    return *fd != -1
               ? MAIL_OK
               : mail_fail_sys(error, errno,
                               "cannot open the directory of %.200s", path);
}

char *
directory_expand(const char *path)
{
    const char *home = getenv("HOME");
    char *full;

    if (strncmp(path, "~/", 2) != 0 || home == NULL)
        return strdup(path);
    return asprintf(&full, "%s/%s", home, path + 2) == -1 ? NULL : full;
}
