/* SPDX-License-Identifier: MIT */
/*
 * mbox_journal - a file beside the state, for one group of messages.
 *
 *     pop3-mbox 1 OFFSET GAP COUNT LF
 *     KEY END LF                         for each entry
 *     zeros up to HEADER_SIZE
 *     the entries, as the mbox will have them
 *
 * The entries are written first, then the header, then fsync(2): as long as
 * the mbox has nothing of them, nothing depends on it. After a crash it tells
 * octet for octet what is ours in the mbox, so that nothing else is ever cut
 * off. There is one for each account, whose lock its owner holds. It goes once
 * the memory knows what became of the messages; a lost one costs a second copy
 * of messages that were in flight.
 */
#include "mail/mbox_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mail/directory.h"
#include "mail/reader.h"
#include "mail/spool.h"
#include "mail/writer.h"

#include "base/banned.h"

enum {
    HEADER_SIZE = 1 << 16 /* 54 octets an entry, at most */
};

static const char magic[] = "pop3-mbox 1 ";

static mail_result
fail_sys(const mbox_journal *j, mail_error *error)
{
    return mail_fail_sys(error, errno, "cannot write %.200s",
                         j->path == NULL ? "a temporary file" : j->path);
}

static mail_result
sync_name(const mbox_journal *j, mail_error *error)
{
    const char *name;
    int dir;
    mail_result result = directory_open_parent(&dir, j->path, &name, error);

    if (result != MAIL_OK)
        return result;
    if (fsync(dir) == -1)
        result = fail_sys(j, error);
    close(dir);
    return result;
}

static mail_result
make(mbox_journal *j, mail_error *error)
{
    if (j->path == NULL)
        return spool_make(&j->fd, error);
    j->fd = open(j->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    return j->fd == -1 ? fail_sys(j, error) : sync_name(j, error);
}

uint64_t
mbox_journal_octets(const mbox_journal *j)
{
    return j->count == 0 ? 0 : j->entries[j->count - 1].end;
}

mail_result
mbox_journal_rewind(mbox_journal *j, mail_error *error)
{
    off_t end = HEADER_SIZE + (off_t)mbox_journal_octets(j);

    if (ftruncate(j->fd, end) == -1 || lseek(j->fd, end, SEEK_SET) == -1)
        return fail_sys(j, error);
    return MAIL_OK;
}

mail_result
mbox_journal_start(mbox_journal *j, mail_error *error)
{
    mail_result result = j->fd == -1 ? make(j, error) : MAIL_OK;

    j->count = 0;
    if (result == MAIL_OK && ftruncate(j->fd, 0) == -1)
        result = fail_sys(j, error);
    if (result == MAIL_OK)
        result = mbox_journal_rewind(j, error);
    return result;
}

static size_t
write_header(const mbox_journal *j, char *text, size_t size)
{
    size_t len = (size_t)snprintf(text, size, "%s%" PRIu64 " %u %zu\n", magic,
                                  j->offset, j->gap, j->count);
    size_t i;

    for (i = 0; i < j->count; i++)
        len += (size_t)snprintf(text + len, size - len, "%s %" PRIu64 "\n",
                                j->entries[i].key.text, j->entries[i].end);
    return len;
}

mail_result
mbox_journal_seal(mbox_journal *j, mail_error *error)
{
    char *text = calloc(1, HEADER_SIZE);
    size_t len;
    int sys;

    if (text == NULL)
        return mail_fail_nomem(error);
    len = write_header(j, text, HEADER_SIZE);
    sys =
        lseek(j->fd, 0, SEEK_SET) == -1 ? errno : write_all(j->fd, text, len);
    if (sys == 0 && fsync(j->fd) == -1)
        sys = errno;
    free(text);
    errno = sys;
    return sys == 0 ? MAIL_OK : fail_sys(j, error);
}

/* A number and the octet behind it. */
static const char *
take_number(const char *p, char behind, uint64_t *number)
{
    char *end;

    if (p == NULL || *p < '0' || *p > '9')
        return NULL;
    errno = 0;
    *number = strtoull(p, &end, 10);
    return errno == 0 && *end == behind ? end + 1 : NULL;
}

static const char *
take_entry(const char *p, uint64_t before, mbox_entry *entry)
{
    if (!mail_key_at(p) || p[MAIL_KEY_LEN] != ' ')
        return NULL;
    memcpy(entry->key.text, p, MAIL_KEY_LEN);
    entry->key.text[MAIL_KEY_LEN] = '\0';
    p = take_number(p + MAIL_KEY_LEN + 1, '\n', &entry->end);
    return p != NULL && entry->end > before ? p : NULL;
}

static bool
read_header(mbox_journal *j, const char *p)
{
    uint64_t before = 0;
    uint64_t count;
    uint64_t gap;

    if (strncmp(p, magic, sizeof(magic) - 1) != 0)
        return false;
    p = take_number(p + sizeof(magic) - 1, ' ', &j->offset);
    p = take_number(p, ' ', &gap);
    p = take_number(p, '\n', &count);
    if (p == NULL || gap > 2 || count == 0 || count > MBOX_JOURNAL_MAX ||
        j->offset > INT64_MAX / 2)
        return false;
    j->gap = (unsigned)gap;
    for (j->count = 0; j->count < count; j->count++) {
        p = take_entry(p, before, &j->entries[j->count]);
        if (p == NULL)
            return false;
        before = j->entries[j->count].end;
    }
    return before < INT64_MAX / 4;
}

static mail_result
fail_read(const mbox_journal *j, mail_error *error)
{
    return mail_fail_sys(error, errno, "cannot read %.200s", j->path);
}

static mail_result
load_opened(mbox_journal *j, char *text, bool *found, mail_error *error)
{
    struct stat st;
    ssize_t n;

    if (fstat(j->fd, &st) == -1)
        return fail_read(j, error);
    n = read_at(j->fd, text, HEADER_SIZE, 0);
    if (n == -1)
        return fail_read(j, error);
    *found = n == HEADER_SIZE && read_header(j, text) &&
             (uint64_t)st.st_size >= HEADER_SIZE + mbox_journal_octets(j);
    if (!*found)
        j->count = 0;
    return MAIL_OK;
}

mail_result
mbox_journal_load(mbox_journal *j, bool *found, mail_error *error)
{
    mail_result result;
    char *text;

    mbox_journal_close(j);
    j->count = 0;
    *found = false;
    if (j->path == NULL)
        return MAIL_OK;
    j->fd = open(j->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (j->fd == -1)
        return errno == ENOENT ? MAIL_OK : fail_read(j, error);
    text = calloc(1, HEADER_SIZE + 1);
    if (text == NULL)
        return mail_fail_nomem(error);
    result = load_opened(j, text, found, error);
    free(text);
    return result;
}

ssize_t
mbox_journal_read(const mbox_journal *j, uint64_t at, char *buffer,
                  size_t size)
{
    uint64_t left = mbox_journal_octets(j) - at;

    return read_at(j->fd, buffer, left < size ? (size_t)left : size,
                   HEADER_SIZE + at);
}

void
mbox_journal_remove(mbox_journal *j)
{
    if (j->path != NULL)
        (void)unlink(j->path);
    mbox_journal_close(j);
}

void
mbox_journal_close(mbox_journal *j)
{
    if (j->fd != -1)
        close(j->fd);
    j->fd = -1;
}
