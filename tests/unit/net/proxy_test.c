/* SPDX-License-Identifier: MIT */
/*
 * Tests of proxy.c, proxy_socks.c and proxy_http.c: each dialogue whole and
 * octet by octet, cut at every position, and stalled; answers that are none;
 * and that what the server says behind the answer stays in the socket.
 */
#include "net/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/alloc.h"
#include "harness/test.h"
#include "proxy_rows.h"
#include "support.h"

ssize_t __real_recv(int fd, void *buf, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags);
ssize_t __real_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);

static int sys_once;        /* the next call fails with this */
static size_t send_at_most; /* octets of one send(); 0: no limit */

static bool
fails_now(void)
{
    if (sys_once == 0)
        return false;
    errno = sys_once;
    sys_once = 0;
    return true;
}

ssize_t
__wrap_recv(int fd, void *buf, size_t len, int flags)
{
    return fails_now() ? -1 : __real_recv(fd, buf, len, flags);
}

ssize_t
__wrap_send(int fd, const void *data, size_t len, int flags)
{
    if (send_at_most != 0 && len > send_at_most)
        len = send_at_most;
    return fails_now() ? -1 : __real_send(fd, data, len, flags);
}

#define GREETING "+OK hello\r\n"

#define SOCKS "socks5h://127.0.0.1:1080"
#define SOCKS_LOGIN "socks5h://al:sesame@127.0.0.1:1080"
#define HTTP_LOGIN "http://al:sesame@127.0.0.1:3128"

/* ---- one dialogue ---- */

typedef struct play {
    proxy *p;
    int peer; /* -1: closed */
    int fd;
    pop3_result result;
    net_error error;
} play;

static void
begin(play *g, const proxy_row *r)
{
    int ends[2];

    *g = (play){.fd = -1, .result = POP3_ERR_AGAIN};
    tcp_pair(ends);
    g->peer = ends[1];
    CHECK_INT(proxy_new(&g->p, r->url, r->host, r->port, &g->error), POP3_OK);
    CHECK_STR(proxy_host(g->p), "127.0.0.1");
    proxy_use(g->p, ends[0]);
}

static void
step(play *g)
{
    if (g->result == POP3_ERR_AGAIN)
        g->result = proxy_step(g->p, &g->fd, &g->error);
}

static void
hang_up(play *g)
{
    if (g->peer >= 0)
        (void)close(g->peer);
    g->peer = -1;
}

static void
end(play *g)
{
    hang_up(g);
    if (g->fd >= 0)
        (void)close(g->fd);
    proxy_free(g->p);
}

/* What we say: all of it, and nothing else. */
static void
hear(play *g, octets want)
{
    char got[1024];
    size_t len = 0;

    while (len < want.len) {
        ssize_t n;

        step(g);
        if (!wait_for(g->peer, POP3_POLL_IN, PATIENCE_MS))
            break;
        n = __real_recv(g->peer, got + len, sizeof(got) - len, 0);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    CHECK_MEM(got, len, want.ptr, want.len);
}

static void
say(const play *g, const char *ptr, size_t len)
{
    CHECK_INT(__real_send(g->peer, ptr, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* The answer is on its way: steps until something came of it. */
static void
answer(play *g, octets o, bool slowly)
{
    size_t part = slowly ? 1 : o.len;

    for (size_t i = 0; i < o.len && g->result == POP3_ERR_AGAIN; i += part) {
        CHECK_INT(proxy_events(g->p), POP3_POLL_IN);
        say(g, o.ptr + i, part);
        CHECK(wait_for(proxy_fd(g->p), POP3_POLL_IN, PATIENCE_MS));
        step(g);
    }
}

static size_t
turns_of(const proxy_row *r)
{
    size_t count = 0;

    while (count < 6 && r->turns[count].ptr != NULL)
        count++;
    return count;
}

static void
check_end(play *g, const proxy_row *r)
{
    char got[64];
    const octets greeting = O(GREETING);

    CHECK_INT(g->result, r->result);
    if (g->result != POP3_OK) {
        CHECK_INT(g->error.sys, r->sys);
        CHECK(strstr(g->error.text, "the proxy 127.0.0.1 port ") != NULL);
        CHECK(strstr(g->error.text, r->words) != NULL);
        CHECK(strstr(g->error.text, "sesame") == NULL);
        CHECK(strstr(g->error.text, PROXY_BASIC) == NULL);
        if (strstr(g->error.text, r->words) == NULL)
            fprintf(stderr, "  %s\n", g->error.text);
        return;
    }
    CHECK_INT(proxy_fd(g->p), -1);
    CHECK(wait_for(g->fd, POP3_POLL_IN, PATIENCE_MS));
    CHECK_MEM(got, (size_t)__real_recv(g->fd, got, sizeof(got), 0),
              greeting.ptr, greeting.len);
}

/* Plays it; the server's greeting comes in one piece with the last answer. */
static void
play_row(const proxy_row *r, bool slowly)
{
    char last[512];
    size_t count = turns_of(r);
    play g;

    TEST_ROW("%s%s", r->name, slowly ? ", slowly" : "");
    begin(&g, r);
    for (size_t i = 0; i < count; i++) {
        octets o = r->turns[i];

        if (i % 2 == 0) {
            hear(&g, o);
            continue;
        }
        if (i + 1 == count && !slowly && r->result == POP3_OK) {
            memcpy(last, o.ptr, o.len);
            memcpy(last + o.len, GREETING, sizeof(GREETING) - 1);
            o = (octets){last, o.len + sizeof(GREETING) - 1};
        }
        answer(&g, o, slowly);
    }
    if (slowly && r->result == POP3_OK)
        say(&g, GREETING, sizeof(GREETING) - 1);
    check_end(&g, r);
    end(&g);
}

/* The proxy closes after `keep` octets of its answers. */
static void
cut_row(const proxy_row *r, size_t keep)
{
    size_t count = turns_of(r);
    play g;

    TEST_ROW("%s, cut after %zu", r->name, keep);
    begin(&g, r);
    for (size_t i = 0; i < count && g.peer >= 0; i++) {
        octets o = r->turns[i];

        if (i % 2 == 0) {
            hear(&g, o);
            continue;
        }
        if (o.len > keep) {
            o.len = keep;
            answer(&g, o, false);
            CHECK_INT(g.result, POP3_ERR_AGAIN);
            hang_up(&g);
        } else {
            keep -= o.len;
            answer(&g, o, false);
        }
    }
    CHECK(wait_for(proxy_fd(g.p), POP3_POLL_IN, PATIENCE_MS));
    step(&g);
    CHECK_INT(g.result, POP3_ERR_CLOSED);
    CHECK(strstr(g.error.text, "closed the connection") != NULL);
    end(&g);
}

static void
test_rows(void)
{
    for (size_t i = 0; i < proxy_row_count; i++) {
        size_t answers = 0;

        play_row(&proxy_rows[i], false);
        play_row(&proxy_rows[i], true);
        for (size_t turn = 1; turn < turns_of(&proxy_rows[i]); turn += 2)
            answers += proxy_rows[i].turns[turn].len;
        /* What is refused may be known before its last octet. */
        for (size_t keep = 0;
             proxy_rows[i].result == POP3_OK && keep < answers; keep++)
            cut_row(&proxy_rows[i], keep);
    }
}

/* ---- trouble ---- */

static const proxy_row *
row_named(const char *name)
{
    for (size_t i = 0; i < proxy_row_count; i++)
        if (strcmp(proxy_rows[i].name, name) == 0)
            return &proxy_rows[i];
    return NULL;
}

/* Lines and headers without an end. */
static void
test_limits(void)
{
    char field[64];
    char line[5000];
    play g;

    memset(line, 'a', sizeof(line));
    memset(field, 'a', sizeof(field));
    memcpy(field + sizeof(field) - 4, ":b\r\n", 4);
    TEST_ROW("a line without an end");
    begin(&g, row_named("connected"));
    hear(&g,
         g.result == POP3_OK ? (octets){0} : row_named("connected")->turns[0]);
    answer(&g, (octets){line, sizeof(line)}, false);
    CHECK_INT(g.result, POP3_ERR_LIMIT);
    end(&g);

    TEST_ROW("fields without an end");
    begin(&g, row_named("connected"));
    hear(&g, row_named("connected")->turns[0]);
    answer(&g, (octets)O("HTTP/1.1 200 OK\r\n"), false);
    for (size_t sent = 0; sent < 40000 && g.result == POP3_ERR_AGAIN;
         sent += sizeof(field))
        answer(&g, (octets){field, sizeof(field)}, false);
    CHECK_INT(g.result, POP3_ERR_LIMIT);
    CHECK(strstr(g.error.text, "more than an answer has") != NULL);
    end(&g);

    TEST_ROW("1xx without an end");
    begin(&g, row_named("connected"));
    hear(&g, row_named("connected")->turns[0]);
    for (int i = 0; i < 4000 && g.result == POP3_ERR_AGAIN; i++)
        answer(&g, (octets)O("HTTP/1.1 100 a\r\n\r\n"), false);
    CHECK_INT(g.result, POP3_ERR_LIMIT);
    end(&g);
}

static void
fail_at(const char *what, int sys, pop3_result result, int events)
{
    play g;

    TEST_ROW("%s", what);
    begin(&g, row_named("no login"));
    sys_once = sys;
    step(&g);
    CHECK_INT(sys_once, 0);
    CHECK_INT(g.result, result);
    if (result == POP3_ERR_AGAIN)
        CHECK_INT(proxy_events(g.p), events);
    else
        CHECK_INT(g.error.sys, sys);
    end(&g);
}

static void
test_sockets(void)
{
    play g;

    fail_at("a full buffer", EAGAIN, POP3_ERR_AGAIN, POP3_POLL_OUT);
    fail_at("a signal", EINTR, POP3_ERR_AGAIN, POP3_POLL_OUT);
    fail_at("a reset", ECONNRESET, POP3_ERR_CLOSED, 0);
    fail_at("a pipe that broke", EPIPE, POP3_ERR_CLOSED, 0);
    fail_at("a route that went", ENETDOWN, POP3_ERR_IO, 0);

    TEST_ROW("a socket that takes one octet at a time");
    send_at_most = 1;
    play_row(row_named("with a login"), false);
    play_row(row_named("Basic"), false);
    send_at_most = 0;

    TEST_ROW("a proxy that is silent");
    begin(&g, row_named("no login"));
    step(&g);
    step(&g);
    CHECK_INT(g.result, POP3_ERR_AGAIN);
    CHECK_INT(proxy_events(g.p), POP3_POLL_IN);
    end(&g);
}

static void
test_memory(void)
{
    net_error error = {0};
    proxy *p = NULL;

    TEST_ROW("no memory");
    alloc_arm(1);
    CHECK_INT(proxy_new(&p, SOCKS, "h", "995", &error), POP3_ERR_NOMEM);
    CHECK(alloc_failed());
    CHECK(p == NULL);
    proxy_free(NULL);
}

/* ---- arguments ---- */

static void
test_arguments(void)
{
    static const struct {
        const char *url;
        const char *host;
        const char *port;
        const char *words;
    } bads[] = {
        {"ftp://p:1", "h", "995", "socks5h:// or http://"},
        {SOCKS_LOGIN, "", "995", "host name"},
        {SOCKS_LOGIN, "a b", "995", "space"},
        {SOCKS_LOGIN, "a\r\nb", "995", "control"},
        {SOCKS_LOGIN, "fe80::1%lo", "995", "zone"},
        {HTTP_LOGIN, "h:25", "995", "character"},
        {HTTP_LOGIN, "h/x", "995", "character"},
        {HTTP_LOGIN, "u@h", "995", "character"},
        {SOCKS_LOGIN, "h", "0", "port"},
        {SOCKS_LOGIN, "h", "65536", "port"},
        {SOCKS_LOGIN, "h", "no-such-service", "port"},
    };

    for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        net_error error = {0};
        proxy *p = NULL;

        TEST_ROW("%s %s %s", bads[i].url, bads[i].host, bads[i].port);
        CHECK_INT(
            proxy_new(&p, bads[i].url, bads[i].host, bads[i].port, &error),
            POP3_ERR_ARGUMENT);
        CHECK(p == NULL);
        CHECK(strstr(error.text, bads[i].words) != NULL);
        CHECK(strstr(error.text, "sesame") == NULL);
    }
}

/* The longest of all: names, user and password of 255 octets. */
static void
test_longest(void)
{
    char name[256];
    char url[1100];
    int fds = count_fds();

    memset(name, 'n', 255);
    name[255] = '\0';
    for (int i = 0; i < 2; i++) {
        proxy_row r = {"longest",   url,     name, "995",
                       {{NULL, 0}}, POP3_OK, 0,    ""};
        play g;
        char got[3000];
        ssize_t n;

        snprintf(url, sizeof(url), "%s://%s:%s@127.0.0.1:1",
                 i == 0 ? "socks5h" : "http", name, name);
        TEST_ROW("%.10s", url);
        begin(&g, &r);
        step(&g);
        CHECK(wait_for(g.peer, POP3_POLL_IN, PATIENCE_MS));
        n = __real_recv(g.peer, got, sizeof(got), 0);
        if (i == 0) {
            CHECK_INT(n, 4);
            answer(&g, (octets)O("\5\2"), false);
            CHECK(wait_for(g.peer, POP3_POLL_IN, PATIENCE_MS));
            CHECK_INT(__real_recv(g.peer, got, sizeof(got), 0), 513);
            answer(&g, (octets)O("\1\0"), false);
            CHECK(wait_for(g.peer, POP3_POLL_IN, PATIENCE_MS));
            CHECK_INT(__real_recv(g.peer, got, sizeof(got), 0), 262);
        } else {
            CHECK_INT(n, 8 + 259 + 17 + 259 + 29 + 684 + 4);
        }
        end(&g);
    }
    CHECK_INT(count_fds(), fds);
}

int
main(void)
{
    test_rows();
    test_limits();
    test_sockets();
    test_memory();
    test_arguments();
    test_longest();
    return test_summary();
}
