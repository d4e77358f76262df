/* SPDX-License-Identifier: MIT */
/*
 * spool - a message waits in a file without a name until it is complete.
 */
#ifndef MAIL_SPOOL_H
#define MAIL_SPOOL_H

#include <pop3.h>

#include "mail/mail_error.h"
#include "mail/writer.h"

typedef struct spool {
    int fd;         /* -1: there is no message */
    bool eight_bit; /* an octet over 127 is in it */
    writer out;
} spool;

/* A descriptor of a new file that goes with it. */
mail_result spool_make(int *fd, mail_error *error) MAIL_MUST_CHECK;

mail_result spool_begin(spool *s, bool as_sent,
                        mail_error *error) MAIL_MUST_CHECK;
mail_result spool_put(spool *s, pop3_span part,
                      mail_error *error) MAIL_MUST_CHECK;
/* It is complete: s->fd stands at its start, s->out.octets is its length. */
mail_result spool_end(spool *s, mail_error *error) MAIL_MUST_CHECK;
/* Drops it; none: no-op. */
void spool_close(spool *s);

#endif
