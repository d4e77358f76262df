/* SPDX-License-Identifier: MIT */
/*
 * sleep_test - that a read of a blocking call, which may sleep in the kernel
 * (see tcp_let_sleep()), keeps nobody waiting: not who cancels, from a thread
 * or from a signal handler, and not a deadline, however octets drip.
 */
#include <pop3.h>

#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
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
    SILENCE_MS = 20000 /* what a test must never wait for */
};

struct server {
    int listener;
    bool drips; /* or is silent behind the greeting */
    bool gave_up;
    char port[8];
    pthread_t thread;
};

static pop3_client *canceled; /* by the signal handler */

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
    static const char rows[] = "1 1\r\n";

    for (int i = 0; i < DRIPS_MAX; i++) {
        pause_ms(DRIP_MS);
        if (send(fd, &rows[i % 5], 1, MSG_NOSIGNAL) != 1)
            return;
    }
    s->gave_up = true;
}

static void *
serve(void *ctx)
{
    struct server *s = ctx;
    int fd = accept(s->listener, NULL, NULL);
    char in[64];

    CHECK_INT(send(fd, "+OK hi\r\n", 8, MSG_NOSIGNAL), 8);
    CHECK(recv(fd, in, sizeof(in), 0) > 0);
    if (s->drips && send(fd, "+OK\r\n", 5, MSG_NOSIGNAL) == 5)
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
    options.step_timeout_ms = s->drips ? STEP_MS : SILENCE_MS;
    options.min_rate = 1000000;
    options.core.any_state = true;
    CHECK_INT(pop3_client_open(&client, &options), POP3_OK);
    return client;
}

/* ---- the tests ---- */

static pop3_result
on_item(void *ctx, const pop3_item *item)
{
    (void)ctx;
    (void)item;
    return POP3_OK;
}

static void
deadline_of_drips(void)
{
    struct server s = {.drips = true};
    pop3_client *client;

    start(&s);
    client = open_client(&s);
    CHECK_INT(pop3_client_list(client, 0, on_item, NULL), POP3_ERR_TIMEOUT);
    pop3_client_close(client);
    stop(&s);
}

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
    CHECK_INT(pthread_kill(*(pthread_t *)thread, SIGUSR1), 0);
    return NULL;
}

static void
cancel_by(void *(*cancel)(void *), void *ctx, pop3_client *client)
{
    struct timespec begin;
    struct timespec end;
    pthread_t thread;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    CHECK_INT(pthread_create(&thread, NULL, cancel, ctx), 0);
    CHECK_INT(pop3_client_noop(client), POP3_ERR_CANCELED);
    clock_gettime(CLOCK_MONOTONIC, &end);
    CHECK(end.tv_sec - begin.tv_sec < SILENCE_MS / 1000 / 2);
    CHECK_INT(pthread_join(thread, NULL), 0);
    pop3_client_close(client);
}

static void
cancel_from_thread(void)
{
    struct server s = {0};
    pop3_client *client;

    start(&s);
    client = open_client(&s);
    cancel_by(cancel_it, client, client);
    stop(&s);
}

static void
cancel_from_handler(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    pthread_t self = pthread_self();
    struct server s = {0};

    start(&s);
    canceled = open_client(&s);
    CHECK_INT(sigaction(SIGUSR1, &action, NULL), 0);
    cancel_by(signal_it, &self, canceled);
    stop(&s);
}

int
main(void)
{
    deadline_of_drips();
    cancel_from_thread();
    cancel_from_handler();
    return test_summary();
}
