/* SPDX-License-Identifier: MIT */
/*
 * state_path - the XDG base directory rules for one file.
 *
 * $XDG_STATE_HOME counts only if it is absolute, as its standard says. A
 * directory that the user named with --state is never made: a mistyped path
 * would start a new memory, and all mail would be fetched again.
 */
#include "cli/state_path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/banned.h"

/* Makes all directories above the last slash of `path`. */
static mail_result
make_parents(char *path, mail_error *error)
{
    char *slash = path;

    while ((slash = strchr(slash + 1, '/')) != NULL) {
        int made;

        *slash = '\0';
        made = mkdir(path, 0700);
        if (made == -1 && errno != EEXIST) {
            mail_result result =
                mail_fail_sys(error, errno, "cannot make %.200s", path);

            *slash = '/';
            return result;
        }
        *slash = '/';
    }
    return MAIL_OK;
}

mail_result
state_path(char **path, const char *given, bool create, mail_error *error)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    mail_result result = MAIL_OK;
    int made;

    if (given != NULL)
        made = asprintf(path, "%s", given);
    else if (state != NULL && state[0] == '/')
        made = asprintf(path, "%s/pop3/seen.db", state);
    else if (home != NULL && home[0] == '/')
        made = asprintf(path, "%s/.local/state/pop3/seen.db", home);
    else
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "HOME is not set, so there is no place to remember "
                         "what was fetched: name one with --state");
    if (made == -1) {
        *path = NULL;
        return mail_fail_nomem(error);
    }
    if (given == NULL && create)
        result = make_parents(*path, error);
    if (result != MAIL_OK) {
        free(*path);
        *path = NULL;
    }
    return result;
}
