/* SPDX-License-Identifier: MIT */
/*
 * session - from a URL to a server that is logged in, for all commands.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <pop3.h>
#include <pop3/resolver.h>

#include "cli/exit_status.h"
#include "cli/options.h"
#include "cli/password.h"
#include "cli/proxy_choice.h"
#include "cli/url.h"
#include "mail/mail_error.h"
#include "mail/maildrop.h"

/* Of OAuth 2: see session_token.h. */
typedef struct session_token {
    password source; /* its own source is NULL before the first use */
    secret value;
    char *refusal;      /* what the server said of one */
    bool failed;        /* there was none to be had */
    exit_status status; /* of that */
    char why[640];      /* the same; "" if it was reported */
} session_token;

typedef struct session {
    const options *opt;
    url where;
    char account[520]; /* "user@host": names it in texts and in keyrings */
    char mailbox[540]; /* names it in the state: the same, and ":port" if
                        * that is not one of POP3's */
    char checked[256]; /* the name in the certificate, if the server was found
                        * and vouched for by it; else "" */
    pop3_resolver resolver; /* by --dns-server */
    bool lock_step;         /* no pipelining, as it went wrong before */
    bool reopened;          /* there was a session before, in this run */
    bool capa_due;          /* logged in, and CAPA was not asked since */
    pop3_client *client;
    password password;
    password passphrase; /* of the key of the client certificate */
    session_token token;
    proxy_choice proxy;
    exit_status status; /* of the first thing that went wrong */
    char why[1024];     /* in words; "" if nothing did */
} session;

/* Understands the URL and asks for what it lacks; connects nothing, but looks
 * for the server of opt->address if the URL is NULL. False: a message was
 * printed; s->status tells. Call session_close() in any case. */
bool session_prepare(session *s, const options *opt, const char *url_text);

/* Connects, with TLS as asked for, and logs in. As session_prepare(). */
bool session_open(session *s);

/* The same in parts, for those who look at each. The first is as
 * session_prepare(); then no message is printed, but by the last, which says
 * what the two before it failed at, and returns false. */
bool session_ready(session *s);
void session_warn_insecure(const session *s); /* session_ready() does so */
pop3_result session_connect(session *s, bool no_capa) POP3_MUST_CHECK;
pop3_result session_login(session *s) POP3_MUST_CHECK;
bool session_fail_login(session *s, bool opened);

/* Reads UIDL and LIST, and STAT before them unless `stat` is NULL (a count of
 * UINT64_MAX means that it is not known), in one turn where that may be. A
 * server whose answers to that are out of step is asked again, one by one, on
 * a new connection. The maildrop is to be cleared in any case. As
 * session_prepare(). */
bool session_list(session *s, pop3_stat *stat, maildrop *drop);

/* The same, and STAT alone, with QUIT in the same turn: nothing was marked for
 * deletion, so its answer tells nothing that matters. */
bool session_list_and_quit(session *s, maildrop *drop);
bool session_stat_and_quit(session *s, pop3_stat *stat);

/* Asks for the capabilities if what comes next may be pipelined by them. As
 * session_prepare(). */
bool session_capa(session *s);

/* What the server announced; NULL: that is not known. */
const pop3_capa *session_capabilities(const session *s);

/* Whether a result may come from pipelining that a server announces and does
 * not bear (server-quirks 27). */
bool session_broke_pipeline(const session *s, pop3_result result);

/* Whether it begins as a status line does: where a row or a message is due,
 * the answers are out of step. */
bool session_is_reply(pop3_span text);

/* The same for a message that comes in parts, which may be of one octet: its
 * first octets so far. To be zero before each message. */
typedef struct session_head {
    char octets[4];
    size_t len;
} session_head;

bool session_begins_as_reply(session_head *head, pop3_span part);

/* Forgets warnings, as all that they are about is done again. */
void session_forgive(session *s);

/* Closes, and opens a new connection. As session_prepare(). */
bool session_reopen(session *s);
/* The same without pipelining, and says so. */
bool session_reopen_lock_step(session *s);

/* Says goodbye; nothing was marked for deletion, so its answer tells nothing
 * that matters. */
void session_quit(session *s);

void session_close(session *s);

/* Reports, and remembers the first status and text. All return false. */
__attribute__((format(printf, 3, 4))) bool
session_fail(session *s, exit_status status, const char *format, ...);
/* What the client failed at. */
bool session_fail_client(session *s);
bool session_fail_mail(session *s, const mail_error *error);

/* The same for something that does not end the session: PARTIAL. */
__attribute__((format(printf, 2, 3))) void
session_warn(session *s, const char *format, ...);

#endif
