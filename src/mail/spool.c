/* SPDX-License-Identifier: MIT */
/*
 * spool - temporary files that nobody else can see.
 *
 * A receiver that gets a message while it comes from the server would have a
 * part of one when the connection breaks, and could not be told. So sinks that
 * hand messages over keep each here first. The file is in TMPDIR or /var/tmp,
 * which may be large; O_TMPFILE, or an unlinked one where that is missing. It
 * is new for each message: whoever still holds an old one sees no other mail.
 */
#include "mail/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

static const char *
place(void)
{
    const char *named = getenv("TMPDIR");

    if (named != NULL && named[0] == '/')
        return named;
    return access("/var/tmp", W_OK) == 0 ? "/var/tmp" : "/tmp";
}

static int
make_unlinked(const char *dir)
{
    char path[4096];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/pop3-XXXXXX", dir);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd != -1)
        (void)unlink(path);
    return fd;
}

mail_result
spool_make(int *fd, mail_error *error)
{
    const char *dir = place();

    *fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*fd == -1 && (errno == EOPNOTSUPP || errno == EISDIR ||
                      errno == EINVAL || errno == ENOENT))
        *fd = make_unlinked(dir);
    if (*fd == -1)
        return mail_fail_sys(error, errno,
                             "cannot make a temporary file in %.200s", dir);
    return MAIL_OK;
}

static mail_result
fail_write(int sys, mail_error *error)
{
    return mail_fail_sys(error, sys, "cannot write a temporary file in %.200s",
                         place());
}

mail_result
spool_begin(spool *s, bool as_sent, mail_error *error)
{
    mail_result result = spool_make(&s->fd, error);

    if (result != MAIL_OK)
        return result;
    s->eight_bit = false;
    writer_start(&s->out, s->fd, as_sent);
    return MAIL_OK;
}

static bool
has_eight_bit(const char *p, size_t len)
{
    unsigned char all = 0;

    for (size_t i = 0; i < len; i++)
        all |= (unsigned char)p[i];
    return all > 127;
}

mail_result
spool_put(spool *s, pop3_span part, mail_error *error)
{
    int sys = writer_put(&s->out, part.ptr, part.len);

    s->eight_bit = s->eight_bit || has_eight_bit(part.ptr, part.len);
    return sys == 0 ? MAIL_OK : fail_write(sys, error);
}

mail_result
spool_end(spool *s, mail_error *error)
{
    int sys = writer_end(&s->out);

    if (sys == 0 && lseek(s->fd, 0, SEEK_SET) == -1)
        sys = errno;
    return sys == 0 ? MAIL_OK : fail_write(sys, error);
}

void
spool_close(spool *s)
{
    if (s->fd != -1)
        close(s->fd);
    s->fd = -1;
}
