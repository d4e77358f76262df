/* SPDX-License-Identifier: MIT */
/*
 * writer - the octets of a message go to a file, many at a time.
 */
#ifndef MAIL_WRITER_H
#define MAIL_WRITER_H

#include <stdint.h>

#include "mail/crlf.h"

enum {
    WRITER_SIZE = 65536
};

typedef struct writer {
    int fd;          /* not owned */
    bool as_sent;    /* else CRLF becomes LF */
    uint64_t octets; /* that were given to the file */
    crlf line_ends;
    size_t buffered;
    char buffer[WRITER_SIZE + 1];
} writer;

/* A message begins. */
void writer_start(writer *w, int fd, bool as_sent);

/* Return 0 or an errno. */
int writer_put(writer *w, const char *data, size_t len);
/* The message is complete: the file has all of it. */
int writer_end(writer *w);

/* All octets, whatever write(2) takes at once. Returns 0 or an errno. */
int write_all(int fd, const char *data, size_t len);

#endif
