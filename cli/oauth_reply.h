/* SPDX-License-Identifier: MIT */
/*
 * oauth_reply - what a server of OAuth 2 answers, in JSON.
 */
#ifndef CLI_OAUTH_REPLY_H
#define CLI_OAUTH_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 6749 §5.1 and §5.2, RFC 8628 §3.2. NULL, and 0: it was not there. What
 * is called a token, a code or a URL is visible ASCII; other texts are a
 * stranger's and have to be made printable. */
typedef struct oauth_reply {
    char *access_token;
    char *refresh_token;
    char *token_type;
    char *scope;
    char *error;
    char *error_description;
    char *device_code;
    char *user_code;
    char *verification_uri;
    char *verification_uri_complete;
    uint64_t expires_in; /* seconds, at most ten years */
    uint64_t interval;   /* seconds, the same */
} oauth_reply;

/* Reads an answer. False: *why tells what is wrong with it, and *reply is
 * empty. To be cleared in any case. */
bool oauth_reply_parse(oauth_reply *reply, const char *body, size_t len,
                       const char **why);

/* Wipes and frees. */
void oauth_reply_clear(oauth_reply *reply);

/* The same for a string of its kind; NULL is allowed. Leaves NULL. */
void oauth_wipe(char **text);

/* Lets jansson wipe what it frees: to be called before its first use. */
void oauth_json_wipes(void);

#endif
