/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "memory.h"

enum {
    READ_ROOM = 64 << 10,
    VECTORS = 64,
    SEND_MOST = 1 << 20
};

peer *
peer_new(int fd, server_house *house, SSL_CTX *ctx, bool implicit_tls)
{
    peer *p = need(calloc(1, sizeof(*p)));

    p->fd = fd;
    p->ctx = ctx;
    session_init(&p->session, house, &p->out, implicit_tls);
    p->uses_tls = implicit_tls;
    if (implicit_tls)
        tls_init(&p->tls, ctx);
    return p;
}

void
peer_free(peer *p)
{
    session_clear(&p->session);
    pieces_clear(&p->out);
    tls_clear(&p->tls);
    close(p->fd);
    free(p);
}

static bool
all_sent(const peer *p)
{
    return pieces_empty(&p->out) &&
           (!p->uses_tls || BIO_ctrl_pending(p->tls.out) == p->tls.sent);
}

bool
peer_is_quiet(const peer *p)
{
    return all_sent(p) && p->session.partial_len == 0;
}

static counts *
seen(peer *p)
{
    return &p->session.house->seen;
}

static void
shake_hands(peer *p)
{
    if (!tls_handshake(&p->tls, &p->tls_up))
        p->dead = true;
    if (!p->tls_up)
        return;
    seen(p)->handshakes++;
    seen(p)->resumed += SSL_session_reused(p->tls.ssl) == 1;
    if (p->session.state == SESSION_STARTING_TLS)
        session_tls_done(&p->session);
    else
        session_greet(&p->session);
}

static void
take_tls(peer *p, const char *data, size_t len)
{
    static char clear[READ_ROOM];
    int got = 0;

    tls_put(&p->tls, data, len);
    if (!p->tls_up)
        shake_hands(p);
    while (p->tls_up && !p->dead &&
           (got = tls_take(&p->tls, clear, sizeof(clear))) > 0)
        session_take(&p->session, clear, (size_t)got);
    p->hung_up = p->hung_up || got < 0;
}

static void
take(peer *p, const char *data, size_t len)
{
    if (p->uses_tls)
        take_tls(p, data, len);
    else
        session_take(&p->session, data, len);
}

static void
read_all(peer *p)
{
    static char data[READ_ROOM];
    ssize_t got;

    while (p->readable && p->session.state != SESSION_OVER) {
        got = recv(p->fd, data, sizeof(data), 0);
        if (got > 0)
            take(p, data, (size_t)got);
        else if (got == 0 || errno != EAGAIN)
            p->hung_up = true;
        /* A short read means that there was no more, but for the end. */
        p->readable = !p->hung_up && (got == sizeof(data) || p->ending);
    }
}

/* Octets given to the kernel; 0 when it takes no more. */
static size_t
sent(peer *p, ssize_t result)
{
    if (result >= 0)
        return (size_t)result;
    if (errno != EAGAIN)
        p->dead = true;
    return 0;
}

static size_t
send_clear(peer *p)
{
    struct iovec vectors[VECTORS];
    size_t count = pieces_peek(&p->out, vectors, VECTORS, SEND_MOST);
    struct msghdr message = {.msg_iov = vectors, .msg_iovlen = count};
    size_t done;

    if (count == 0)
        return 0;
    done = sent(p, sendmsg(p->fd, &message, MSG_NOSIGNAL));
    seen(p)->octets += done;
    pieces_sent(&p->out, done);
    return done;
}

static size_t
send_tls(peer *p)
{
    size_t len, octets, done;
    const char *records = tls_records(&p->tls, &p->out, &len, &octets);

    if (len == 0)
        return 0;
    done = sent(p, send(p->fd, records, len, MSG_NOSIGNAL));
    seen(p)->octets += octets;
    tls_records_sent(&p->tls, done);
    return done;
}

static void
send_all(peer *p)
{
    while (!p->dead && (p->uses_tls ? send_tls(p) : send_clear(p)) > 0)
        ;
    if (p->session.state == SESSION_STARTING_TLS && !p->uses_tls &&
        pieces_empty(&p->out)) {
        p->uses_tls = true;
        tls_init(&p->tls, p->ctx);
    }
}

void
peer_work(peer *p)
{
    if (!p->greeted && !p->uses_tls)
        session_greet(&p->session);
    p->greeted = true;
    read_all(p);
    send_all(p);
    if ((p->hung_up || p->session.state == SESSION_OVER) && all_sent(p))
        p->dead = true;
}
