/* SPDX-License-Identifier: MIT */
/*
 * reader - as many octets as are wanted, however few come at once.
 */
#ifndef MAIL_READER_H
#define MAIL_READER_H

#include <stdint.h>
#include <sys/types.h>

/* Return how many there are: `size`, or fewer only where it ends. -1: errno.
 */

/* Of a file, a pipe or a socket, from where it stands. */
ssize_t read_all(int fd, char *buffer, size_t size);
/* Of a file, from a place in it. */
ssize_t read_at(int fd, char *buffer, size_t size, uint64_t at);

#endif
