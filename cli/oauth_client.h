/* SPDX-License-Identifier: MIT */
/*
 * oauth_client - one account at one provider, and questions to it.
 */
#ifndef CLI_OAUTH_CLIENT_H
#define CLI_OAUTH_CLIENT_H

#include "base/bytes.h"
#include "cli/oauth_provider.h"
#include "cli/oauth_reply.h"
#include "cli/password.h"
#include "mail/mail_error.h"

typedef struct oauth_client {
    const options *opt;
    const char *account; /* "user@host": names what is stored */
    const char *user;    /* as the POP3 server knows it */
    const char *proxy;   /* for http_request; so is the next one */
    const char *all_proxy;
    oauth_provider at;
    password secret; /* source->text NULL: there is none */
    password first;  /* refresh token; the same */
    bool refused;    /* the provider said no, for good */
} oauth_client;

/* Strings stay valid. What is wrong is reported, and the exit status tells.
 * To be closed in any case. */
exit_status oauth_client_open(oauth_client *c, const options *opt,
                              const char *account, const char *user,
                              const char *proxy);
void oauth_client_close(oauth_client *c);

/* Fetches the client's secret, which a command may have to print, ahead of the
 * first question. */
mail_result oauth_client_ready(oauth_client *c,
                               mail_error *error) MAIL_MUST_CHECK;

/* Appends "name=value" to a form, or "&" and that, all encoded; nothing if the
 * value is NULL. False when memory is short. */
bool oauth_add(bytes *form, const char *name, const char *value);

/* Posts the form, with the id of the client and its secret. MAIL_OK: *reply is
 * what the server said, which may be an error; it is to be cleared in any
 * case. */
mail_result oauth_ask(oauth_client *c, const char *url, bytes *form,
                      oauth_reply *reply, mail_error *error) MAIL_MUST_CHECK;

/* The same for something that answers by its status alone. */
mail_result oauth_tell(oauth_client *c, const char *url, bytes *form,
                       mail_error *error) MAIL_MUST_CHECK;

/* Fails with the error of a reply in words. */
mail_result oauth_fail(oauth_client *c, const oauth_reply *reply,
                       mail_error *error);

/* The exit status that an error of this client leads to. */
exit_status oauth_status(const oauth_client *c, const mail_error *error);

#endif
