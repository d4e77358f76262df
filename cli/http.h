/* SPDX-License-Identifier: MIT */
/*
 * http - one HTTPS request and its answer, blocking.
 *
 * The server is a stranger: callers bound what they read, and print none of
 * it unless printable() made it so.
 */
#ifndef CLI_HTTP_H
#define CLI_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "mail/mail_error.h"

/* All zero but the URL is a good one: a GET of at most 64 KiB in 30 s. */
typedef struct http_request {
    const char *url;          /* https only */
    const char *body;         /* POST it; NULL: GET */
    const char *content_type; /* of the body */
    const char *accept;       /* NULL: anything */
    const char *ca_file;   /* trust these (PEM), not the system's; or NULL */
    const char *proxy;     /* as --proxy has it, "none" too; NULL: as
                            * HTTPS_PROXY, ALL_PROXY and NO_PROXY say */
    const char *all_proxy; /* in the place of ALL_PROXY, or NULL */
    size_t max_octets;     /* of the answer; 0: 64 KiB */
    unsigned timeout_ms;   /* for all of it; 0: 30 s */
    unsigned redirects;    /* that are followed, to https only; never with
                            * a body */
} http_request;

/* All zero is an empty one. */
typedef struct http_answer {
    long status;        /* 200, 404, … */
    char *body;         /* len octets, and a NUL */
    size_t len;         /* at most max_octets */
    char *content_type; /* as the server said it, or NULL */
} http_answer;

/* Sends and waits. MAIL_OK with any status, also 404 and 500; then *answer is
 * to be cleared. Else nothing of it is set: BUSY if it is worth a later try
 * (network, time), CONFIG if not (certificate, URL, size, no libcurl). */
mail_result http_send(const http_request *request, http_answer *answer,
                      mail_error *error) MAIL_MUST_CHECK;

/* Whether it is a URL that can be asked: https, a host, no user, and nothing
 * that a URL cannot hold. */
bool http_is_url(const char *url);

/* Wipes and frees. */
void http_answer_clear(http_answer *answer);

#endif
