/* SPDX-License-Identifier: MIT */
/*
 * mbox - messages become entries at the end of a file (mboxrd.c).
 *
 * A group is written into a journal first (mbox_journal.c), while the server
 * is slow and nobody has to wait. Publishing locks the mbox, seals the journal
 * with the offset, appends, syncs and unlocks: one pass for a group. If that
 * fails, the mbox is cut to its old length.
 *
 * After a crash the octets at that offset are compared with the journal:
 *
 *   all are there                    the group is delivered
 *   a part, and then the file ends   it is cut to its old length
 *   a part, and then others          another program appended since: entries
 *                                    that are there whole are delivered, and
 *                                    nothing is cut
 *
 * A mail reader that changed what is before or in them by then, moves them
 * from where they are looked for: such a group comes twice. In the last case
 * the piece of an entry stays in the mbox, and its message comes once more.
 */
#include "mail/mbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mail/asked.h"
#include "mail/directory.h"
#include "mail/mbox_file.h"
#include "mail/mbox_journal.h"
#include "mail/mboxrd.h"
#include "mail/reader.h"

#include "base/banned.h"

enum {
    COPY_SIZE = 32768,
    WAIT_MS = 60000 /* for others who have the mbox locked, at most */
};

typedef struct mbox {
    mail_sink sink;
    mbox_file file;
    mbox_journal journal; /* its entries are the group */
    bool create;
    bool writing;   /* a message was begun */
    bool published; /* or recovered: the journal is needed until forget() */
    mail_key key;   /* of that message */
    writer out;
    mboxrd format;
} mbox;

static mbox *
of(mail_sink *sink)
{
    return (mbox *)sink;
}

static mail_result
fail_journal_to(const char *verb, const mbox *m, int sys, mail_error *error)
{
    const char *path = m->journal.path;

    return mail_fail_sys(error, sys, "cannot %s %.200s", verb,
                         path == NULL ? "a temporary file" : path);
}

static mail_result
fail_journal(const mbox *m, int sys, mail_error *error)
{
    return fail_journal_to("write", m, sys, error);
}

static mail_result
mbox_begin(mail_sink *sink, const mail_key *key, mail_error *error)
{
    mbox *m = of(sink);
    mail_result result = MAIL_OK;
    int sys;

    if (m->journal.count == MBOX_JOURNAL_MAX)
        return mail_fail(error, MAIL_ERR_BUSY, 0, "too many messages");
    if (m->journal.count == 0) {
        m->published = false;
        result = mbox_journal_start(&m->journal, error);
    }
    if (result != MAIL_OK)
        return result;
    m->key = *key;
    m->writing = true;
    writer_start(&m->out, m->journal.fd, true);
    sys = mboxrd_begin(&m->format, &m->out, (int64_t)time(NULL));
    return sys == 0 ? MAIL_OK : fail_journal(m, sys, error);
}

static mail_result
mbox_write(mail_sink *sink, pop3_span part, mail_error *error)
{
    mbox *m = of(sink);
    int sys = mboxrd_put(&m->format, part.ptr, part.len);

    return sys == 0 ? MAIL_OK : fail_journal(m, sys, error);
}

/* What cannot be taken back is overwritten by the next message, or stands
 * behind the last entry, where nobody looks. */
static void
mbox_drop(mail_sink *sink)
{
    mbox *m = of(sink);
    mail_error error;

    if (m->writing)
        (void)!mbox_journal_rewind(&m->journal, &error);
    m->writing = false;
}

static mail_result
mbox_finish(mail_sink *sink, mail_error *error)
{
    mbox *m = of(sink);
    mbox_journal *j = &m->journal;
    uint64_t start = mbox_journal_octets(j);
    int sys = mboxrd_end(&m->format);

    if (sys == 0)
        sys = writer_end(&m->out);
    if (sys != 0) {
        mbox_drop(sink);
        return fail_journal(m, sys, error);
    }
    m->writing = false;
    j->entries[j->count++] = (mbox_entry){m->key, start + m->out.octets};
    return MAIL_OK;
}

/* *written: octets that reached the mbox, also when it fails. */
static mail_result
append(mbox *m, uint64_t *written, mail_error *error)
{
    const uint64_t all = mbox_journal_octets(&m->journal);
    char buffer[COPY_SIZE];
    uint64_t at = 0;
    int sys = write_all(m->file.fd, "\n\n", m->journal.gap);

    *written = sys == 0 ? m->journal.gap : 0;
    while (sys == 0 && at < all) {
        ssize_t n = mbox_journal_read(&m->journal, at, buffer, sizeof(buffer));

        if (n <= 0)
            return fail_journal_to("read", m, n == 0 ? EIO : errno, error);
        sys = write_all(m->file.fd, buffer, (size_t)n);
        at += (uint64_t)n;
        *written += sys == 0 ? (uint64_t)n : 0;
    }
    if (sys != 0)
        return mail_fail_sys(error, sys, "cannot write into %.200s",
                             m->file.path);
    return mbox_file_sync(&m->file, error);
}

/* *same: octets that are the same from the old length on. *ends: nothing else
 * is behind it. Nobody knows what could not be read: that is an error. */
static mail_result compare(const mbox *m, uint64_t size, uint64_t *same,
                           bool *ends, mail_error *error) MAIL_MUST_CHECK;

/* Nobody else may have written while we had the lock; who did so all the same
 * is not cut off. */
static void
take_back(mbox *m)
{
    struct stat st;
    mail_error error;
    uint64_t same;
    bool ends;

    if (fstat(m->file.fd, &st) == 0 &&
        compare(m, (uint64_t)st.st_size, &same, &ends, &error) == MAIL_OK &&
        ends && same > 0)
        (void)!mbox_file_cut(&m->file, m->journal.offset, &error);
}

static mail_result
append_or_take_back(mbox *m, mail_error *error)
{
    uint64_t written;
    mail_result result = append(m, &written, error);

    if (result != MAIL_OK)
        take_back(m);
    return result;
}

static mail_result
publish_group(mbox *m, mail_error *error)
{
    mbox_journal *j = &m->journal;
    mail_result result =
        mbox_file_lock(&m->file, m->create, &j->offset, error);

    if (result != MAIL_OK)
        return result;
    m->published = true;
    result = mbox_file_gap(&m->file, j->offset, &j->gap, error);
    if (result == MAIL_OK)
        result = mbox_journal_seal(j, error);
    if (result == MAIL_OK)
        result = append_or_take_back(m, error);
    mbox_file_unlock(&m->file);
    return result;
}

static mail_result
mbox_publish(mail_sink *sink, mail_settled *settled, void *ctx,
             mail_error *error)
{
    mbox *m = of(sink);
    mail_result result = MAIL_OK;
    size_t count;
    size_t i;

    mbox_drop(sink);
    count = m->journal.count;
    if (count > 0)
        result = publish_group(m, error);
    m->journal.count = 0;
    for (i = 0; i < count; i++)
        settled(ctx, result == MAIL_OK ? MAIL_DONE : MAIL_UNKNOWN, NULL);
    return result;
}

/* ---- after a crash ---- */

/* Octets at `at`, counted from the old length: the gap, and the entries. */
static ssize_t
read_ours(const mbox_journal *j, uint64_t at, char *buffer, size_t size)
{
    if (at >= j->gap)
        return mbox_journal_read(j, at - j->gap, buffer, size);
    buffer[0] = '\n';
    return 1;
}

static uint64_t
common(const char *a, const char *b, size_t len)
{
    size_t i = 0;

    while (i < len && a[i] == b[i])
        i++;
    return i;
}

/* One piece more; *more: it was the same to its end. */
static mail_result
compare_piece(const mbox *m, uint64_t *same, bool *more, mail_error *error)
{
    char ours[COPY_SIZE] = "";
    char theirs[COPY_SIZE] = "";
    ssize_t want = read_ours(&m->journal, *same, ours, sizeof(ours));
    ssize_t got;
    uint64_t equal;

    if (want <= 0)
        return fail_journal_to("read", m, want == 0 ? EIO : errno, error);
    got = read_at(m->file.fd, theirs, (size_t)want, m->journal.offset + *same);
    if (got == -1)
        return mail_fail_sys(error, errno, "cannot read %.200s", m->file.path);
    equal = common(ours, theirs, (size_t)got);
    *same += equal;
    *more = got > 0 && equal == (uint64_t)got;
    return MAIL_OK;
}

static mail_result
compare(const mbox *m, uint64_t size, uint64_t *same, bool *ends,
        mail_error *error)
{
    const mbox_journal *j = &m->journal;
    const uint64_t all = j->gap + mbox_journal_octets(j);
    mail_result result = MAIL_OK;
    bool more = size >= j->offset;

    *same = 0;
    while (result == MAIL_OK && more && *same < all &&
           j->offset + *same < size)
        result = compare_piece(m, same, &more, error);
    *ends = result == MAIL_OK && j->offset + *same == size;
    return result;
}

/* Marks those that lie within the first octets. */
static bool
mark_whole(const mbox *m, uint64_t same, mail_asked *asked, size_t count)
{
    const mbox_journal *j = &m->journal;
    bool any = false;
    size_t i;

    for (i = 0; i < j->count; i++) {
        mail_asked *hit = asked_find(asked, count, j->entries[i].key.text);

        if (hit == NULL || j->gap + j->entries[i].end > same)
            continue;
        hit->found = true;
        any = true;
    }
    return any;
}

static mail_result
recover_locked(mbox *m, uint64_t size, mail_asked *asked, size_t count,
               mail_error *error)
{
    const uint64_t all = m->journal.gap + mbox_journal_octets(&m->journal);
    uint64_t same;
    bool ends;
    mail_result result = compare(m, size, &same, &ends, error);

    if (result != MAIL_OK)
        return result;
    if (ends && same > 0 && same < all)
        return mbox_file_cut(&m->file, m->journal.offset, error);
    return mark_whole(m, same, asked, count) ? mbox_file_sync(&m->file, error)
                                             : MAIL_OK;
}

static bool
is_about(const mbox_journal *j, mail_asked *asked, size_t count)
{
    size_t i = 0;

    while (i < j->count &&
           asked_find(asked, count, j->entries[i].key.text) == NULL)
        i++;
    return i < j->count;
}

static mail_result
mbox_recover(mail_sink *sink, mail_asked *asked, size_t count,
             mail_error *error)
{
    mbox *m = of(sink);
    mail_result result = MAIL_OK;
    bool found = false;
    uint64_t size;

    asked_sort(asked, count);
    m->published = true;
    if (count > 0)
        result = mbox_journal_load(&m->journal, &found, error);
    if (!found)
        return result;
    if (is_about(&m->journal, asked, count)) {
        result = mbox_file_lock(&m->file, false, &size, error);
        if (result == MAIL_OK)
            result = recover_locked(m, size, asked, count, error);
        else if (error->sys == ENOENT) /* nothing is there, so nothing of it */
            result = MAIL_OK;
        mbox_file_unlock(&m->file);
    }
    m->journal.count = 0;
    return result;
}

static void
mbox_forget(mail_sink *sink)
{
    mbox *m = of(sink);

    m->published = false;
    mbox_journal_remove(&m->journal);
}

static void
release(mbox *m)
{
    mbox_file_clear(&m->file);
    free(m->journal.path);
    free(m->sink.name);
    free(m);
}

static void
mbox_close(mail_sink *sink)
{
    mbox *m = of(sink);

    if (m->published)
        mbox_journal_close(&m->journal);
    else if (m->journal.fd != -1)
        mbox_journal_remove(&m->journal);
    release(m);
}

static const mail_sink_ops mbox_ops = {
    .begin = mbox_begin,
    .write = mbox_write,
    .finish = mbox_finish,
    .drop = mbox_drop,
    .publish = mbox_publish,
    .recover = mbox_recover,
    .forget = mbox_forget,
    .close = mbox_close,
};

static mail_result
mbox_init(mbox *m, const char *path, const sink_setup *setup,
          mail_error *error)
{
    long wait_ms = setup->timeout_ms > 0 && setup->timeout_ms < WAIT_MS
                       ? (long)setup->timeout_ms
                       : WAIT_MS;
    mail_result result =
        mbox_file_init(&m->file, path, setup->create, wait_ms, error);

    if (result != MAIL_OK)
        return result;
    m->sink.ops = &mbox_ops;
    m->sink.group_max = MBOX_JOURNAL_MAX;
    m->create = setup->create;
    if (asprintf(&m->sink.name, "mbox:%s", m->file.path) == -1) {
        m->sink.name = NULL;
        return mail_fail_nomem(error);
    }
    if (setup->scratch != NULL &&
        asprintf(&m->journal.path, "%s.mbox", setup->scratch) == -1) {
        m->journal.path = NULL;
        return mail_fail_nomem(error);
    }
    return MAIL_OK;
}

mail_result
mbox_open(mail_sink **sink, const char *path, const sink_setup *setup,
          mail_error *error)
{
    char *full = directory_expand(path);
    mbox *m = calloc(1, sizeof(*m));
    mail_result result;

    if (full == NULL || m == NULL) {
        free(full);
        free(m);
        return mail_fail_nomem(error);
    }
    m->journal.fd = -1;
    result = mbox_init(m, full, setup, error);
    free(full);
    if (result == MAIL_OK)
        *sink = &m->sink;
    else
        release(m);
    return result;
}
