/* SPDX-License-Identifier: MIT */
/*
 * pace_test - whose time it is. The clock stands still until it is moved, and
 * the server is a string.
 */
#include <pop3/transport.h>

#include "net/clock.h"

#include "test.h"

#include <string.h>

enum {
    IDLE_MS = 1000,
    STEP_MS = 5000,
    LONG_MS = 600000
};

int64_t __wrap_clock_ms(void);

static int64_t now;
static const char *input; /* that the server has sent */

int64_t
__wrap_clock_ms(void)
{
    return now;
}

/* ---- the transport ---- */

static pop3_result
read_input(void *ctx, void *buf, size_t len, size_t *got, int *want)
{
    (void)ctx;
    (void)want;
    *got = strlen(input) < len ? strlen(input) : len;
    memcpy(buf, input, *got);
    input += *got;
    return *got == 0 ? POP3_ERR_AGAIN : POP3_OK;
}

static pop3_result
write_nowhere(void *ctx, const void *data, size_t len, size_t *sent, int *want)
{
    (void)ctx;
    (void)data;
    (void)want;
    *sent = len;
    return POP3_OK;
}

/* ---- the tests ---- */

/* Steps until there is nothing more; the result of the last DONE. */
static pop3_result
drain(pop3_conn *conn)
{
    pop3_event event = {.type = POP3_EVENT_NEED_INPUT};
    pop3_result result = POP3_OK;

    while (event.type != POP3_EVENT_CLOSED &&
           pop3_conn_step(conn, &event) == POP3_OK)
        if (event.type == POP3_EVENT_DONE)
            result = event.result;
    return result;
}

static pop3_conn *
open_ready(void)
{
    pop3_transport transport = POP3_TRANSPORT_INIT;
    pop3_options options = POP3_OPTIONS_INIT;
    pop3_event event = {.type = POP3_EVENT_NEED_INPUT};
    pop3_conn *conn = NULL;

    transport.read = read_input;
    transport.write = write_nowhere;
    options.transport = &transport;
    options.security = POP3_TLS_NONE;
    options.idle_timeout_ms = IDLE_MS;
    options.step_timeout_ms = STEP_MS;
    options.core.any_state = true;
    now = 1000;
    input = "+OK ready\r\n";
    CHECK_INT(pop3_conn_open(&conn, &options), POP3_OK);
    while (event.type != POP3_EVENT_READY &&
           pop3_conn_step(conn, &event) == POP3_OK)
        ;
    CHECK_INT(event.type, POP3_EVENT_READY);
    return conn;
}

static void
ask(pop3_conn *conn, pop3_verb verb)
{
    pop3_id id;

    CHECK_INT(pop3_conn_submit(
                  conn, &(pop3_command){.verb = verb, .number = 1}, &id),
              POP3_OK);
}

/* A session may rest on an event as long as it likes, but the rest gives the
 * server no time for the command that ends it. */
static void
rest_before_a_command(void)
{
    pop3_conn *conn = open_ready();

    CHECK_INT(pop3_conn_timeout_ms(conn), -1);
    now += LONG_MS;
    ask(conn, POP3_CMD_NOOP);
    CHECK_INT(drain(conn), POP3_OK);
    CHECK_INT(pop3_conn_timeout_ms(conn), IDLE_MS);
    now += IDLE_MS - 1;
    CHECK_INT(drain(conn), POP3_OK);
    CHECK_INT(pop3_conn_timeout_ms(conn), 1);
    now += 1;
    CHECK_INT(drain(conn), POP3_ERR_TIMEOUT);
    pop3_conn_close(conn);
}

/* The time that the program takes with an event is not the server's. */
static void
time_of_the_program(void)
{
    pop3_conn *conn = open_ready();
    pop3_event event = {.type = POP3_EVENT_NEED_INPUT};

    ask(conn, POP3_CMD_RETR);
    CHECK_INT(drain(conn), POP3_OK); /* it is sent: now the answer may come */
    input = "+OK\r\npart\r\n";
    while (event.type != POP3_EVENT_DATA && event.type != POP3_EVENT_CLOSED &&
           pop3_conn_step(conn, &event) == POP3_OK)
        ;
    CHECK_INT(event.type, POP3_EVENT_DATA);
    now += LONG_MS;
    CHECK_INT(drain(conn), POP3_OK);
    CHECK_INT(pop3_conn_timeout_ms(conn), IDLE_MS);
    now += IDLE_MS;
    CHECK_INT(drain(conn), POP3_ERR_TIMEOUT);
    pop3_conn_close(conn);
}

/* A server that drips keeps away silence, but not the end of its step, which
 * the rest before does not push back. */
static void
drops_are_no_steps(void)
{
    pop3_conn *conn = open_ready();

    now += LONG_MS;
    ask(conn, POP3_CMD_NOOP);
    CHECK_INT(drain(conn), POP3_OK);
    for (int64_t end = now + STEP_MS; now < end; now += IDLE_MS / 2) {
        input = "+";
        CHECK_INT(drain(conn), POP3_OK);
        CHECK(pop3_conn_timeout_ms(conn) > 0);
    }
    input = "+";
    CHECK_INT(drain(conn), POP3_ERR_TIMEOUT);
    pop3_conn_close(conn);
}

int
main(void)
{
    rest_before_a_command();
    time_of_the_program();
    drops_are_no_steps();
    return test_summary();
}
