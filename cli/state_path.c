/* SPDX-License-Identifier: MIT */
/*
 * state_path - the XDG base directory rules for one file.
 *
 * $XDG_STATE_HOME counts only if it is absolute, as its standard says. A
 * directory that the user named with --state is never made: a mistyped path
 * would start a new memory, and all mail would be fetched again. As long as
 * there is no file in them, all directories above it are synced each time,
 * not only those that are made: a run that was killed may have made them. So
 * a memory is never durable in a directory that is not.
 */
#include "cli/state_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

/* Syncs the directory in which this one is. */
static int
sync_above(const char *path)
{
    int here = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int above;
    int result;
    int sys;

    if (here == -1)
        return -1;
    above = openat(here, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    result = above == -1 ? -1 : fsync(above);
    sys = errno;
    if (above != -1)
        close(above);
    close(here);
    errno = sys;
    return result;
}

/* A directory that is there may be one that we made, if it is ours. */
static int
make_directory(const char *path)
{
    struct stat st;

    if (mkdir(path, 0700) == 0)
        return sync_above(path);
    if (errno != EEXIST)
        return -1;
    if (stat(path, &st) == 0 && st.st_uid == geteuid())
        (void)sync_above(path);
    return 0;
}

/* Makes all directories above the last slash of `path`. */
static mail_result
make_parents(char *path, mail_error *error)
{
    mail_result result = MAIL_OK;
    char *slash = path;

    if (access(path, F_OK) == 0)
        return MAIL_OK;
    while (result == MAIL_OK && (slash = strchr(slash + 1, '/')) != NULL) {
        *slash = '\0';
        if (make_directory(path) == -1)
            result = mail_fail_sys(error, errno, "cannot make %.200s", path);
        *slash = '/';
    }
    return result;
}

mail_result
state_place(char **path, const char *name, bool create, mail_error *error)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    mail_result result = MAIL_OK;
    int made = -1;

    if (state != NULL && state[0] == '/')
        made = asprintf(path, "%s/pop3/%s", state, name);
    else if (home != NULL && home[0] == '/')
        made = asprintf(path, "%s/.local/state/pop3/%s", home, name);
    else
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "HOME is not set, so there is no place to remember "
                         "what was fetched: name one with --state");
    if (made == -1)
        return mail_fail_nomem(error);
    if (create)
        result = make_parents(*path, error);
    if (result != MAIL_OK)
        free(*path);
    return result;
}

mail_result
state_path(char **path, const char *given, bool create, mail_error *error)
{
    mail_result result = MAIL_OK;

    if (given == NULL)
        result = state_place(path, "seen.db", create, error);
    else if ((*path = strdup(given)) == NULL)
        result = mail_fail_nomem(error);
    if (result != MAIL_OK)
        *path = NULL;
    return result;
}
