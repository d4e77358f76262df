/* SPDX-License-Identifier: MIT */
/*
 * lmtp_where - "lmtp://host:24?tls=none" becomes a place to connect to.
 */
#ifndef MAIL_LMTP_WHERE_H
#define MAIL_LMTP_WHERE_H

#include <stdbool.h>

#include "mail/mail_error.h"

typedef enum lmtp_tls {
    LMTP_TLS_NONE,
    LMTP_TLS_STARTTLS, /* required */
    LMTP_TLS_IMPLICIT
} lmtp_tls;

typedef struct lmtp_where {
    char path[108]; /* of a socket; "": a host */
    char host[256];
    char port[16];
    char ca_file[512]; /* "": the system's */
    lmtp_tls tls;
} lmtp_where;

/* rest: what follows "lmtp:" or, with `implicit`, "lmtps:". */
mail_result lmtp_where_parse(lmtp_where *where, const char *rest,
                             bool implicit, mail_error *error) MAIL_MUST_CHECK;

#endif
