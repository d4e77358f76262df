/* SPDX-License-Identifier: MIT */
/*
 * file_group - messages become files, whole and durable or not at all.
 *
 * A message is written under a name of its own, with O_EXCL, O_NOFOLLOW and
 * 0600. Publishing a group makes all its files durable (durable.c says how),
 * then renames them to where they are seen so that nothing is replaced (link
 * and unlink where rename cannot promise that), and ends with one fsync of
 * that directory. The files are synced before the first is visible: what is
 * visible is a whole message, whatever the machine does next. The directory
 * where they are written needs no sync of its own: a name that comes back
 * there after a crash is litter that recover() removes.
 *
 * Limits: FILE_GROUP_MAX files are open at once. They stay open so that
 * fsync() is asked by the descriptor that wrote, which no failed write
 * escapes. A message costs four system calls.
 */
#include "mail/file_group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

static file_group *
of(mail_sink *sink)
{
    return (file_group *)sink;
}

static void
discard(file_group *g, size_t index)
{
    if (g->files[index] != -1)
        close(g->files[index]);
    g->files[index] = -1;
    (void)unlinkat(g->from, g->names[index], 0);
}

static void
discard_from(file_group *g, size_t first)
{
    size_t i;

    for (i = first; i < g->finished; i++)
        discard(g, i);
    g->finished = 0;
    g->octets = 0;
}

static mail_result
fail_write(const file_group *g, int sys, mail_error *error)
{
    return mail_fail_sys(error, sys, "cannot write into %.200s%s", g->path,
                         g->from_name);
}

char *
file_group_name(file_group *g)
{
    return g->finished == FILE_GROUP_MAX ? NULL : g->names[g->finished];
}

mail_result
file_group_begin(file_group *g, mail_error *error)
{
    const char *name = file_group_name(g);
    int fd;

    if (name == NULL)
        return mail_fail(error, MAIL_ERR_BUSY, 0, "too many open messages");
    fd = openat(g->from, name,
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd == -1)
        return fail_write(g, errno, error);
    g->files[g->finished] = fd;
    g->writing = true;
    writer_start(&g->out, fd, g->as_sent);
    return MAIL_OK;
}

mail_result
file_group_write(mail_sink *sink, pop3_span part, mail_error *error)
{
    file_group *g = of(sink);
    int sys = writer_put(&g->out, part.ptr, part.len);

    return sys == 0 ? MAIL_OK : fail_write(g, sys, error);
}

void
file_group_drop(mail_sink *sink)
{
    file_group *g = of(sink);

    if (g->writing)
        discard(g, g->finished);
    g->writing = false;
}

mail_result
file_group_finish(mail_sink *sink, mail_error *error)
{
    file_group *g = of(sink);
    int sys = writer_end(&g->out);

    if (sys != 0) {
        file_group_drop(sink);
        return fail_write(g, sys, error);
    }
    g->octets += g->out.octets;
    g->writing = false;
    g->finished++;
    return MAIL_OK;
}

/* Sync and close, both checked. *ready: so many files from the first are safe
 * on the disk, also when it fails. */
static mail_result
sync_files(file_group *g, size_t *ready, mail_error *error)
{
    int sys = durable_sync(&g->disk, g->files, g->finished, g->octets, ready);
    const char *what = "sync";
    size_t i;

    for (i = 0; i < *ready; i++) {
        int fd = g->files[i];

        g->files[i] = -1;
        if (close(fd) == -1) {
            sys = errno;
            what = "close";
            *ready = i;
        }
    }
    if (sys == 0)
        return MAIL_OK;
    return mail_fail_sys(error, sys, "cannot %s a message in %.200s%s", what,
                         g->path, g->from_name);
}

static bool
has_no_rename(int sys)
{
    return sys == EINVAL || sys == ENOSYS || sys == EOPNOTSUPP;
}

static bool
has_no_links(int sys)
{
    return sys == EPERM || sys == EOPNOTSUPP || sys == ENOSYS ||
           sys == EMLINK || sys == EXDEV;
}

/* Never replaces a file: by a rename that promises it, or by link(2), which
 * always does. Where neither is to be had, a plain rename: the name holds the
 * key, the time and the process, so there is nothing to replace. */
static int
deliver(const file_group *g, const char *name)
{
    const char *final = name + g->mark;

    if (renameat2(g->from, name, g->to, final, RENAME_NOREPLACE) == 0)
        return 0;
    if (!has_no_rename(errno))
        return -1;
    if (linkat(g->from, name, g->to, final, 0) == 0) {
        (void)unlinkat(g->from, name, 0);
        return 0;
    }
    if (!has_no_links(errno))
        return -1;
    return renameat(g->from, name, g->to, final);
}

static mail_result
link_files(file_group *g, size_t ready, size_t *linked, mail_error *error)
{
    for (*linked = 0; *linked < ready; ++*linked) {
        if (deliver(g, g->names[*linked]) == -1)
            return mail_fail_sys(error, errno, "cannot deliver into %.200s%s",
                                 g->path, g->to_name);
    }
    return MAIL_OK;
}

/* *published: so many from the first are visible and durable, also when it
 * fails. */
static mail_result
publish_group(file_group *g, size_t *published, mail_error *error)
{
    mail_error link_error;
    mail_result link_result;
    size_t ready;
    size_t linked;
    mail_result result = sync_files(g, &ready, error);

    link_result = link_files(g, ready, &linked, &link_error);
    *published = linked;
    if (result == MAIL_OK && link_result != MAIL_OK) {
        result = link_result;
        *error = link_error;
    }
    if (linked > 0 && fsync(g->to) == -1) {
        *published = 0;
        result = mail_fail_sys(error, errno, "cannot sync %.200s%s", g->path,
                               g->to_name);
    }
    discard_from(g, linked);
    return result;
}

mail_result
file_group_publish(mail_sink *sink, mail_settled *settled, void *ctx,
                   mail_error *error)
{
    file_group *g = of(sink);
    size_t published;
    mail_result result;
    size_t count;
    size_t i;

    file_group_drop(sink);
    count = g->finished;
    result = publish_group(g, &published, error);
    for (i = 0; i < count; i++)
        settled(ctx, i < published ? MAIL_DONE : MAIL_UNKNOWN, NULL);
    return result;
}

mail_result
file_group_init(file_group *g, mail_sync sync, mail_error *error)
{
    g->names = calloc(FILE_GROUP_MAX, sizeof(*g->names));
    if (g->names == NULL)
        return mail_fail_nomem(error);
    g->sink.group_max = FILE_GROUP_MAX;
    durable_init(&g->disk, g->from, sync);
    return MAIL_OK;
}

void
file_group_clear(file_group *g)
{
    file_group_drop(&g->sink);
    discard_from(g, 0);
    free(g->names);
}
