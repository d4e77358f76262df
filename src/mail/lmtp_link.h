/* SPDX-License-Identifier: MIT */
/*
 * lmtp_link - octets and lines to and from an LMTP server, with patience that
 * ends.
 */
#ifndef MAIL_LMTP_LINK_H
#define MAIL_LMTP_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pop3/transport.h>

#include "mail/lmtp_where.h"
#include "net/tls.h"

enum {
    LMTP_LINE_MAX = 4096
};

typedef struct lmtp_link {
    const lmtp_where *where;
    uint64_t timeout_ms; /* without any octet */
    int64_t until_ms;    /* clock_ms() when all patience is over */
    bool open;
    pop3_transport transport;
    tls_config *tls;
    char in[LMTP_LINE_MAX]; /* received, and not taken yet */
    size_t in_len;
} lmtp_link;

/* How long all that follows may take. */
void lmtp_link_allow(lmtp_link *l, uint64_t ms);

/* All that fails closes the link, and is BUSY; CONFIG: a certificate, a path.
 */
mail_result lmtp_link_open(lmtp_link *l, mail_error *error) MAIL_MUST_CHECK;
/* Turns to TLS. Octets that came before it are an error (R1). */
mail_result lmtp_link_start_tls(lmtp_link *l,
                                mail_error *error) MAIL_MUST_CHECK;
/* Nothing is owed: what is there to be read belongs to no question, and is an
 * error (R21). */
mail_result lmtp_link_expect_silence(lmtp_link *l,
                                     mail_error *error) MAIL_MUST_CHECK;
mail_result lmtp_link_send(lmtp_link *l, const char *data, size_t len,
                           mail_error *error) MAIL_MUST_CHECK;
/* One line without its end, NUL-terminated. */
mail_result lmtp_link_line(lmtp_link *l, char line[LMTP_LINE_MAX + 1],
                           mail_error *error) MAIL_MUST_CHECK;
void lmtp_link_close(lmtp_link *l);

#endif
