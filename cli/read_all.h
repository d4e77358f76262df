/* SPDX-License-Identifier: MIT */
/*
 * read_all - a small file, a pipe or a socket, up to its end.
 */
#ifndef CLI_READ_ALL_H
#define CLI_READ_ALL_H

#include <sys/types.h>

/* At most `size` octets, however few read(2) gives at once. -1: errno. */
ssize_t read_all(int fd, char *buffer, size_t size);

#endif
