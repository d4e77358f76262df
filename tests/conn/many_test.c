/* SPDX-License-Identifier: MIT */
/*
 * many_test - 10,000 sessions at once, in one thread.
 *
 * A child process is their server. All log in, rest, fetch a message each,
 * rest again and say QUIT. Counted are the octets that the library has
 * allocated for a session that rests, the most that it had at any time, its
 * threads, and its descriptors: nothing here is measured with a clock.
 *
 * Where there are too few descriptors for 10,000 it is as many as there are;
 * on a CI machine at least 2,000. Sanitizers and valgrind get fewer.
 */
#include <pop3.h>

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "test.h"

enum {
    SESSIONS = 10000,
    SESSIONS_CI_MIN = 2000,
    FDS_SPARE = 64,        /* of each process, for everything else */
    RESTING_MAX = 8192,    /* octets a session */
    FLOWING_MAX = 1 << 20, /* octets for all that flows at one time */
    CONNECTING_MAX = 256,  /* at one time: a backlog is short */
    BATCH = 256,
    PATIENCE_MS = 20000,
    MESSAGE = 4000 /* octets on the wire, dots and line ends too */
};

/* ---- the server, in a child process ---- */

static char message[MESSAGE + 1];

static void
make_message(void)
{
    size_t at = (size_t)snprintf(message, sizeof(message), "+OK\r\n");

    memset(message + at, 'x', MESSAGE - at);
    for (; at + 80 < MESSAGE - 3; at += 80)
        memcpy(message + at + 78, "\r\n", 2);
    memcpy(message + MESSAGE - 5, "\r\n.\r\n", 5);
}

static const char *
answer_to(const char *line)
{
    if (strncmp(line, "CAPA", 4) == 0)
        return "+OK\r\nUSER\r\nUIDL\r\nTOP\r\nPIPELINING\r\n.\r\n";
    return strncmp(line, "RETR", 4) == 0 ? message : "+OK done\r\n";
}

/* A client sends one line and waits: what was read is a line. */
static void
serve(int fd)
{
    char line[300];
    ssize_t got = recv(fd, line, sizeof(line) - 1, 0);
    const char *answer;
    size_t left;

    line[got > 0 ? got : 0] = '\0';
    answer = answer_to(line);
    for (left = got > 0 ? strlen(answer) : 0; left > 0;) {
        ssize_t sent = send(fd, answer, left, MSG_NOSIGNAL);

        if (sent < 0)
            break;
        answer += sent;
        left -= (size_t)sent;
    }
    if (got <= 0 || strncmp(line, "QUIT", 4) == 0)
        close(fd);
}

static void
watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    (void)epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void
run_server(int listener)
{
    static const char greeting[] = "+OK ready\r\n";
    struct epoll_event events[BATCH];
    int epoll = epoll_create1(0);

    watch(epoll, listener);
    for (;;) {
        int count = epoll_wait(epoll, events, BATCH, -1);

        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;

            if (fd != listener) {
                serve(fd);
                continue;
            }
            fd = accept(listener, NULL, NULL);
            watch(epoll, fd);
            (void)send(fd, greeting, strlen(greeting), MSG_NOSIGNAL);
        }
    }
}

static pid_t
start_server(char *port, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t pid;

    if (bind(listener, (struct sockaddr *)&address, len) != 0 ||
        listen(listener, CONNECTING_MAX * 2) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) != 0)
        return -1;
    snprintf(port, size, "%d", ntohs(address.sin_port));
    make_message();
    pid = fork();
    if (pid == 0)
        run_server(listener);
    close(listener);
    return pid;
}

/* ---- the sessions ---- */

typedef struct session {
    pop3_conn *conn;
    int fd; /* that epoll knows; -1: none */
    int events;
    uint64_t octets;
    bool resting; /* all that was asked is done */
    bool closed;
} session;

static struct {
    char port[8];
    int epoll;
    size_t count;
    size_t resting;
    size_t closed;
    size_t fds; /* that are not a session's */
    session *sessions;
} all;

static const pop3_credentials LOGIN = {.size = sizeof(pop3_credentials),
                                       .user = "user",
                                       .password = "a password",
                                       .mechanism = "USER",
                                       .no_capa_after = true};

static void
rearm(session *s)
{
    int fd = pop3_conn_fd(s->conn);
    int events = pop3_conn_events(s->conn);
    struct epoll_event event = {.data.ptr = s};
    int call = fd == s->fd ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

    if (fd < 0 || (fd == s->fd && events == s->events))
        return;
    event.events = ((events & POP3_POLL_IN) != 0 ? EPOLLIN : 0U) |
                   ((events & POP3_POLL_OUT) != 0 ? EPOLLOUT : 0U);
    if (epoll_ctl(all.epoll, call, fd, &event) != 0 && errno == EEXIST)
        (void)epoll_ctl(all.epoll, EPOLL_CTL_MOD, fd, &event);
    s->fd = fd;
    s->events = events;
}

static void
on_done(session *s, const pop3_event *event)
{
    if (event->result != POP3_OK)
        CHECK_STR(pop3_conn_error(s->conn)->text, "");
    s->resting = true;
    all.resting++;
}

static void
on_event(session *s, const pop3_event *event)
{
    pop3_id id;

    if (event->type == POP3_EVENT_READY)
        CHECK_INT(pop3_conn_login(s->conn, &LOGIN, &id), POP3_OK);
    if (event->type == POP3_EVENT_DATA)
        s->octets += event->text.len;
    if (event->type == POP3_EVENT_DONE)
        on_done(s, event);
    if (event->type == POP3_EVENT_CLOSED) {
        CHECK_INT(event->result, POP3_OK);
        s->closed = true;
        all.closed++;
    }
}

static void
step(session *s)
{
    pop3_event event;

    while (!s->closed && pop3_conn_step(s->conn, &event) == POP3_OK)
        on_event(s, &event);
    rearm(s);
}

/* Until so many rest or are closed. */
static bool
turn_until(const size_t *counter, size_t wanted)
{
    struct epoll_event events[BATCH];

    while (*counter < wanted) {
        int count = epoll_wait(all.epoll, events, BATCH, PATIENCE_MS);

        if (count <= 0 && errno != EINTR) {
            CHECK_INT(*counter, wanted);
            return false;
        }
        for (int i = 0; i < count; i++)
            step(events[i].data.ptr);
    }
    return true;
}

static bool
open_all(void)
{
    pop3_options options = POP3_OPTIONS_INIT;

    options.host = "127.0.0.1";
    options.port = all.port;
    options.security = POP3_TLS_NONE;
    for (size_t i = 0; i < all.count; i++) {
        session *s = &all.sessions[i];

        s->fd = -1;
        CHECK_INT(pop3_conn_open(&s->conn, &options), POP3_OK);
        step(s);
        if (i >= CONNECTING_MAX &&
            !turn_until(&all.resting, i - CONNECTING_MAX))
            return false;
    }
    return turn_until(&all.resting, all.count);
}

static void
ask_all(pop3_verb verb)
{
    pop3_command command = {.verb = verb};
    pop3_id id;

    if (verb == POP3_CMD_RETR)
        command.number = 1;
    all.resting = 0;
    for (size_t i = 0; i < all.count; i++) {
        session *s = &all.sessions[i];

        s->resting = false;
        CHECK_INT(pop3_conn_submit(s->conn, &command, &id), POP3_OK);
        step(s);
    }
}

static void
close_all(void)
{
    for (size_t i = 0; i < all.count; i++)
        pop3_conn_close(all.sessions[i].conn);
}

/* ---- what is counted ---- */

static size_t
entries(const char *path)
{
    DIR *dir = opendir(path);
    size_t count = 0;

    while (dir != NULL && readdir(dir) != NULL)
        count++;
    if (dir != NULL)
        closedir(dir);
    return count - 2; /* "." and ".." */
}

static void
check_rest(const char *when)
{
    size_t each = alloc_octets() / all.count;

    printf("%s: %zu octets a session, %zu blocks in all, at most %zu KiB "
           "at any time\n",
           when, each, (size_t)alloc_live(), alloc_peak() / 1024);
    CHECK(each <= RESTING_MAX);
    CHECK(alloc_peak() <= all.count * RESTING_MAX + FLOWING_MAX);
    CHECK_INT(entries("/proc/self/task"), 1);
    CHECK_INT(entries("/proc/self/fd"), all.fds + all.count);
}

static void
check_messages(void)
{
    size_t whole = 0;

    for (size_t i = 0; i < all.count; i++)
        whole += all.sessions[i].octets == MESSAGE - 5 - 3;
    CHECK_INT(whole, all.count);
}

static size_t
how_many(void)
{
    struct rlimit limit;
    size_t count = SESSIONS;

    if (test_effort() != TEST_FULL)
        count = test_effort() == TEST_LESS ? 1000 : 100;
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < count + FDS_SPARE) {
        count = (size_t)limit.rlim_max - FDS_SPARE;
        printf("there are descriptors for %zu sessions only\n", count);
        if (getenv("CI") != NULL && test_effort() == TEST_FULL)
            CHECK(count >= SESSIONS_CI_MIN);
    }
    return count;
}

static void
run_all(void)
{
    all.fds = entries("/proc/self/fd");
    alloc_arm(0);
    if (!open_all())
        return;
    check_rest("logged in");
    ask_all(POP3_CMD_RETR);
    if (!turn_until(&all.resting, all.count))
        return;
    check_messages();
    check_rest("after a message each");
    ask_all(POP3_CMD_QUIT);
    turn_until(&all.closed, all.count);
}

int
main(void)
{
    pid_t server;

    all.count = how_many();
    all.sessions = test_alloc(all.count * sizeof(*all.sessions));
    server = start_server(all.port, sizeof(all.port));
    CHECK(server > 0);
    if (server <= 0)
        return test_summary();
    all.epoll = epoll_create1(EPOLL_CLOEXEC);
    run_all();
    close_all();
    CHECK_INT(alloc_live(), 0);
    (void)kill(server, SIGKILL);
    (void)waitpid(server, NULL, 0);
    close(all.epoll);
    test_free(all.sessions);
    printf("%zu sessions\n", all.count);
    return test_summary();
}
