/* SPDX-License-Identifier: MIT */
/*
 * writer - a buffer before write(2), which changes line ends on the way.
 *
 * A write that takes nothing is a full disk: there is no other way to tell.
 */
#include "mail/writer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

int
write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? ENOSPC : errno;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

static int
flush_buffer(writer *w)
{
    int sys = write_all(w->fd, w->buffer, w->buffered);

    if (sys != 0)
        return sys;
    w->octets += w->buffered;
    w->buffered = 0;
    return 0;
}

void
writer_start(writer *w, int fd, bool as_sent)
{
    w->fd = fd;
    w->as_sent = as_sent;
    w->octets = 0;
    w->line_ends = crlf_start(NULL);
    w->buffered = 0;
}

static size_t
take(writer *w, const char *data, size_t len)
{
    char *out = w->buffer + w->buffered;

    if (!w->as_sent)
        /* A CR that waits may come out too: there is room for it. */
        return crlf_to_lf(&w->line_ends, data, len, out);
    memcpy(out, data, len);
    return len;
}

int
writer_put(writer *w, const char *data, size_t len)
{
    while (len > 0) {
        size_t room = WRITER_SIZE - w->buffered;
        size_t part = len < room ? len : room;

        w->buffered += take(w, data, part);
        data += part;
        len -= part;
        if (w->buffered >= WRITER_SIZE) {
            int sys = flush_buffer(w);

            if (sys != 0)
                return sys;
        }
    }
    return 0;
}

int
writer_end(writer *w)
{
    w->buffered += crlf_finish(&w->line_ends, w->buffer + w->buffered);
    return flush_buffer(w);
}
