/* SPDX-License-Identifier: MIT */
/*
 * maildir - messages become files in new/, whole and durable or not at all.
 *
 * A message is written to tmp/ under its final name, with O_EXCL, O_NOFOLLOW
 * and 0600, CRLF turned into LF on the way. Publishing a group makes all its
 * files durable (durable.c says how), then renames them into new/ so that
 * nothing is replaced (link and unlink where rename cannot promise that), and
 * ends with one fsync of new/. The files are synced before the first is
 * visible: a message in new/ is a whole one, whatever the machine does next.
 * tmp/ needs no sync of its own: a name that comes back there after a crash
 * is litter that recover() or a mail reader removes.
 *
 * Names are ours: seconds, the key of the message, a counter, the process and
 * the host. The key is how recover() knows a message again in new/ or, when a
 * mail reader has moved it, in cur/. It cannot know one that was moved to
 * another folder: such a message in flight at a crash comes twice.
 *
 * Limits: GROUP_MAX files are open at once; begin() fails beyond that. They
 * stay open so that fsync() is asked by the descriptor that wrote, which no
 * failed write escapes. A message costs four system calls.
 */
#include "mail/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mail/crlf.h"
#include "mail/maildir_dirs.h"

#include "base/banned.h"

enum {
    GROUP_MAX = 2048,
    NAME_SIZE = 200,
    BUFFER_SIZE = 65536
};

typedef struct maildir {
    mail_sink sink;
    maildir_dirs dirs;
    durable disk;
    int files[GROUP_MAX];     /* the group: descriptors, -1 once closed */
    char (*names)[NAME_SIZE]; /* GROUP_MAX */
    size_t finished;          /* of the group; the one in work stands behind */
    uint64_t octets;          /* written for the group */
    bool writing;             /* file number `finished` was begun */
    unsigned long count;      /* messages begun by this sink */
    crlf line_ends;
    size_t buffered;
    char buffer[BUFFER_SIZE + 1];
    char tail[100]; /* of names: "P<process>.<host>" */
} maildir;

static maildir *
of(mail_sink *sink)
{
    return (maildir *)sink;
}

static void
discard(maildir *m, size_t index)
{
    if (m->files[index] != -1)
        close(m->files[index]);
    m->files[index] = -1;
    (void)unlinkat(m->dirs.tmp, m->names[index], 0);
}

static void
discard_from(maildir *m, size_t first)
{
    size_t i;

    for (i = first; i < m->finished; i++)
        discard(m, i);
    m->finished = 0;
    m->octets = 0;
}

static mail_result
maildir_begin(mail_sink *sink, const mail_key *key, mail_error *error)
{
    maildir *m = of(sink);
    char *name = m->names[m->finished];
    int fd;

    if (m->finished == GROUP_MAX)
        return mail_fail(error, MAIL_ERR_BUSY, 0, "too many open messages");
    (void)snprintf(name, NAME_SIZE, "%" PRIdMAX ".K%sQ%lu%s",
                   (intmax_t)time(NULL), key->text, ++m->count, m->tail);
    fd = openat(m->dirs.tmp, name,
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd == -1)
        return mail_fail_sys(error, errno, "cannot write into %.200s/tmp",
                             m->dirs.path);
    m->files[m->finished] = fd;
    m->writing = true;
    m->line_ends = crlf_start(NULL);
    m->buffered = 0;
    return MAIL_OK;
}

static mail_result
flush_buffer(maildir *m, mail_error *error)
{
    int fd = m->files[m->finished];
    size_t done = 0;

    while (done < m->buffered) {
        ssize_t n = write(fd, m->buffer + done, m->buffered - done);

        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return mail_fail_sys(error, n == 0 ? ENOSPC : errno,
                                 "cannot write into %.200s/tmp", m->dirs.path);
        done += (size_t)n;
    }
    m->octets += m->buffered;
    m->buffered = 0;
    return MAIL_OK;
}

static mail_result
maildir_write(mail_sink *sink, pop3_span part, mail_error *error)
{
    maildir *m = of(sink);

    while (part.len > 0) {
        size_t room = BUFFER_SIZE - m->buffered;
        size_t len = part.len < room ? part.len : room;

        /* A CR that waits may come out too: the buffer has one octet more. */
        m->buffered +=
            crlf_to_lf(&m->line_ends, part.ptr, len, m->buffer + m->buffered);
        part.ptr += len;
        part.len -= len;
        if (m->buffered >= BUFFER_SIZE) {
            mail_result result = flush_buffer(m, error);

            if (result != MAIL_OK)
                return result;
        }
    }
    return MAIL_OK;
}

static void
maildir_drop(mail_sink *sink)
{
    maildir *m = of(sink);

    if (m->writing)
        discard(m, m->finished);
    m->writing = false;
}

static mail_result
maildir_finish(mail_sink *sink, mail_error *error)
{
    maildir *m = of(sink);
    mail_result result;

    m->buffered += crlf_finish(&m->line_ends, m->buffer + m->buffered);
    result = flush_buffer(m, error);
    if (result != MAIL_OK) {
        maildir_drop(sink);
        return result;
    }
    m->writing = false;
    m->finished++;
    return MAIL_OK;
}

/* Sync and close, both checked. *ready: so many files from the first are safe
 * on the disk, also when it fails. */
static mail_result
sync_files(maildir *m, size_t *ready, mail_error *error)
{
    int sys = durable_sync(&m->disk, m->files, m->finished, m->octets, ready);
    const char *what = "sync";
    size_t i;

    for (i = 0; i < *ready; i++) {
        int fd = m->files[i];

        m->files[i] = -1;
        if (close(fd) == -1) {
            sys = errno;
            what = "close";
            *ready = i;
        }
    }
    if (sys == 0)
        return MAIL_OK;
    return mail_fail_sys(error, sys, "cannot %s a message in %.200s/tmp", what,
                         m->dirs.path);
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
move_to_new(const maildir *m, const char *name)
{
    int tmp = m->dirs.tmp;
    int fresh = m->dirs.fresh;

    if (renameat2(tmp, name, fresh, name, RENAME_NOREPLACE) == 0)
        return 0;
    if (!has_no_rename(errno))
        return -1;
    if (linkat(tmp, name, fresh, name, 0) == 0) {
        (void)unlinkat(tmp, name, 0);
        return 0;
    }
    if (!has_no_links(errno))
        return -1;
    return renameat(tmp, name, fresh, name);
}

static mail_result
link_files(maildir *m, size_t ready, size_t *linked, mail_error *error)
{
    for (*linked = 0; *linked < ready; ++*linked) {
        if (move_to_new(m, m->names[*linked]) == -1)
            return mail_fail_sys(
                error, errno, "cannot deliver into %.200s/new", m->dirs.path);
    }
    return MAIL_OK;
}

/* *published: so many from the first are visible and durable, also when it
 * fails. */
static mail_result
publish_group(maildir *m, size_t *published, mail_error *error)
{
    mail_error link_error;
    mail_result link_result;
    size_t ready;
    size_t linked;
    mail_result result = sync_files(m, &ready, error);

    link_result = link_files(m, ready, &linked, &link_error);
    *published = linked;
    if (result == MAIL_OK && link_result != MAIL_OK) {
        result = link_result;
        *error = link_error;
    }
    if (linked > 0 && fsync(m->dirs.fresh) == -1) {
        *published = 0;
        result = mail_fail_sys(error, errno, "cannot sync %.200s/new",
                               m->dirs.path);
    }
    discard_from(m, linked);
    return result;
}

static mail_result
maildir_publish(mail_sink *sink, mail_settled *settled, void *ctx,
                mail_error *error)
{
    maildir *m = of(sink);
    size_t published;
    mail_result result;
    size_t count;
    size_t i;

    maildir_drop(sink);
    count = m->finished;
    result = publish_group(m, &published, error);
    for (i = 0; i < count; i++)
        settled(ctx, i < published ? MAIL_DONE : MAIL_UNKNOWN, NULL);
    return result;
}

static int
compare_asked(const void *a, const void *b)
{
    return strcmp(((const mail_asked *)a)->key.text,
                  ((const mail_asked *)b)->key.text);
}

/* The message that a file of ours belongs to; NULL if it is none of them. */
static mail_asked *
find_asked(const char *name, mail_asked *asked, size_t count)
{
    mail_asked wanted = {.index = 0};
    const char *key = strchr(name, '.');

    if (key == NULL || key[1] != 'K' || !mail_key_at(key + 2))
        return NULL;
    memcpy(wanted.key.text, key + 2, MAIL_KEY_LEN);
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

/* Marks what is in a directory; or, with `clean`, removes files of messages
 * that were not found anywhere. */
static mail_result
scan(const maildir *m, int fd, bool clean, mail_asked *asked, size_t count,
     mail_error *error)
{
    DIR *dir = open_stream(fd);
    const struct dirent *entry;
    int sys;

    if (dir == NULL)
        return mail_fail_sys(error, errno, "cannot read %.200s", m->dirs.path);
    while (errno = 0, (entry = readdir(dir)) != NULL) {
        mail_asked *hit = find_asked(entry->d_name, asked, count);

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
        return mail_fail_sys(error, sys, "cannot read %.200s", m->dirs.path);
    return MAIL_OK;
}

static mail_result
maildir_recover(mail_sink *sink, mail_asked *asked, size_t count,
                mail_error *error)
{
    maildir *m = of(sink);
    mail_result result;

    if (count == 0)
        return MAIL_OK;
    qsort(asked, count, sizeof(*asked), compare_asked);
    result = scan(m, m->dirs.fresh, false, asked, count, error);
    if (result == MAIL_OK)
        result = scan(m, m->dirs.cur, false, asked, count, error);
    if (result == MAIL_OK)
        result = scan(m, m->dirs.tmp, true, asked, count, error);
    if (result == MAIL_OK && fsync(m->dirs.fresh) == -1)
        result = mail_fail_sys(error, errno, "cannot sync %.200s/new",
                               m->dirs.path);
    /* What a mail reader moved there counts as delivered too. */
    if (result == MAIL_OK && fsync(m->dirs.cur) == -1)
        result = mail_fail_sys(error, errno, "cannot sync %.200s/cur",
                               m->dirs.path);
    return result;
}

static void
maildir_close(mail_sink *sink)
{
    maildir *m = of(sink);

    maildir_drop(sink);
    discard_from(m, 0);
    maildir_dirs_close(&m->dirs);
    free(m->sink.name);
    free(m->names);
    free(m);
}

static const mail_sink_ops maildir_ops = {
    .begin = maildir_begin,
    .write = maildir_write,
    .finish = maildir_finish,
    .drop = maildir_drop,
    .publish = maildir_publish,
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
    mail_result result =
        maildir_dirs_open(&m->dirs, path, setup->create, error);

    if (result != MAIL_OK)
        return result;
    m->names = calloc(GROUP_MAX, sizeof(*m->names));
    if (m->names == NULL ||
        asprintf(&m->sink.name, "maildir:%s", m->dirs.path) == -1) {
        maildir_dirs_close(&m->dirs);
        free(m->names);
        return mail_fail_nomem(error);
    }
    m->sink.ops = &maildir_ops;
    m->sink.group_max = GROUP_MAX;
    durable_init(&m->disk, m->dirs.tmp, setup->sync);
    set_tail(m);
    return MAIL_OK;
}

/* "~/Mail" behind "maildir:" is not expanded by a shell. */
static char *
expand_home(const char *path)
{
    const char *home = getenv("HOME");
    char *full;

    if (strncmp(path, "~/", 2) != 0 || home == NULL)
        return strdup(path);
    return asprintf(&full, "%s/%s", home, path + 2) == -1 ? NULL : full;
}

mail_result
maildir_open(mail_sink **sink, const char *path, const sink_setup *setup,
             mail_error *error)
{
    mail_result result;
    maildir *m;
    char *full;

    if (path[0] == '\0')
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "maildir: needs a directory, as in maildir:~/Mail");
    full = expand_home(path);
    m = calloc(1, sizeof(*m));
    if (full == NULL || m == NULL)
        result = mail_fail_nomem(error);
    else
        result = maildir_init(m, full, setup, error);
    free(full);
    if (result == MAIL_OK)
        *sink = &m->sink;
    else
        free(m);
    return result;
}
