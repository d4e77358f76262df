/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "login.h"
#include "memory.h"

/* A command: its verb and what follows, NUL-terminated. */
typedef struct command {
    verb verb;
    char *rest;
} command;

void
session_init(session *s, server_house *house, pieces *out, bool tls)
{
    *s = (session){.house = house, .out = out, .tls = tls};
}

void
session_clear(session *s)
{
    free(s->deleted);
    free(s->partial);
}

__attribute__((format(printf, 2, 3))) static void
say(session *s, const char *format, ...)
{
    char line[600];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (line[0] == '-')
        s->house->seen.refused++;
    pieces_add_copy(s->out, line, (size_t)len);
}

void
session_greet(session *s)
{
    say(s, "+OK bench ready\r\n");
}

void
session_tls_done(session *s)
{
    s->tls = true;
    s->state = SESSION_AUTHORIZATION;
    s->has_user = false;
}

static void
on_capa(session *s)
{
    const server_house *h = s->house;

    say(s,
        "+OK\r\nTOP\r\nUIDL\r\nUSER\r\nSASL PLAIN\r\nRESP-CODES\r\n%s%s"
        "EXPIRE NEVER\r\nIMPLEMENTATION libpop3-bench\r\n.\r\n",
        h->options->no_pipelining ? "" : "PIPELINING\r\n",
        h->offers_tls && !s->tls ? "STLS\r\n" : "");
}

static void
on_stls(session *s)
{
    if (s->tls || !s->house->offers_tls) {
        say(s, "-ERR no TLS here\r\n");
        return;
    }
    say(s, "+OK begin\r\n");
    s->state = SESSION_STARTING_TLS;
}

static void
logged_in(session *s, bool good)
{
    s->state = good ? SESSION_TRANSACTION : SESSION_AUTHORIZATION;
    s->house->seen.logins += good;
    say(s, "%s\r\n", good ? "+OK logged in" : "-ERR [AUTH] wrong password");
}

static void
on_auth(session *s, const char *rest)
{
    const char *password = s->house->options->password;

    if (strncasecmp(rest, "PLAIN", 5) != 0) {
        say(s, "-ERR only PLAIN\r\n");
    } else if (rest[5] == ' ') {
        logged_in(s, login_plain(rest + 6, password));
    } else {
        s->state = SESSION_CHALLENGE;
        say(s, "+ \r\n");
    }
}

static bool
is_there(const session *s, uint64_t n)
{
    return n >= 1 && n <= s->house->mail.messages &&
           (s->deleted == NULL || s->deleted[n] == 0);
}

/* The number of a message that is there, or 0 after an -ERR. */
static uint64_t
message(session *s, const char *rest)
{
    uint64_t n = strtoull(rest, NULL, 10);

    if (is_there(s, n))
        return n;
    say(s, "-ERR no such message\r\n");
    return 0;
}

static void
on_stat(session *s)
{
    uint64_t left = s->house->mail.messages - s->deletes;

    say(s, "+OK %" PRIu64 " %" PRIu64 "\r\n", left,
        left * s->house->mail.size);
}

/* Row by row, when some messages are deleted. */
static void
list_the_rest(session *s, bool uidl)
{
    char row[128];

    say(s, "+OK\r\n");
    for (uint64_t n = 1; n <= s->house->mail.messages; n++) {
        if (is_there(s, n))
            pieces_add_copy(s->out, row,
                            mailbox_row(&s->house->mail, uidl, n, row));
    }
    say(s, ".\r\n");
}

static void
on_listing(session *s, bool uidl, const char *rest)
{
    const image *all;
    char row[128];
    uint64_t n;

    if (*rest == '\0' && s->deleted != NULL) {
        list_the_rest(s, uidl);
    } else if (*rest == '\0') {
        all = mailbox_listing(&s->house->mail, uidl);
        pieces_add(s->out, all->ptr, all->len);
    } else if ((n = message(s, rest)) != 0) {
        (void)mailbox_row(&s->house->mail, uidl, n, row);
        say(s, "+OK %s", row);
    }
}

static void
on_retr(session *s, const char *rest)
{
    const mailbox *m = &s->house->mail;
    uint64_t n = message(s, rest);
    char head[MAILBOX_HEAD_MAX];
    size_t status;

    if (n == 0)
        return;
    if (m->all.len > 0) {
        pieces_add(s->out, m->all.ptr + (n - 1) * m->image_len, m->image_len);
        return;
    }
    pieces_add_copy(s->out, head, mailbox_head(m, n, &status, head));
    pieces_add(s->out, m->lead.ptr, m->lead.len);
    pieces_add_repeated(s->out, m->block.ptr, m->block.len, m->blocks);
    pieces_add_copy(s->out, ".\r\n", 3);
}

static void
on_top(session *s, char *rest)
{
    const mailbox *m = &s->house->mail;
    uint64_t n = strtoull(rest, &rest, 10);
    size_t lines = mailbox_lines(m, strtoull(rest, NULL, 10));
    size_t lead = lines < m->lead.len ? lines : m->lead.len;
    char head[MAILBOX_HEAD_MAX];
    size_t len, status;

    if (!is_there(s, n)) {
        say(s, "-ERR no such message\r\n");
        return;
    }
    len = mailbox_head(m, n, &status, head);
    pieces_add_copy(s->out, "+OK\r\n", 5);
    pieces_add_copy(s->out, head + status, len - status);
    pieces_add(s->out, m->lead.ptr, lead);
    pieces_add(s->out, m->block.ptr, lines - lead);
    pieces_add_copy(s->out, ".\r\n", 3);
}

static void
on_dele(session *s, const char *rest)
{
    uint64_t n = message(s, rest);

    if (n == 0)
        return;
    if (s->deleted == NULL)
        s->deleted = need(calloc(s->house->mail.messages + 1, 1));
    s->deleted[n] = 1;
    s->deletes++;
    pieces_add_copy(s->out, "+OK\r\n", 5);
}

static void
on_rset(session *s)
{
    free(s->deleted);
    s->deleted = NULL;
    s->deletes = 0;
    say(s, "+OK\r\n");
}

static void
on_quit(session *s)
{
    s->house->seen.deleted += s->deletes;
    s->state = SESSION_OVER;
    say(s, "+OK bye\r\n");
}

static void
before_login(session *s, const command *c)
{
    if (c->verb == VERB_STLS) {
        on_stls(s);
    } else if (c->verb == VERB_USER) {
        s->has_user = true;
        say(s, "+OK\r\n");
    } else if (c->verb == VERB_PASS && s->has_user) {
        logged_in(s, strcmp(c->rest, s->house->options->password) == 0);
    } else if (c->verb == VERB_AUTH) {
        on_auth(s, c->rest);
    } else {
        say(s, "-ERR log in first\r\n");
    }
}

static void
after_login(session *s, const command *c)
{
    if (c->verb == VERB_RETR)
        on_retr(s, c->rest);
    else if (c->verb == VERB_DELE)
        on_dele(s, c->rest);
    else if (c->verb == VERB_TOP)
        on_top(s, c->rest);
    else if (c->verb == VERB_STAT)
        on_stat(s);
    else if (c->verb == VERB_LIST || c->verb == VERB_UIDL)
        on_listing(s, c->verb == VERB_UIDL, c->rest);
    else if (c->verb == VERB_NOOP)
        say(s, "+OK\r\n");
    else if (c->verb == VERB_RSET)
        on_rset(s);
    else
        say(s, "-ERR unknown here\r\n");
}

static command
parse(char *line)
{
    size_t len = strcspn(line, " ");
    command c = {VERB_CAPA, line + len + (line[len] == ' ')};

    while (c.verb < VERB_OTHER &&
           (strlen(verb_names[c.verb]) != len ||
            strncasecmp(line, verb_names[c.verb], len) != 0))
        c.verb++;
    return c;
}

static void
on_line(session *s, char *line)
{
    command c;

    if (s->state == SESSION_CHALLENGE) {
        logged_in(s, login_plain(line, s->house->options->password));
        return;
    }
    c = parse(line);
    s->house->seen.commands++;
    s->house->seen.verbs[c.verb]++;
    if (c.verb == VERB_CAPA)
        on_capa(s);
    else if (c.verb == VERB_QUIT)
        on_quit(s);
    else if (s->state == SESSION_TRANSACTION)
        after_login(s, &c);
    else
        before_login(s, &c);
}

/* What is no whole line yet; an over-long one ends the session. */
static void
keep(session *s, const char *data, size_t len)
{
    if (len == 0)
        return;
    if (s->partial_len + len > SESSION_LINE_MAX) {
        s->state = SESSION_OVER;
        return;
    }
    if (s->partial == NULL)
        s->partial = need(malloc(SESSION_LINE_MAX));
    memcpy(s->partial + s->partial_len, data, len);
    s->partial_len += len;
}

static void
take_line(session *s, const char *data, size_t len)
{
    char line[SESSION_LINE_MAX + 1];
    size_t before = s->partial_len;

    if (before + len > SESSION_LINE_MAX) {
        s->state = SESSION_OVER;
        return;
    }
    if (before > 0)
        memcpy(line, s->partial, before);
    memcpy(line + before, data, len);
    s->partial_len = 0;
    len += before;
    len -= len > 0 && line[len - 1] == '\r';
    line[len] = '\0';
    on_line(s, line);
}

void
session_take(session *s, const char *data, size_t len)
{
    const char *end;

    while (s->state != SESSION_OVER && s->state != SESSION_STARTING_TLS &&
           (end = memchr(data, '\n', len)) != NULL) {
        size_t line = (size_t)(end - data);

        take_line(s, data, line);
        data += line + 1;
        len -= line + 1;
    }
    if (s->state != SESSION_OVER && s->state != SESSION_STARTING_TLS)
        keep(s, data, len);
}
