/* SPDX-License-Identifier: MIT */
/*
 * read_at - octets of a file, from a place in it.
 */
#ifndef MAIL_READ_AT_H
#define MAIL_READ_AT_H

#include <stdint.h>
#include <sys/types.h>

/* `size` of them, however few pread(2) gives at once; fewer only where the
 * file ends. -1: errno. */
ssize_t read_at(int fd, char *buffer, size_t size, uint64_t at);

#endif
