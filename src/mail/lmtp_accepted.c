/* SPDX-License-Identifier: MIT */
/*
 * lmtp_accepted - a file beside the state, with a line for each recipient that
 * must not get a message twice.
 *
 * It exists only while a message is refused by one recipient and was taken by
 * another. Lines are appended and synced; when a message is done, they go, by
 * a new file in the place of the old one. A line that was cut by a crash
 * matches nothing.
 */
#include "mail/lmtp_accepted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mail/directory.h"
#include "mail/writer.h"

#include "base/banned.h"

enum {
    PIECE = 4096
};

static mail_result
fail_sys(const lmtp_accepted *a, int sys, mail_error *error)
{
    return mail_fail_sys(error, sys, "cannot use %.200s", a->path);
}

mail_result
lmtp_accepted_load(lmtp_accepted *a, mail_error *error)
{
    int fd = a->path == NULL ? -1 : open(a->path, O_RDONLY | O_CLOEXEC);
    mail_result result = MAIL_OK;
    char piece[PIECE];
    ssize_t n;

    bytes_release(&a->list);
    if (fd == -1)
        return a->path == NULL || errno == ENOENT ? MAIL_OK
                                                  : fail_sys(a, errno, error);
    while (result == MAIL_OK && (n = read(fd, piece, sizeof(piece))) != 0) {
        if (n == -1)
            result = fail_sys(a, errno, error);
        else if (!bytes_append(&a->list, piece, (size_t)n))
            result = mail_fail_nomem(error);
    }
    close(fd);
    return result;
}

/* The line at `at`, without its end; its length is returned, *next moves. */
static size_t
line_at(const bytes *list, size_t at, size_t *next)
{
    const char *lf = memchr(bytes_ptr(list) + at, '\n', bytes_len(list) - at);
    size_t end = lf == NULL ? bytes_len(list) : (size_t)(lf - bytes_ptr(list));

    *next = lf == NULL ? end : end + 1;
    return end - at;
}

bool
lmtp_accepted_has(const lmtp_accepted *a, const mail_key *key,
                  const char *recipient)
{
    size_t len = strlen(recipient);
    size_t next;
    size_t at;

    for (at = 0; at < bytes_len(&a->list); at = next) {
        const char *line = bytes_ptr(&a->list) + at;

        if (line_at(&a->list, at, &next) == MAIL_KEY_LEN + 1 + len &&
            memcmp(line, key->text, MAIL_KEY_LEN) == 0 &&
            line[MAIL_KEY_LEN] == ' ' &&
            memcmp(line + MAIL_KEY_LEN + 1, recipient, len) == 0)
            return true;
    }
    return false;
}

static int
sync_name(const lmtp_accepted *a)
{
    mail_error error;
    const char *name;
    int sys = 0;
    int dir;

    if (directory_open_parent(&dir, a->path, &name, &error) != MAIL_OK)
        return error.sys;
    if (fsync(dir) == -1)
        sys = errno;
    close(dir);
    return sys;
}

static int
append_line(const lmtp_accepted *a, const char *line, size_t len)
{
    int fd = open(
        a->path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    int sys;

    if (fd == -1)
        return errno;
    sys = write_all(fd, line, len);
    if (sys == 0 && fsync(fd) == -1)
        sys = errno;
    close(fd);
    return sys == 0 ? sync_name(a) : sys;
}

mail_result
lmtp_accepted_add(lmtp_accepted *a, const mail_key *key, const char *recipient,
                  mail_error *error)
{
    mail_result result = MAIL_OK;
    char *line;
    /* A line that a crash cut ends here. */
    size_t before = bytes_len(&a->list);
    bool cut = before > 0 && bytes_ptr(&a->list)[before - 1] != '\n';
    int len =
        asprintf(&line, "%s%s %s\n", cut ? "\n" : "", key->text, recipient);
    int sys = 0;

    if (len == -1)
        return mail_fail_nomem(error);
    if (a->path != NULL)
        sys = append_line(a, line, (size_t)len);
    if (sys != 0)
        result = fail_sys(a, sys, error);
    else if (!bytes_append(&a->list, line, (size_t)len))
        result = mail_fail_nomem(error);
    free(line);
    return result;
}

/* What cannot be written stays: it names a message that is done. */
static void
rewrite(const lmtp_accepted *a)
{
    char *draft;
    int fd;

    if (bytes_len(&a->list) == 0) {
        (void)unlink(a->path);
        return;
    }
    if (asprintf(&draft, "%s.new", a->path) == -1)
        return;
    fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
              0600);
    if (fd != -1 &&
        write_all(fd, bytes_ptr(&a->list), bytes_len(&a->list)) == 0 &&
        fsync(fd) == 0)
        (void)rename(draft, a->path);
    if (fd != -1)
        close(fd);
    (void)unlink(draft);
    free(draft);
}

void
lmtp_accepted_drop(lmtp_accepted *a, const mail_key *key)
{
    bool any = false;
    size_t at = 0;

    while (at < bytes_len(&a->list)) {
        size_t next;
        size_t len = line_at(&a->list, at, &next);

        if (len >= MAIL_KEY_LEN &&
            memcmp(bytes_ptr(&a->list) + at, key->text, MAIL_KEY_LEN) == 0) {
            bytes_remove(&a->list, at, next - at);
            any = true;
        } else {
            at = next;
        }
    }
    if (any && a->path != NULL)
        rewrite(a);
}

void
lmtp_accepted_clear(lmtp_accepted *a)
{
    bytes_release(&a->list);
    free(a->path);
    a->path = NULL;
}
