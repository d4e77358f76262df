/* SPDX-License-Identifier: MIT */
/*
 * metrics_server - HTTP/1.1, as much of it as a scraper needs.
 *
 * One request for each connection, then it is closed. A few clients at once,
 * a few kilobytes and a few seconds for each of them, from accepting to the
 * last octet: whoever wants to hold us up holds up other scrapers. While all
 * places are taken the listener is not watched, so that one who waits costs
 * nothing. The body of a request is not read, as GET has none.
 *
 * The names of accounts are nobody else's business: a socket in the file
 * system is for its owner and group (0660), and an address must be one of the
 * loopback. A web page that got there by a name of its own (DNS rebinding) is
 * refused by the Host field.
 */
#include "cli/metrics_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/metrics_address.h"
#include "cli/report.h"

#include "base/banned.h"

enum {
    RESUME_MS = 1000 /* until accept() is tried again */
};

#define CONTENT_TYPE \
    "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* ---- clients ---- */

static void on_listener(void *ctx, int fd, short events);

/* For so long, or until somebody leaves if that is 0. */
static void
pause_listener(metrics_server *m, int64_t wait_ms)
{
    loop_forget(m->loop, m->listener);
    m->paused = true;
    m->resume_ms = wait_ms > 0 ? loop_now_ms() + wait_ms : 0;
}

static void
resume(metrics_server *m)
{
    m->paused = false;
    if (!loop_watch(m->loop, m->listener, POLLIN, on_listener, m))
        pause_listener(m, RESUME_MS);
}

/* What was not read would reset the connection, and take our answer along. */
static void
drain(const metrics_client *c)
{
    char rest[METRICS_REQUEST];
    int i;

    for (i = 0; i < 16 && recv(c->fd, rest, sizeof(rest), 0) > 0;)
        i++;
}

static void
drop(metrics_server *m, metrics_client *c)
{
    drain(c);
    loop_forget(m->loop, c->fd);
    close(c->fd);
    free(c->answer);
    *c = (metrics_client){.fd = -1};
    if (m->paused)
        resume(m);
}

static void
answer(metrics_client *c, const char *status, const char *more,
       const char *body, size_t len)
{
    char head[400];
    int head_len = snprintf(head, sizeof(head),
                            "HTTP/1.1 %s\r\nContent-Length: %zu\r\n"
                            "Connection: close\r\n%s\r\n",
                            status, len, more);

    c->answer = malloc((size_t)head_len + len);
    if (c->answer == NULL)
        return;
    memcpy(c->answer, head, (size_t)head_len);
    if (len > 0)
        memcpy(c->answer + head_len, body, len);
    c->answer_len = (size_t)head_len + len;
}

static void
answer_metrics(const metrics_server *m, metrics_client *c)
{
    size_t len = 0;
    char *text = m->text(m->ctx, &len);

    if (text != NULL)
        answer(c, "200 OK", "Content-Type: " CONTENT_TYPE "\r\n", text, len);
    free(text);
}

/* Whether the line begins with that, in letters of any size. */
static bool
begins(const char *line, const char *word)
{
    while (*word != '\0' && text_lower(*line) == *word) {
        line++;
        word++;
    }
    return *word == '\0';
}

/* A browser says there which name it was sent to. Scrapers say an address,
 * localhost, or nothing. */
static bool
is_host_ours(const char *request)
{
    static const char *const ours[] = {"localhost", "127.", "[::1]", "unix"};
    const char *line = request;
    size_t i;

    while ((line = strchr(line, '\n')) != NULL && !begins(++line, "host:"))
        ;
    if (line == NULL)
        return true;
    line += 5;
    line += strspn(line, " \t");
    for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (begins(line, ours[i])) {
            line += strlen(ours[i]);
            break;
        }
    }
    line += strspn(line, "0123456789.: \t");
    return *line == '\r' || *line == '\n';
}

/* The request is complete, and ends with NUL. */
static void
answer_request(const metrics_server *m, metrics_client *c)
{
    const char *request = c->request;
    size_t method = strcspn(request, " \r\n");
    size_t path =
        request[method] == ' ' ? strcspn(request + method + 1, " ?\r\n") : 0;
    const char *target = request + method + 1;
    const char *version = target + path + strcspn(target + path, " \r\n");

    if (path == 0 || !begins(version, " http/1."))
        answer(c, "400 Bad Request", "", NULL, 0);
    else if (!is_host_ours(request))
        answer(c, "403 Forbidden", "", NULL, 0);
    else if (path != 8 || memcmp(target, "/metrics", 8) != 0)
        answer(c, "404 Not Found", "", NULL, 0);
    else if (method != 3 || memcmp(request, "GET", 3) != 0)
        answer(c, "405 Method Not Allowed", "Allow: GET\r\n", NULL, 0);
    else
        answer_metrics(m, c);
}

/* False: the client is gone, or speaks no HTTP. */
static bool
receive(const metrics_server *m, metrics_client *c)
{
    size_t room = sizeof(c->request) - 1 - c->request_len;
    ssize_t len = recv(c->fd, c->request + c->request_len, room, 0);

    if (len == -1)
        return errno == EAGAIN || errno == EINTR;
    if (len == 0)
        return false;
    c->request_len += (size_t)len;
    c->request[c->request_len] = '\0';
    if (memchr(c->request, '\0', c->request_len) != NULL)
        answer(c, "400 Bad Request", "", NULL, 0);
    else if (strstr(c->request, "\r\n\r\n") != NULL ||
             strstr(c->request, "\n\n") != NULL)
        answer_request(m, c);
    else if (c->request_len == sizeof(c->request) - 1)
        answer(c, "431 Request Header Fields Too Large", "", NULL, 0);
    else
        return true;
    return c->answer != NULL;
}

/* False: all is sent, or nothing more can be. */
static bool
send_answer(metrics_client *c)
{
    ssize_t len = send(c->fd, c->answer + c->sent, c->answer_len - c->sent,
                       MSG_NOSIGNAL);

    if (len == -1)
        return errno == EAGAIN || errno == EINTR;
    c->sent += (size_t)len;
    if (c->sent < c->answer_len)
        return true;
    (void)shutdown(c->fd, SHUT_WR);
    return false;
}

static void
on_client(void *ctx, int fd, short events)
{
    metrics_server *m = ctx;
    metrics_client *c = m->clients;
    bool good = true;

    (void)events;
    while (c->fd != fd)
        c++; /* it is there, as it is watched */
    if (c->answer == NULL)
        good = receive(m, c);
    if (good && c->answer != NULL)
        good =
            send_answer(c) && loop_watch(m->loop, fd, POLLOUT, on_client, m);
    if (!good)
        drop(m, c);
}

static metrics_client *
free_client(metrics_server *m)
{
    size_t i;

    for (i = 0; i < METRICS_CLIENTS; i++) {
        if (m->clients[i].fd == -1)
            return &m->clients[i];
    }
    return NULL;
}

static void
on_listener(void *ctx, int fd, short events)
{
    metrics_server *m = ctx;
    metrics_client *c = free_client(m);
    int client;

    (void)events;
    if (c == NULL) {
        pause_listener(m, 0);
        return;
    }
    client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client == -1) {
        /* EMFILE and the like: whoever waits goes on to wake us. */
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            pause_listener(m, RESUME_MS);
        return;
    }
    c->fd = client;
    c->end_ms = loop_now_ms() + METRICS_TIME_MS;
    if (!loop_watch(m->loop, client, POLLIN, on_client, m))
        drop(m, c);
}

int64_t
metrics_server_time(const metrics_server *m)
{
    int64_t next = m->paused && m->resume_ms > 0 ? m->resume_ms : INT64_MAX;
    size_t i;

    for (i = 0; m->loop != NULL && i < METRICS_CLIENTS; i++) {
        if (m->clients[i].fd != -1 && m->clients[i].end_ms < next)
            next = m->clients[i].end_ms;
    }
    return next;
}

void
metrics_server_tick(metrics_server *m)
{
    int64_t now_ms = loop_now_ms();
    size_t i;

    for (i = 0; m->loop != NULL && i < METRICS_CLIENTS; i++) {
        if (m->clients[i].fd != -1 && m->clients[i].end_ms <= now_ms)
            drop(m, &m->clients[i]);
    }
    if (m->paused && m->resume_ms > 0 && m->resume_ms <= now_ms)
        resume(m);
}

/* ---- listening ---- */

static bool
is_served(const metrics_place *to)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool served = fd != -1 && connect(fd, &to->address.any, to->len) == 0;

    if (fd != -1)
        close(fd);
    return served;
}

/* A socket that a crash left. Nothing else is ever removed. */
static void
remove_stale(const metrics_place *to)
{
    const char *path = to->address.local.sun_path;
    struct stat st;

    if (to->address.any.sa_family == AF_UNIX && lstat(path, &st) == 0 &&
        S_ISSOCK(st.st_mode) && !is_served(to))
        (void)unlink(path);
}

static int
listen_at(const metrics_place *to)
{
    int fd = socket(to->address.any.sa_family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int yes = 1;
    mode_t mask;
    bool good;

    if (fd == -1)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    remove_stale(to);
    mask = umask(0117);
    good = bind(fd, &to->address.any, to->len) == 0;
    (void)umask(mask);
    if (good && listen(fd, SOMAXCONN) == 0)
        return fd;
    close(fd);
    return -1;
}

static void
stop(metrics_server *m)
{
    metrics_place to;

    if (m->listener == -1)
        return;
    loop_forget(m->loop, m->listener);
    close(m->listener);
    m->listener = -1;
    m->paused = false;
    if (m->address != NULL && metrics_address_read(m->address, &to))
        remove_stale(&to);
    free(m->address);
    m->address = NULL;
}

void
metrics_server_open(metrics_server *m, loop *l, metrics_text *text, void *ctx)
{
    size_t i;

    *m = (metrics_server){.loop = l, .text = text, .ctx = ctx, .listener = -1};
    for (i = 0; i < METRICS_CLIENTS; i++)
        m->clients[i].fd = -1;
}

bool
metrics_server_move(metrics_server *m, const char *address)
{
    char *copy = address == NULL ? NULL : strdup(address);
    metrics_place to;
    int fd;

    if (address == NULL ||
        (m->address != NULL && strcmp(address, m->address) == 0)) {
        if (address == NULL)
            stop(m);
        free(copy);
        return true;
    }
    fd = copy != NULL && metrics_address_read(address, &to) ? listen_at(&to)
                                                            : -1;
    if (fd == -1) {
        report("cannot serve metrics at %s: %s", printable(address),
               strerror(errno));
        free(copy);
        return false;
    }
    stop(m);
    m->address = copy;
    m->listener = fd;
    return loop_watch(m->loop, fd, POLLIN, on_listener, m);
}

void
metrics_server_close(metrics_server *m)
{
    size_t i;

    if (m->loop == NULL)
        return;
    m->paused = false;
    stop(m);
    for (i = 0; i < METRICS_CLIENTS; i++) {
        if (m->clients[i].fd != -1)
            drop(m, &m->clients[i]);
    }
    m->loop = NULL;
}
