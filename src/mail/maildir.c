/* SPDX-License-Identifier: MIT */
/*
 * maildir - messages become files in new/, by way of tmp/ (file_group.c).
 *
 * CRLF becomes LF on the way. Names are ours: seconds, the key of the message,
 * a counter, the process and the host. The key is how recover() knows a
 * message again in new/ or, when a mail reader has moved it, in cur/. It
 * cannot know one that was moved to another folder: such a message in flight
 * at a crash comes twice.
 */
#include "mail/maildir.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mail/asked.h"
#include "mail/directory.h"
#include "mail/file_group.h"
#include "mail/maildir_dirs.h"

#include "base/banned.h"

typedef struct maildir {
    file_group files; /* the first: it begins with the sink */
    maildir_dirs dirs;
    unsigned long count; /* messages begun by this sink */
    char tail[100];      /* of names: "P<process>.<host>" */
} maildir;

static maildir *
of(mail_sink *sink)
{
    return (maildir *)sink;
}

static mail_result
maildir_begin(mail_sink *sink, const mail_key *key, mail_error *error)
{
    maildir *m = of(sink);
    char *name = file_group_name(&m->files);

    if (name != NULL)
        (void)snprintf(name, FILE_GROUP_NAME_SIZE, "%" PRIdMAX ".K%sQ%lu%s",
                       (intmax_t)time(NULL), key->text, ++m->count, m->tail);
    return file_group_begin(&m->files, error);
}

static const char *
key_in_name(const char *name)
{
    const char *key = strchr(name, '.');

    return key == NULL || key[1] != 'K' ? NULL : key + 2;
}

static mail_result
maildir_recover(mail_sink *sink, mail_asked *asked, size_t count,
                mail_error *error)
{
    const maildir_dirs *dirs = &of(sink)->dirs;
    mail_result result;

    if (count == 0)
        return MAIL_OK;
    asked_sort(asked, count);
    result =
        asked_mark(dirs->fresh, dirs->path, key_in_name, asked, count, error);
    if (result == MAIL_OK)
        result = asked_mark(dirs->cur, dirs->path, key_in_name, asked, count,
                            error);
    if (result == MAIL_OK)
        result = asked_clean(dirs->tmp, dirs->path, key_in_name, asked, count,
                             error);
    if (result == MAIL_OK && fsync(dirs->fresh) == -1)
        result =
            mail_fail_sys(error, errno, "cannot sync %.200s/new", dirs->path);
    /* What a mail reader moved there counts as delivered too. */
    if (result == MAIL_OK && fsync(dirs->cur) == -1)
        result =
            mail_fail_sys(error, errno, "cannot sync %.200s/cur", dirs->path);
    return result;
}

static void
maildir_close(mail_sink *sink)
{
    maildir *m = of(sink);

    file_group_clear(&m->files);
    maildir_dirs_close(&m->dirs);
    free(sink->name);
    free(m);
}

static const mail_sink_ops maildir_ops = {
    .begin = maildir_begin,
    .write = file_group_write,
    .finish = file_group_finish,
    .drop = file_group_drop,
    .publish = file_group_publish,
    .recover = maildir_recover,
    .close = maildir_close,
};

/* What names end with: without "/" and ":". */
static void
set_tail(maildir *m)
{
    char host[65];
    char *p;

    if (gethostname(host, sizeof(host)) == -1 || host[0] == '\0')
        memcpy(host, "localhost", sizeof("localhost"));
    host[sizeof(host) - 1] = '\0';
    for (p = host; *p != '\0'; p++) {
        if (*p == '/' || *p == ':' || *p < '!' || *p > '~')
            *p = '_';
    }
    (void)snprintf(m->tail, sizeof(m->tail), "P%ld.%s", (long)getpid(), host);
}

static mail_result
maildir_init(maildir *m, const char *path, const sink_setup *setup,
             mail_error *error)
{
    file_group *files = &m->files;
    mail_result result =
        maildir_dirs_open(&m->dirs, path, setup->create, error);

    if (result != MAIL_OK)
        return result;
    files->from = m->dirs.tmp;
    files->to = m->dirs.fresh;
    files->path = m->dirs.path;
    files->from_name = "/tmp";
    files->to_name = "/new";
    set_tail(m);
    result = file_group_init(files, setup->sync, error);
    if (result == MAIL_OK &&
        asprintf(&files->sink.name, "maildir:%s", m->dirs.path) == -1) {
        file_group_clear(files);
        result = mail_fail_nomem(error);
    }
    if (result != MAIL_OK)
        maildir_dirs_close(&m->dirs);
    files->sink.ops = &maildir_ops;
    return result;
}

mail_result
maildir_open(mail_sink **sink, const char *path, const sink_setup *setup,
             mail_error *error)
{
    mail_result result;
    maildir *m;
    char *full;

    full = directory_expand(path);
    m = calloc(1, sizeof(*m));
    if (full == NULL || m == NULL)
        result = mail_fail_nomem(error);
    else
        result = maildir_init(m, full, setup, error);
    free(full);
    if (result == MAIL_OK)
        *sink = &m->files.sink;
    else
        free(m);
    return result;
}
