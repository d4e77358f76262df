/* SPDX-License-Identifier: MIT */
/*
 * oauth_redirect - the request by which a browser comes back.
 */
#ifndef CLI_OAUTH_REDIRECT_H
#define CLI_OAUTH_REDIRECT_H

#include <stddef.h>

enum {
    OAUTH_CODE_MAX = 4096
};

/* RFC 6749 §4.1.2. "": it was not there. */
typedef struct oauth_redirect {
    char code[OAUTH_CODE_MAX + 1];
    char state[128];
    char error[128];
    char error_description[1024];
} oauth_redirect;

/* Reads the head of a request of HTTP, up to its empty line, that was meant
 * for `host` ("127.0.0.1:8080"). Gives the status to answer with; 200: *out is
 * set, and its state is `state`. Whoever holds *out wipes it. */
int oauth_redirect_read(oauth_redirect *out, const char *head, size_t len,
                        const char *host, const char *state);

#endif
