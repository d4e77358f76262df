/* SPDX-License-Identifier: MIT */
/*
 * maildir - messages become files in new/, whole and durable or not at all.
 *
 * A message is written to tmp/ under its final name, with O_EXCL, O_NOFOLLOW
 * and 0600, CRLF turned into LF on the way. Publishing a group is one pass
 * over its files with fsync and close, one pass that links them into new/ and
 * unlinks them from tmp/ (rename where the file system has no links), and one
 * fsync of new/. The files are synced before the first is visible: a message
 * in new/ is a whole one, whatever the machine does next.
 *
 * Names are ours: seconds, the key of the message, a counter, the process and
 * the host. The key is how recover() knows a message again in new/ or, when a
 * mail reader has moved it, in cur/. It cannot know one that was moved to
 * another folder: such a message in flight at a crash comes twice.
 *
 * Limits: GROUP_MAX files are open at once; begin() fails beyond that.
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
    GROUP_MAX = 512,
    NAME_SIZE = 200,
    BUFFER_SIZE = 65536
};

typedef struct maildir_file {
    int fd; /* -1 once closed */
    char name[NAME_SIZE];
} maildir_file;

typedef struct maildir {
    mail_sink sink;
    maildir_dirs dirs;
    maildir_file *group; /* GROUP_MAX */
    size_t finished;     /* of the group; the one in work stands behind */
    bool writing;        /* group[finished] was begun */
    unsigned long count; /* messages begun by this sink */
    crlf line_ends;
    size_t buffered;
    char buffer[BUFFER_SIZE + 1];
    char host[65]; /* for names: without "/" and ":" */
} maildir;

static maildir *
of(mail_sink *sink)
{
    return (maildir *)sink;
}

static void
discard(maildir *m, maildir_file *file)
{
    if (file->fd != -1)
        close(file->fd);
    file->fd = -1;
    (void)unlinkat(m->dirs.tmp, file->name, 0);
}

static mail_result
maildir_begin(mail_sink *sink, const mail_key *key, mail_error *error)
{
    maildir *m = of(sink);
    maildir_file *file = &m->group[m->finished];

    if (m->finished == GROUP_MAX)
        return mail_fail(error, MAIL_ERR_BUSY, 0, "too many open messages");
    (void)snprintf(file->name, sizeof(file->name),
                   "%" PRIdMAX ".K%sQ%luP%ld.%s", (intmax_t)time(NULL),
                   key->text, ++m->count, (long)getpid(), m->host);
    file->fd =
        openat(m->dirs.tmp, file->name,
               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file->fd == -1)
        return mail_fail_sys(error, errno, "cannot write into %.200s/tmp",
                             m->dirs.path);
    m->writing = true;
    m->line_ends = (crlf){0};
    m->buffered = 0;
    return MAIL_OK;
}

static mail_result
flush_buffer(maildir *m, mail_error *error)
{
    int fd = m->group[m->finished].fd;
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
        discard(m, &m->group[m->finished]);
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

/* fsync and close, both checked. *ready: so many files from the first are
 * safe on the disk, also when it fails. */
static mail_result
sync_files(maildir *m, size_t *ready, mail_error *error)
{
    for (*ready = 0; *ready < m->finished; ++*ready) {
        maildir_file *file = &m->group[*ready];
        int fd = file->fd;

        if (fsync(fd) == -1)
            return mail_fail_sys(error, errno,
                                 "cannot sync a message in "
                                 "%.200s/tmp",
                                 m->dirs.path);
        file->fd = -1;
        if (close(fd) == -1)
            return mail_fail_sys(error, errno,
                                 "cannot close a message in "
                                 "%.200s/tmp",
                                 m->dirs.path);
    }
    return MAIL_OK;
}

static bool
has_no_links(int sys)
{
    return sys == EPERM || sys == EOPNOTSUPP || sys == ENOSYS ||
           sys == EMLINK || sys == EXDEV;
}

/* link(2) never replaces a file; where it is refused, a rename that does not
 * replace either is tried, and at last a plain one: the name holds the key,
 * the time and the process, so there is nothing to replace. */
static int
move_to_new(const maildir *m, const char *name)
{
    int tmp = m->dirs.tmp;
    int fresh = m->dirs.fresh;

    if (linkat(tmp, name, fresh, name, 0) == 0) {
        (void)unlinkat(tmp, name, 0);
        return 0;
    }
    if (!has_no_links(errno))
        return -1;
    if (renameat2(tmp, name, fresh, name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    return renameat(tmp, name, fresh, name);
}

static mail_result
link_files(maildir *m, size_t ready, size_t *linked, mail_error *error)
{
    for (*linked = 0; *linked < ready; ++*linked) {
        if (move_to_new(m, m->group[*linked].name) == -1)
            return mail_fail_sys(
                error, errno, "cannot deliver into %.200s/new", m->dirs.path);
    }
    return MAIL_OK;
}

static mail_result
maildir_publish(mail_sink *sink, size_t *published, mail_error *error)
{
    maildir *m = of(sink);
    mail_result result;
    mail_result link_result;
    size_t ready;
    size_t linked;
    size_t i;

    maildir_drop(sink);
    result = sync_files(m, &ready, error);
    link_result = link_files(m, ready, &linked, error);
    if (result == MAIL_OK)
        result = link_result;
    *published = linked;
    if (linked > 0 && fsync(m->dirs.fresh) == -1) {
        *published = 0;
        result = mail_fail_sys(error, errno, "cannot sync %.200s/new",
                               m->dirs.path);
    }
    for (i = linked; i < m->finished; i++)
        discard(m, &m->group[i]);
    m->finished = 0;
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

    if (dir == NULL)
        return mail_fail_sys(error, errno, "cannot read %.200s", m->dirs.path);
    while ((entry = readdir(dir)) != NULL) {
        mail_asked *hit = find_asked(entry->d_name, asked, count);

        if (hit == NULL)
            continue;
        if (clean)
            (void)unlinkat(fd, entry->d_name, 0);
        else
            hit->found = true;
    }
    closedir(dir);
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
    return result;
}

static void
maildir_close(mail_sink *sink)
{
    maildir *m = of(sink);
    size_t i;

    maildir_drop(sink);
    for (i = 0; i < m->finished; i++)
        discard(m, &m->group[i]);
    maildir_dirs_close(&m->dirs);
    free(m->sink.name);
    free(m->group);
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

static void
set_host(maildir *m)
{
    char *p;

    if (gethostname(m->host, sizeof(m->host)) == -1 || m->host[0] == '\0')
        memcpy(m->host, "localhost", sizeof("localhost"));
    m->host[sizeof(m->host) - 1] = '\0';
    for (p = m->host; *p != '\0'; p++) {
        if (*p == '/' || *p == ':' || *p < '!' || *p > '~')
            *p = '_';
    }
}

static mail_result
maildir_init(maildir *m, const char *path, bool create, mail_error *error)
{
    mail_result result = maildir_dirs_open(&m->dirs, path, create, error);

    if (result != MAIL_OK)
        return result;
    m->group = calloc(GROUP_MAX + 1, sizeof(*m->group));
    if (m->group == NULL ||
        asprintf(&m->sink.name, "maildir:%s", m->dirs.path) == -1) {
        maildir_dirs_close(&m->dirs);
        free(m->group);
        return mail_fail_nomem(error);
    }
    m->sink.ops = &maildir_ops;
    set_host(m);
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
maildir_open(mail_sink **sink, const char *path, bool create,
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
        result = maildir_init(m, full, create, error);
    free(full);
    if (result == MAIL_OK)
        *sink = &m->sink;
    else
        free(m);
    return result;
}
