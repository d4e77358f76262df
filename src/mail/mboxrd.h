/* SPDX-License-Identifier: MIT */
/*
 * mboxrd - a message becomes an entry of an mbox.
 */
#ifndef MAIL_MBOXRD_H
#define MAIL_MBOXRD_H

#include "mail/writer.h"

typedef struct mboxrd {
    writer *out;
    crlf line_ends;
    bool inside;    /* of a line that is no candidate for a quote (any more) */
    bool open;      /* the line has octets, and no end yet */
    size_t matched; /* octets of "From " that are held back */
} mboxrd;

/* A message begins, delivered at `now_s`, since 1970. The others follow.
 * Return 0 or an errno. */
int mboxrd_begin(mboxrd *m, writer *out, int64_t now_s);
int mboxrd_put(mboxrd *m, const char *data, size_t len);
int mboxrd_end(mboxrd *m);

#endif
