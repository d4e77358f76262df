/* SPDX-License-Identifier: MIT */
/*
 * read_all - see read_all.h.
 */
#include "cli/read_all.h"

#include <errno.h>
#include <unistd.h>

#include "base/banned.h"

ssize_t
read_all(int fd, char *buffer, size_t size)
{
    size_t len = 0;

    while (len < size) {
        ssize_t n = read(fd, buffer + len, size - len);

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
