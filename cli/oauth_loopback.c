/* SPDX-License-Identifier: MIT */
/*
 * oauth_loopback - a web server for one request (RFC 8252 §7.3).
 *
 * It listens on 127.0.0.1 alone, while a login is under way. Browsers open
 * connections in advance and send nothing on them, so a few are kept side by
 * side, and the oldest makes room for a new one. A request has 64 KiB, as
 * cookies of every port of this machine come with it, and all requests that
 * are not believed together are bounded too, so that nobody keeps us busy for
 * ever.
 */
#include "cli/oauth_loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/secret.h"
#include "cli/report.h"
#include "net/clock.h"

#include "base/banned.h"

enum {
    PEERS = 8,
    HEAD_MAX = 64 << 10,
    STRANGERS_MAX = 200 /* requests that are refused before we give up */
};

typedef struct peer {
    int fd; /* -1: free */
    size_t len;
    char head[HEAD_MAX];
} peer;

typedef struct waiting {
    const oauth_loopback *loopback;
    const char *host;
    const char *state;
    oauth_redirect *out;
    unsigned next; /* the peer that makes room */
    unsigned strangers;
    bool told; /* that a request was too long */
    bool done;
    peer peers[PEERS];
} waiting;

mail_result
oauth_loopback_open(oauth_loopback *l, mail_error *error)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof(at);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd == -1 ||
        bind(l->fd, (const struct sockaddr *)&at, sizeof(at)) == -1 ||
        listen(l->fd, PEERS) == -1 ||
        getsockname(l->fd, (struct sockaddr *)&at, &len) == -1) {
        mail_result result =
            mail_fail_sys(error, errno, "cannot listen on 127.0.0.1");

        oauth_loopback_close(l);
        return result;
    }
    l->port = ntohs(at.sin_port);
    return MAIL_OK;
}

void
oauth_loopback_close(oauth_loopback *l)
{
    if (l->fd != -1)
        close(l->fd);
    l->fd = -1;
}

static void
hang_up(peer *p)
{
    if (p->fd != -1)
        close(p->fd);
    secret_wipe(p->head, p->len);
    p->fd = -1;
    p->len = 0;
}

static const char *
page_for(int status, const oauth_redirect *out)
{
    if (status == 431)
        return "This request is too long for pop3: delete the cookies of "
               "127.0.0.1 and localhost, and log in again.\n";
    if (status != 200)
        return "This is not the page that pop3 waits for.\n";
    return out->error[0] != '\0'
               ? "pop3 was not let in. The terminal says why; this page can "
                 "be closed.\n"
               : "pop3 goes on in the terminal; this page can be closed.\n";
}

/* The code stands in the address of the page: it says nothing of it to
 * others. */
static void
answer(const peer *p, int status, const oauth_redirect *out)
{
    const char *page = page_for(status, out);
    char text[600];
    int len =
        snprintf(text, sizeof(text),
                 "HTTP/1.1 %d %s\r\n"
                 "Content-Type: text/plain; charset=utf-8\r\n"
                 "Content-Length: %zu\r\n"
                 "Cache-Control: no-store\r\n"
                 "Referrer-Policy: no-referrer\r\n"
                 "X-Content-Type-Options: nosniff\r\n"
                 "Content-Security-Policy: default-src 'none'\r\n"
                 "Connection: close\r\n\r\n%s",
                 status, status == 200 ? "OK" : "No", strlen(page), page);

    /* A browser that does not take it misses a page that matters little. */
    (void)!send(p->fd, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)shutdown(p->fd, SHUT_WR);
}

static void
judge(waiting *w, peer *p)
{
    int status =
        oauth_redirect_read(w->out, p->head, p->len, w->host, w->state);

    answer(p, status, w->out);
    hang_up(p);
    w->done = status == 200;
    w->strangers += status == 200 ? 0 : 1;
}

static void
refuse_long(waiting *w, const peer *p)
{
    answer(p, 431, w->out);
    if (!w->told)
        report("a request of more than %d KiB came to port %u: if it was your "
               "browser's, delete its cookies of 127.0.0.1 and localhost, and "
               "log in again",
               HEAD_MAX >> 10, w->loopback->port);
    w->told = true;
}

static void
hear(waiting *w, peer *p)
{
    ssize_t n = recv(p->fd, p->head + p->len, HEAD_MAX - p->len, 0);

    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        p->len += (size_t)n;
    if (n > 0 && memmem(p->head, p->len, "\r\n\r\n", 4) != NULL) {
        judge(w, p);
    } else if (n <= 0 || p->len == HEAD_MAX) {
        if (n > 0)
            refuse_long(w, p);
        hang_up(p);
        w->strangers++;
    }
}

static void
welcome(waiting *w)
{
    int fd =
        accept4(w->loopback->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    peer *p = &w->peers[w->next];

    if (fd == -1)
        return;
    hang_up(p);
    p->fd = fd;
    w->next = (w->next + 1) % PEERS;
}

/* One round; false: poll(2) failed. */
static bool
look(waiting *w, int64_t left_ms)
{
    struct pollfd fds[PEERS + 1];
    size_t i;

    for (i = 0; i < PEERS; i++)
        fds[i] = (struct pollfd){.fd = w->peers[i].fd, .events = POLLIN};
    fds[PEERS] = (struct pollfd){.fd = w->loopback->fd, .events = POLLIN};
    if (poll(fds, PEERS + 1, left_ms > 60000 ? 60000 : (int)left_ms) == -1)
        return errno == EINTR;
    for (i = 0; i < PEERS && !w->done; i++) {
        if (fds[i].revents != 0)
            hear(w, &w->peers[i]);
    }
    if (!w->done && fds[PEERS].revents != 0)
        welcome(w);
    return true;
}

static mail_result
wait_for_it(waiting *w, int64_t end_ms, mail_error *error)
{
    while (!w->done) {
        int64_t left_ms = end_ms - clock_ms();

        if (left_ms <= 0)
            return mail_fail(error, MAIL_ERR_BUSY, 0,
                             "the browser did not come back in time");
        if (w->strangers > STRANGERS_MAX)
            return mail_fail(error, MAIL_ERR_BUSY, 0,
                             "too many requests that are not for us came to "
                             "port %u: try again",
                             w->loopback->port);
        if (!look(w, left_ms))
            return mail_fail_sys(error, errno, "cannot wait for the browser");
    }
    return MAIL_OK;
}

mail_result
oauth_loopback_wait(const oauth_loopback *l, const char *host,
                    const char *state, uint64_t timeout_ms,
                    oauth_redirect *out, mail_error *error)
{
    static waiting w; /* 512 KiB */
    mail_result result;
    size_t i;

    memset(&w, 0, sizeof(w));
    w.loopback = l;
    w.host = host;
    w.state = state;
    w.out = out;
    for (i = 0; i < PEERS; i++)
        w.peers[i].fd = -1;
    result = wait_for_it(&w, clock_ms() + (int64_t)timeout_ms, error);
    for (i = 0; i < PEERS; i++)
        hang_up(&w.peers[i]);
    return result;
}
