/* SPDX-License-Identifier: MIT */
/*
 * reader - see reader.h.
 */
#include "mail/reader.h"

#include <errno.h>
#include <unistd.h>

#include "base/banned.h"

/* `at` is NULL for what has no places, as a pipe. */
static ssize_t
read_some(int fd, char *buffer, size_t size, const uint64_t *at)
{
    size_t len = 0;

    while (len < size) {
        ssize_t n = at == NULL ? read(fd, buffer + len, size - len)
                               : pread(fd, buffer + len, size - len,
                                       (off_t)(*at + (uint64_t)len));

        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -1;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

ssize_t
read_all(int fd, char *buffer, size_t size)
{
    return read_some(fd, buffer, size, NULL);
}

ssize_t
read_at(int fd, char *buffer, size_t size, uint64_t at)
{
    return read_some(fd, buffer, size, &at);
}
