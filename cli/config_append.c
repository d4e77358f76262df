/* SPDX-License-Identifier: MIT */
/*
 * config_append - old octets, an empty line, the new section.
 *
 * The result is read as a configuration before it takes the place of the file,
 * so that nothing is written which the next run would refuse. A symbolic link
 * is followed: what it points at is replaced, and the link stays.
 */
#include "cli/config_append.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/config_file.h"
#include "cli/report.h"
#include "cli/whole_file.h"

#include "base/banned.h"

/* To be freed; NULL: out of memory. */
static char *
join(const char *text, size_t len, const char *section)
{
    bool ends = len == 0 || text[len - 1] == '\n';
    size_t room = len + strlen(section) + 3;
    char *made = malloc(room);

    if (made == NULL)
        return NULL;
    if (len > 0)
        memcpy(made, text, len);
    (void)snprintf(made + len, room - len, "%s%s%s", ends ? "" : "\n",
                   len == 0 ? "" : "\n", section);
    return made;
}

static exit_status
check_text(const char *path, const char *text)
{
    config c;
    exit_status status = config_parse(&c, path, text, strlen(text));

    config_free(&c);
    if (status != EXIT_FINE)
        report("the account would make the file unreadable: nothing was "
               "written");
    return status;
}

static exit_status
write_text(const char *path, const char *text, const struct stat *before)
{
    mail_error error;
    mail_result result = MAIL_OK;

    if (before == NULL)
        result = whole_file_parents(path, &error);
    if (result == MAIL_OK)
        result = whole_file_write(path, text, strlen(text), before, &error);
    if (result == MAIL_OK)
        return EXIT_FINE;
    report("%s", error.text);
    return status_of_mail(result);
}

/* `path`: what it is after all links; or NULL, if there is no such file. */
static exit_status
append(const config *c, const char *path, const char *section, bool dry_run)
{
    struct stat st;
    char *text = NULL;
    char *made;
    size_t len = 0;
    exit_status status = EXIT_FINE;

    if (path != NULL && stat(path, &st) == -1) {
        report("cannot read %s: %s", printable(path), strerror(errno));
        return EXIT_CONFIG;
    }
    if (path != NULL)
        status = config_file_read(path, true, &text, &len);
    if (status != EXIT_FINE)
        return status;
    made = join(text, len, section);
    free(text);
    if (made == NULL) {
        report("out of memory");
        return EXIT_LATER;
    }
    status = check_text(c->path, made);
    if (status == EXIT_FINE && !dry_run)
        status = write_text(path == NULL ? c->path : path, made,
                            path == NULL ? NULL : &st);
    free(made);
    return status;
}

exit_status
config_append(const config *c, const char *section, bool dry_run)
{
    char *path;
    exit_status status;

    if (c->path == NULL) {
        report("neither HOME nor XDG_CONFIG_HOME tells where the "
               "configuration file is: name it by --config");
        return EXIT_CONFIG;
    }
    path = realpath(c->path, NULL);
    if (path == NULL && errno != ENOENT) {
        report("cannot read %s: %s", printable(c->path), strerror(errno));
        return EXIT_CONFIG;
    }
    status = append(c, path, section, dry_run);
    free(path);
    return status;
}
