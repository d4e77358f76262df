/* SPDX-License-Identifier: MIT */
/*
 * One account whose mail is counted: login, STAT, QUIT. For the examples with
 * event loops, which bring the waiting.
 */
#ifndef COUNT_H
#define COUNT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pop3.h>
#include <pop3/tls.h>

typedef struct count {
    pop3_conn *conn;
    pop3_credentials login;
    char user[64];
    char password[64];
    bool ready;
    pop3_id login_id;
    pop3_id stat_id;
    pop3_id quit_id;
    pop3_stat stat;
    pop3_result result;
    void *loop; /* the example's own */
} count;

static inline pop3_result
count_submit(count *c, pop3_verb verb, pop3_id *id)
{
    return pop3_conn_submit(c->conn, &(pop3_command){.verb = verb}, id);
}

static inline pop3_result
count_done(count *c, const pop3_event *event)
{
    if (event->result != POP3_OK)
        return event->result;
    if (event->id == c->login_id)
        return count_submit(c, POP3_CMD_STAT, &c->stat_id);
    if (event->id == c->stat_id)
        return count_submit(c, POP3_CMD_QUIT, &c->quit_id);
    return POP3_OK;
}

/* Moves what can be moved without waiting. False: it is over. */
static inline bool
count_step(count *c)
{
    pop3_event event;

    while (pop3_conn_step(c->conn, &event) == POP3_OK) {
        if (event.type == POP3_EVENT_READY) {
            c->ready = true;
            c->result = pop3_conn_login(c->conn, &c->login, &c->login_id);
        }
        if (event.type == POP3_EVENT_REPLY && event.id == c->stat_id)
            c->stat = event.stat;
        if (event.type == POP3_EVENT_DONE)
            c->result = count_done(c, &event);
        if (event.type == POP3_EVENT_CLOSED)
            c->result = event.result;
        if (event.type == POP3_EVENT_CLOSED || c->result != POP3_OK)
            return false;
    }
    return true;
}

/* Says what was found, and closes. */
static inline bool
count_finish(count *c)
{
    bool good = c->result == POP3_OK;

    if (good)
        printf("%s: %llu messages\n", c->user,
               (unsigned long long)c->stat.count);
    else
        fprintf(stderr, "%s: %s\n", c->user,
                c->conn == NULL ? pop3_strerror(c->result)
                                : pop3_conn_error(c->conn)->text);
    pop3_conn_close(c->conn);
    c->conn = NULL;
    return good;
}

/* The next account of standard input, a line "USER PASSWORD"; NULL at the
 * end. */
static inline count *
count_read(void)
{
    count *c = calloc(1, sizeof(*c));

    if (c == NULL || scanf("%63s %63s", c->user, c->password) != 2) {
        free(c);
        return NULL;
    }
    c->login = (pop3_credentials)POP3_CREDENTIALS_INIT;
    c->login.user = c->user;
    c->login.password = c->password;
    return c;
}

/* Options that all accounts share: one server, and TLS settings made once. */
static inline pop3_result
count_options(pop3_options *options, char **argv)
{
    pop3_tls_options tls = {.ca_file = argv[3]};
    pop3_result result = pop3_tls_new(&options->tls.shared, &tls);

    options->host = argv[1];
    options->port = argv[2];
    if (result != POP3_OK)
        fprintf(stderr, "%s\n", pop3_tls_error(options->tls.shared)->text);
    return result;
}

#endif
