/* SPDX-License-Identifier: MIT */
/*
 * eml - messages become files <key>.eml, octet for octet as they were sent.
 *
 * While it is written a file is named .<key>.eml, in the same directory, so
 * that whoever lists it sees whole messages only (file_group.c). The keys of a
 * group count upwards, so names sort as its messages did. A message that was
 * renamed or moved away between a crash and the next run comes twice.
 */
#include "mail/eml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mail/asked.h"
#include "mail/directory.h"
#include "mail/file_group.h"

#include "base/banned.h"

static const char suffix[] = ".eml";

typedef struct eml {
    file_group files; /* the first: it begins with the sink */
    int dir;
    char *path; /* absolute, without symbolic links */
} eml;

static eml *
of(mail_sink *sink)
{
    return (eml *)sink;
}

static mail_result
eml_begin(mail_sink *sink, const mail_key *key, mail_error *error)
{
    file_group *files = &of(sink)->files;
    char *name = file_group_name(files);

    if (name != NULL)
        (void)snprintf(name, FILE_GROUP_NAME_SIZE, ".%s%s", key->text, suffix);
    return file_group_begin(files, error);
}

static const char *
key_in_name(const char *name)
{
    return mail_key_at(name) && strcmp(name + MAIL_KEY_LEN, suffix) == 0
               ? name
               : NULL;
}

static const char *
key_in_draft(const char *name)
{
    return name[0] == '.' ? key_in_name(name + 1) : NULL;
}

static mail_result
eml_recover(mail_sink *sink, mail_asked *asked, size_t count,
            mail_error *error)
{
    const eml *e = of(sink);
    mail_result result;

    if (count == 0)
        return MAIL_OK;
    asked_sort(asked, count);
    result = asked_mark(e->dir, e->path, key_in_name, asked, count, error);
    if (result == MAIL_OK)
        result =
            asked_clean(e->dir, e->path, key_in_draft, asked, count, error);
    if (result == MAIL_OK && fsync(e->dir) == -1)
        result = mail_fail_sys(error, errno, "cannot sync %.200s", e->path);
    return result;
}

static void
release(eml *e)
{
    if (e->dir != -1)
        close(e->dir);
    free(e->path);
    free(e->files.sink.name);
    free(e);
}

static void
eml_close(mail_sink *sink)
{
    file_group_clear(&of(sink)->files);
    release(of(sink));
}

static const mail_sink_ops eml_ops = {
    .begin = eml_begin,
    .write = file_group_write,
    .finish = file_group_finish,
    .drop = file_group_drop,
    .publish = file_group_publish,
    .recover = eml_recover,
    .close = eml_close,
};

/* It may be new, and made by a run that was killed before it was durable. */
static bool
sync_parent(int dir)
{
    int parent = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = parent == -1 || fsync(parent) == 0;
    int sys = errno;

    if (parent != -1)
        close(parent);
    errno = sys;
    return good;
}

static mail_result
eml_init(eml *e, const char *path, const sink_setup *setup, mail_error *error)
{
    file_group *files = &e->files;
    mail_result result =
        directory_open(&e->dir, path, setup->create, "the directory", error);

    if (result != MAIL_OK)
        return result;
    if (faccessat(e->dir, ".", W_OK | X_OK, AT_EACCESS) == -1)
        return mail_fail_sys(error, errno, "cannot write into %.200s", path);
    if (setup->create && !sync_parent(e->dir))
        return mail_fail_sys(error, errno, "cannot sync the parent of %.200s",
                             path);
    e->path = realpath(path, NULL);
    if (e->path == NULL)
        return mail_fail_sys(error, errno, "cannot resolve %.200s", path);
    if (asprintf(&files->sink.name, "eml:%s", e->path) == -1) {
        files->sink.name = NULL;
        return mail_fail_nomem(error);
    }
    files->sink.ops = &eml_ops;
    files->from = files->to = e->dir;
    files->path = e->path;
    files->from_name = files->to_name = "";
    files->mark = 1;
    files->as_sent = setup->line_ends != MAIL_LINE_ENDS_LF;
    return file_group_init(files, setup->sync, error);
}

mail_result
eml_open(mail_sink **sink, const char *path, const sink_setup *setup,
         mail_error *error)
{
    char *full = directory_expand(path);
    eml *e = calloc(1, sizeof(*e));
    mail_result result;

    if (full == NULL || e == NULL) {
        free(full);
        free(e);
        return mail_fail_nomem(error);
    }
    e->dir = -1;
    result = eml_init(e, full, setup, error);
    free(full);
    if (result == MAIL_OK)
        *sink = &e->files.sink;
    else
        release(e);
    return result;
}
