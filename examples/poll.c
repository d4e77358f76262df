/* SPDX-License-Identifier: MIT */
/*
 * The non-blocking connection in an event loop of its own, with poll(2):
 *
 *     poll HOST PORT USER CA-FILE < password
 *
 * Logs in, asks for STAT and says how much mail there is. The same four
 * calls, fd(), events(), timeout_ms() and step(), fit any event loop.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <pop3.h>

/* What is asked for next, one thing after the other. */
typedef struct session {
    pop3_credentials login;
    pop3_id login_id;
    pop3_id stat_id;
    pop3_id quit_id;
    pop3_stat stat;
    pop3_result result;
} session;

static pop3_result
submit(pop3_conn *conn, pop3_verb verb, pop3_id *id)
{
    return pop3_conn_submit(conn, &(pop3_command){.verb = verb}, id);
}

static pop3_result
on_done(session *s, pop3_conn *conn, const pop3_event *event)
{
    if (event->result != POP3_OK)
        return event->result;
    if (event->id == s->login_id)
        return submit(conn, POP3_CMD_STAT, &s->stat_id);
    if (event->id == s->stat_id)
        return submit(conn, POP3_CMD_QUIT, &s->quit_id);
    return POP3_OK;
}

/* Returns false when the session is over. */
static bool
on_event(session *s, pop3_conn *conn, const pop3_event *event)
{
    if (event->type == POP3_EVENT_CLOSED) {
        s->result = event->result;
        return false;
    }
    if (event->type == POP3_EVENT_READY)
        s->result = pop3_conn_login(conn, &s->login, &s->login_id);
    if (event->type == POP3_EVENT_REPLY && event->id == s->stat_id)
        s->stat = event->stat;
    if (event->type == POP3_EVENT_DONE)
        s->result = on_done(s, conn, event);
    return s->result == POP3_OK;
}

static void
wait_for(const pop3_conn *conn)
{
    int events = pop3_conn_events(conn);
    struct pollfd p = {.fd = pop3_conn_fd(conn)};

    if ((events & POP3_POLL_IN) != 0)
        p.events |= POLLIN;
    if ((events & POP3_POLL_OUT) != 0)
        p.events |= POLLOUT;
    (void)poll(&p, 1, pop3_conn_timeout_ms(conn));
}

static void
run(session *s, pop3_conn *conn)
{
    pop3_event event;

    for (;;) {
        if (pop3_conn_step(conn, &event) == POP3_ERR_AGAIN)
            wait_for(conn);
        else if (!on_event(s, conn, &event))
            return;
    }
}

int
main(int argc, char **argv)
{
    static char password[256];
    pop3_options options = POP3_OPTIONS_INIT;
    session s = {.login = POP3_CREDENTIALS_INIT};
    pop3_conn *conn = NULL;

    if (argc != 5 || fgets(password, sizeof(password), stdin) == NULL)
        return 64;
    password[strcspn(password, "\r\n")] = '\0';
    options.host = argv[1];
    options.port = argv[2];
    options.tls.ca_file = argv[4];
    s.login.user = argv[3];
    s.login.password = password;
    s.result = pop3_conn_open(&conn, &options);
    if (s.result == POP3_OK)
        run(&s, conn);
    if (s.result == POP3_OK)
        printf("%llu messages, %llu octets\n",
               (unsigned long long)s.stat.count,
               (unsigned long long)s.stat.octets);
    else
        fprintf(stderr, "%s\n",
                conn == NULL ? pop3_strerror(s.result)
                             : pop3_conn_error(conn)->text);
    pop3_conn_close(conn);
    return s.result == POP3_OK ? 0 : 1;
}
