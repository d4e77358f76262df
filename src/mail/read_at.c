/* SPDX-License-Identifier: MIT */
/*
 * read_at - see read_at.h.
 */
#include "mail/read_at.h"

#include <errno.h>
#include <unistd.h>

#include "base/banned.h"

ssize_t
read_at(int fd, char *buffer, size_t size, uint64_t at)
{
    size_t len = 0;

    while (len < size) {
        ssize_t n =
            pread(fd, buffer + len, size - len, (off_t)(at + (uint64_t)len));

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
