/* SPDX-License-Identifier: MIT */
/*
 * Any number of accounts at once, in one thread, with libuv:
 *
 *     uv HOST PORT CA-FILE < accounts
 *
 * where each line of the accounts is "USER PASSWORD". A session has a
 * uv_poll_t for its descriptor and a uv_timer_t for its deadline; timers of
 * libuv stand in a heap.
 */
#include <uv.h>

#include "count.h"

typedef struct session {
    count *account;
    uv_poll_t *poll; /* NULL: none */
    int fd;
    uv_timer_t timer;
} session;

static bool all_good = true;

static void step(session *s);

static void
on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

static void
on_timer_closed(uv_handle_t *handle)
{
    session *s = handle->data;

    free(s->account);
    free(s);
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    step(poll->data);
}

static void
on_timer(uv_timer_t *timer)
{
    step(timer->data);
}

static void
unwatch(session *s)
{
    if (s->poll != NULL)
        uv_close((uv_handle_t *)s->poll, on_poll_closed);
    s->poll = NULL;
}

/* A descriptor must leave libuv before it is closed, and every step may close
 * it while the session connects. */
static void
watch(session *s)
{
    int events = pop3_conn_events(s->account->conn);
    int wanted = ((events & POP3_POLL_IN) != 0 ? UV_READABLE : 0) |
                 ((events & POP3_POLL_OUT) != 0 ? UV_WRITABLE : 0);
    int fd = pop3_conn_fd(s->account->conn);

    if (fd < 0)
        return;
    if (s->poll == NULL) {
        s->poll = calloc(1, sizeof(*s->poll));
        if (s->poll == NULL || uv_poll_init(s->timer.loop, s->poll, fd) != 0)
            exit(71);
        s->poll->data = s;
        s->fd = fd;
    }
    (void)uv_poll_start(s->poll, wanted, on_poll);
}

static void
end(session *s)
{
    unwatch(s);
    all_good = count_finish(s->account) && all_good;
    uv_close((uv_handle_t *)&s->timer, on_timer_closed);
}

static void
step(session *s)
{
    int timeout;

    if (!s->account->ready)
        unwatch(s);
    if (!count_step(s->account)) {
        end(s);
        return;
    }
    watch(s);
    timeout = pop3_conn_timeout_ms(s->account->conn);
    if (timeout < 0)
        (void)uv_timer_stop(&s->timer);
    else
        (void)uv_timer_start(&s->timer, on_timer, (uint64_t)timeout, 0);
}

static void
start(uv_loop_t *loop, count *account, const pop3_options *options)
{
    session *s = calloc(1, sizeof(*s));

    if (s == NULL || uv_timer_init(loop, &s->timer) != 0)
        exit(71);
    s->account = account;
    s->timer.data = s;
    account->result = pop3_conn_open(&account->conn, options);
    if (account->result == POP3_OK)
        step(s);
    else
        end(s);
}

int
main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();
    pop3_options options = POP3_OPTIONS_INIT;
    count *account;

    if (argc != 4)
        return 64;
    if (count_options(&options, argv) == POP3_OK)
        while ((account = count_read()) != NULL)
            start(loop, account, &options);
    else
        all_good = false;
    (void)uv_run(loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(loop);
    pop3_tls_free(options.tls.shared);
    return all_good ? 0 : 1;
}
