/* SPDX-License-Identifier: MIT */
/*
 * config_file - the XDG base directory rules, and whom the file may trust.
 *
 * The file names programs that will be run, servers that get passwords and
 * certificates to believe in. So whoever may write it may do all of that in
 * the name of its reader, whether or not it names a program today: a file
 * that the group or others can write, or that belongs to neither the reader
 * nor root, is refused. Reading it does no harm: it holds no password.
 */
#include "cli/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/report.h"
#include "mail/reader.h"

#include "base/banned.h"

enum {
    SIZE_LIMIT = 1 << 20
};

exit_status
config_file_path(char **path, const char *given)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int made = 0;

    *path = NULL;
    if (given != NULL)
        made = asprintf(path, "%s", given);
    else if (config != NULL && config[0] == '/')
        made = asprintf(path, "%s/pop3/config", config);
    else if (home != NULL && home[0] == '/')
        made = asprintf(path, "%s/.config/pop3/config", home);
    if (made != -1)
        return EXIT_FINE;
    *path = NULL;
    report("out of memory");
    return EXIT_LATER;
}

static exit_status
fail_sys(const char *path)
{
    int sys = errno;

    report("cannot read the configuration file %s: %s", printable(path),
           strerror(sys));
    return status_of_mail(mail_kind_of(sys));
}

static exit_status
check_trust(const char *path, const struct stat *st)
{
    if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
        return EXIT_FINE; /* a pipe that the user named */
    if (S_ISDIR(st->st_mode))
        report("the configuration file %s is a directory", printable(path));
    else if (st->st_uid != geteuid() && st->st_uid != 0)
        report("the configuration file %s belongs to somebody else, who could "
               "make it run programs in your name: copy it",
               printable(path));
    else if ((st->st_mode & 022) != 0)
        report("the configuration file %s can be written by others (mode "
               "%03o), who could make it run programs in your name: look at "
               "it, then run chmod go-w on it",
               printable(path), (unsigned)st->st_mode & 0777);
    else
        return EXIT_FINE;
    return EXIT_CONFIG;
}

static exit_status
read_text(int fd, const char *path, char *text, size_t *len)
{
    ssize_t got = read_all(fd, text, SIZE_LIMIT + 1);

    if (got == -1)
        return fail_sys(path);
    *len = (size_t)got;
    if (*len <= SIZE_LIMIT)
        return EXIT_FINE;
    report("the configuration file %s is larger than %d octets",
           printable(path), SIZE_LIMIT);
    return EXIT_CONFIG;
}

static exit_status
read_open(int fd, const char *path, char **text, size_t *len)
{
    struct stat st;
    exit_status status;

    if (fstat(fd, &st) == -1)
        return fail_sys(path);
    status = check_trust(path, &st);
    if (status != EXIT_FINE)
        return status;
    *text = malloc(SIZE_LIMIT + 2); /* a NUL may be put behind it */
    if (*text == NULL) {
        report("out of memory");
        return EXIT_LATER;
    }
    status = read_text(fd, path, *text, len);
    if (status != EXIT_FINE) {
        free(*text);
        *text = NULL;
    }
    return status;
}

exit_status
config_file_read(const char *path, bool must_exist, char **text, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    exit_status status;

    *text = NULL;
    if (fd == -1)
        return errno == ENOENT && !must_exist ? EXIT_FINE : fail_sys(path);
    status = read_open(fd, path, text, len);
    close(fd);
    return status;
}
