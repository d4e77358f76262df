/* SPDX-License-Identifier: MIT */
/*
 * asked - one pass over a directory answers for any number of messages.
 */
#include "mail/asked.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

static int
compare_asked(const void *a, const void *b)
{
    return strcmp(((const mail_asked *)a)->key.text,
                  ((const mail_asked *)b)->key.text);
}

void
asked_sort(mail_asked *asked, size_t count)
{
    qsort(asked, count, sizeof(*asked), compare_asked);
}

mail_asked *
asked_find(mail_asked *asked, size_t count, const char *text)
{
    mail_asked wanted = {.index = 0};

    if (text == NULL || !mail_key_at(text))
        return NULL;
    memcpy(wanted.key.text, text, MAIL_KEY_LEN);
    return bsearch(&wanted, asked, count, sizeof(*asked), compare_asked);
}

static DIR *
open_stream(int fd)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir;

    if (copy == -1)
        return NULL;
    dir = fdopendir(copy);
    if (dir == NULL)
        close(copy);
    return dir;
}

static mail_result
scan(int fd, const char *path, asked_key *key, bool clean, mail_asked *asked,
     size_t count, mail_error *error)
{
    DIR *dir = open_stream(fd);
    const struct dirent *entry;
    int sys;

    if (dir == NULL)
        return mail_fail_sys(error, errno, "cannot read %.200s", path);
    while (errno = 0, (entry = readdir(dir)) != NULL) {
        mail_asked *hit = asked_find(asked, count, key(entry->d_name));

        if (hit == NULL)
            continue;
        if (clean)
            (void)unlinkat(fd, entry->d_name, 0);
        else
            hit->found = true;
    }
    sys = errno;
    closedir(dir);
    if (sys != 0)
        return mail_fail_sys(error, sys, "cannot read %.200s", path);
    return MAIL_OK;
}

mail_result
asked_mark(int dir, const char *path, asked_key *key, mail_asked *asked,
           size_t count, mail_error *error)
{
    return scan(dir, path, key, false, asked, count, error);
}

mail_result
asked_clean(int dir, const char *path, asked_key *key, mail_asked *asked,
            size_t count, mail_error *error)
{
    return scan(dir, path, key, true, asked, count, error);
}
