/* SPDX-License-Identifier: MIT */
/*
 * sleep_test - that blocking calls keep nobody waiting: not who cancels, from
 * a thread, a signal handler or a callback, and not a deadline. Octets drip,
 * so that a read that may sleep in the kernel (tcp_let_sleep()) always finds
 * some, or are here all at once.
 */
#include <pop3.h>

#include "net/clock.h"

#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    DRIPS_MAX = 5000,
    DRIP_MS = 2,
    STEP_MS = 200,
    PAUSE_MS = 30,
    SILENCE_MS = 60000 /* what a test must never wait for */
};

struct server {
    int listener;
    const char *answer; /* at once, to whatever comes */
    const char *drips;  /* again and again; NULL: silence */
    int step_ms;
    bool gave_up;
    bool fell_out; /* the client did not talk as it should */
    char port[8];
    pthread_t thread;
};

static pop3_client *canceled;

static void
pause_ms(int ms)
{
    const struct timespec pause = {0, ms * 1000L * 1000};

    nanosleep(&pause, NULL);
}

/* ---- the server ---- */

static void
drip(struct server *s, int fd)
{
    const char *at = s->drips;

    for (int i = 0; i < DRIPS_MAX; i++) {
        pause_ms(DRIP_MS);
        if (send(fd, at, 1, MSG_NOSIGNAL) != 1)
            return;
        at = at[1] == '\0' ? s->drips : at + 1;
    }
    s->gave_up = true;
}

static bool
say(int fd, const char *text)
{
    size_t len = strlen(text);

    return send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* What goes wrong is told by stop(): checks are for one thread. */
static void *
serve(void *ctx)
{
    struct server *s = ctx;
    int fd = accept(s->listener, NULL, NULL);
    const int yes = 1;
    char in[64];

    s->fell_out =
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) != 0 ||
        !say(fd, "+OK hi\r\n") || recv(fd, in, sizeof(in), 0) <= 0 ||
        !say(fd, s->answer);
    if (s->drips != NULL)
        drip(s, fd);
    while (recv(fd, in, sizeof(in), 0) > 0)
        ;
    close(fd);
    return NULL;
}

static void
start(struct server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);

    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(s->listener, (struct sockaddr *)&at, len), 0);
    CHECK_INT(listen(s->listener, 1), 0);
    CHECK_INT(getsockname(s->listener, (struct sockaddr *)&at, &len), 0);
    (void)snprintf(s->port, sizeof(s->port), "%u",
                   (unsigned)ntohs(at.sin_port));
    CHECK_INT(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
stop(struct server *s)
{
    CHECK_INT(pthread_join(s->thread, NULL), 0);
    close(s->listener);
    CHECK(!s->fell_out);
    CHECK(!s->gave_up);
}

static pop3_client *
open_client(const struct server *s)
{
    pop3_options options = POP3_OPTIONS_INIT;
    pop3_client *client = NULL;

    options.host = "127.0.0.1";
    options.port = s->port;
    options.security = POP3_TLS_NONE;
    options.idle_timeout_ms = SILENCE_MS;
    options.step_timeout_ms = s->step_ms == 0 ? SILENCE_MS : s->step_ms;
    options.min_rate = 1000000;
    options.core.any_state = true;
    CHECK_INT(pop3_client_open(&client, &options), POP3_OK);
    return client;
}

/* ---- a deadline ---- */

static pop3_result
on_item(void *ctx, const pop3_item *item)
{
    (void)ctx;
    (void)item;
    return POP3_OK;
}

/* Of rows, and of parts of a message, an event for each octet. */
static void
deadline_of_drips(bool rows)
{
    struct server s = {.answer = "+OK\r\n",
                       .drips = rows ? "1 1\r\n" : "x",
                       .step_ms = STEP_MS};
    pop3_client *client;

    start(&s);
    client = open_client(&s);
    CHECK_INT(rows ? pop3_client_list(client, 0, on_item, NULL)
                   : pop3_client_retr(client, 1, NULL, NULL),
              POP3_ERR_TIMEOUT);
    pop3_client_close(client);
    stop(&s);
}

/* ---- a cancel while nothing comes, or drips ---- */

static void *
cancel_it(void *client)
{
    pause_ms(PAUSE_MS);
    pop3_client_cancel(client);
    return NULL;
}

static void
on_signal(int number)
{
    (void)number;
    pop3_client_cancel(canceled);
}

static void *
signal_it(void *thread)
{
    pause_ms(PAUSE_MS);
    (void)pthread_kill(*(pthread_t *)thread, SIGUSR1);
    return NULL;
}

static void
cancel_by(struct server *s, void *(*cancel)(void *), void *ctx)
{
    int64_t begin = clock_ms();
    pthread_t thread;

    CHECK_INT(
        pthread_create(&thread, NULL, cancel, ctx == NULL ? canceled : ctx),
        0);
    CHECK_INT(pop3_client_noop(canceled), POP3_ERR_CANCELED);
    CHECK(clock_ms() - begin < DRIPS_MAX * DRIP_MS / 2);
    CHECK_INT(pthread_join(thread, NULL), 0);
    pop3_client_close(canceled);
    stop(s);
}

static void
cancels(void)
{
    static const char *const drips[] = {NULL, "x"};
    struct sigaction action = {.sa_handler = on_signal};
    pthread_t self = pthread_self();

    CHECK_INT(sigaction(SIGUSR1, &action, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        struct server s = {.answer = "+OK ", .drips = drips[i % 2]};

        TEST_ROW("%zu", i);
        start(&s);
        canceled = open_client(&s);
        if (i < 2)
            cancel_by(&s, cancel_it, NULL);
        else
            cancel_by(&s, signal_it, &self);
    }
    TEST_ROW("%s", "");
}

/* ---- a cancel in a callback: it is not called again ---- */

static unsigned calls;
static unsigned last; /* the one that cancels */

static pop3_result
cancel_here(void)
{
    if (++calls == last)
        pop3_client_cancel(canceled);
    return POP3_OK;
}

static pop3_result
on_part(void *ctx, pop3_span part)
{
    (void)ctx;
    (void)part;
    return cancel_here();
}

static pop3_result
on_many_data(void *ctx, uint64_t number, pop3_span part)
{
    (void)ctx;
    (void)number;
    (void)part;
    return cancel_here();
}

static pop3_result
on_row(void *ctx, const pop3_item *item)
{
    return on_item(ctx, item) == POP3_OK ? cancel_here() : POP3_ERR_IO;
}

static pop3_result
on_rows(void *ctx, const pop3_item *items, size_t count)
{
    (void)ctx;
    (void)items;
    (void)count;
    return cancel_here();
}

static pop3_result
call(unsigned which)
{
    static const uint64_t numbers[] = {1, 2};
    pop3_many many = {.data = on_many_data};
    pop3_call rows = {.command.verb = POP3_CMD_LIST, .items = on_rows};

    if (which == 0)
        return pop3_client_retr(canceled, 1, on_part, NULL);
    if (which == 1)
        return pop3_client_retr_many(canceled, numbers, 2, &many);
    return which == 2 ? pop3_client_list(canceled, 0, on_row, NULL)
                      : pop3_client_run(canceled, &rows, 1);
}

static void
cancel_in_callback(unsigned which)
{
    static const char *const answers[] = {
        "+OK\r\n..a\r\n..b\r\n..c\r\n.\r\n",
        "+OK\r\n1 10\r\n2 20\r\n3 30\r\n.\r\n"};

    for (last = 1; last <= 2; last++) {
        struct server s = {.answer = answers[which / 2]};

        TEST_ROW("%u, %u", which, last);
        start(&s);
        canceled = open_client(&s);
        calls = 0;
        CHECK_INT(call(which), POP3_ERR_CANCELED);
        CHECK_INT(calls, last);
        pop3_client_close(canceled);
        stop(&s);
    }
    TEST_ROW("%s", "");
}

int
main(void)
{
    deadline_of_drips(true);
    deadline_of_drips(false);
    cancels();
    for (unsigned which = 0; which < 4; which++)
        cancel_in_callback(which);
    return test_summary();
}
