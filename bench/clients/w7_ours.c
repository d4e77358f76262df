/* SPDX-License-Identifier: MIT */
/*
 * w7_ours - many accounts at once, in one thread, with pop3_conn and epoll:
 *
 *     w7_ours PORT ACCOUNTS COUNT
 *
 * Every account has its own connection: login, RETR 1 to COUNT, QUIT, as soon
 * as the one before allows. Prints messages, octets and failures.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <pop3.h>

enum {
    EVENTS = 256,
    IDLE_MS = 1000 /* then deadlines are looked at */
};

typedef struct account {
    pop3_conn *conn;
    pop3_id login;
    int fd; /* that is watched, and what for */
    int events;
    bool failed;
} account;

typedef struct run {
    int epoll;
    account *accounts;
    size_t count, open;
    uint64_t messages; /* of each */
    pop3_options options;
    pop3_credentials credentials;
    uint64_t got, octets, failed;
} run;

static void
watch(run *r, account *a)
{
    int fd = pop3_conn_fd(a->conn);
    int events = pop3_conn_events(a->conn);
    struct epoll_event event = {.data.ptr = a};

    if (fd == a->fd && events == a->events)
        return;
    if ((events & POP3_POLL_IN) != 0)
        event.events |= EPOLLIN;
    if ((events & POP3_POLL_OUT) != 0)
        event.events |= EPOLLOUT;
    /* Another socket may have the number of the one before. */
    if (fd != -1 &&
        (fd == a->fd || epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &event) != 0))
        (void)epoll_ctl(r->epoll, EPOLL_CTL_MOD, fd, &event);
    a->fd = fd;
    a->events = events;
}

static pop3_result
ask(run *r, account *a)
{
    pop3_result result = POP3_OK;
    pop3_id id;

    for (uint64_t n = 1; n <= r->messages && result == POP3_OK; n++)
        result = pop3_conn_submit(
            a->conn, &(pop3_command){.verb = POP3_CMD_RETR, .number = n}, &id);
    if (result == POP3_OK)
        result = pop3_conn_submit(a->conn,
                                  &(pop3_command){.verb = POP3_CMD_QUIT}, &id);
    return result;
}

static pop3_result
on_done(run *r, account *a, const pop3_event *event)
{
    if (event->id == a->login)
        return event->result == POP3_OK ? ask(r, a) : event->result;
    r->got += event->verb == POP3_CMD_RETR && event->result == POP3_OK;
    return event->result;
}

static pop3_result
on_event(run *r, account *a, const pop3_event *event)
{
    if (event->type == POP3_EVENT_READY)
        return pop3_conn_login(a->conn, &r->credentials, &a->login);
    if (event->type == POP3_EVENT_DATA)
        r->octets += event->text.len;
    if (event->type == POP3_EVENT_DONE)
        return on_done(r, a, event);
    return POP3_OK;
}

static void
finish(run *r, account *a)
{
    r->failed += a->failed;
    r->open--;
    pop3_conn_close(a->conn);
    a->conn = NULL;
}

/* Steps until it has to wait, or is over. */
static void
drive(run *r, account *a)
{
    pop3_event event;

    while (pop3_conn_step(a->conn, &event) == POP3_OK) {
        if (on_event(r, a, &event) != POP3_OK)
            a->failed = true;
        if (event.type == POP3_EVENT_CLOSED || a->failed) {
            finish(r, a);
            return;
        }
    }
    watch(r, a);
}

static void
open_one(run *r, account *a)
{
    a->fd = -1;
    r->open++;
    a->failed = pop3_conn_open(&a->conn, &r->options) != POP3_OK;
    if (a->failed)
        finish(r, a);
    else
        drive(r, a);
}

static void
drive_all(run *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->accounts[i].conn != NULL)
            drive(r, &r->accounts[i]);
    }
}

static void
serve(run *r)
{
    struct epoll_event events[EVENTS];

    for (size_t i = 0; i < r->count; i++)
        open_one(r, &r->accounts[i]);
    while (r->open > 0) {
        int count = epoll_wait(r->epoll, events, EVENTS, IDLE_MS);

        for (int i = 0; i < count; i++) {
            account *a = events[i].data.ptr;

            if (a->conn != NULL)
                drive(r, a);
        }
        if (count == 0)
            drive_all(r);
    }
}

static void
allow_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int
main(int argc, char **argv)
{
    run r = {.options = POP3_OPTIONS_INIT,
             .credentials = POP3_CREDENTIALS_INIT};

    if (argc != 4)
        return 64;
    allow_descriptors();
    r.count = strtoul(argv[2], NULL, 10);
    r.messages = strtoull(argv[3], NULL, 10);
    r.accounts = calloc(r.count, sizeof(*r.accounts));
    r.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (r.accounts == NULL || r.epoll == -1)
        return 1;
    r.options.host = "127.0.0.1";
    r.options.port = argv[1];
    r.options.security = POP3_TLS_NONE;
    r.credentials.user = "a";
    r.credentials.password = "secret";
    r.credentials.mechanism = "PLAIN"; /* one turn; USER and PASS take two */
    r.credentials.no_capa_after = true;
    serve(&r);
    free(r.accounts);
    printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", r.got, r.octets, r.failed);
    return r.failed == 0 ? 0 : 1;
}
