/* SPDX-License-Identifier: MIT */
/*
 * client - the blocking layer: a conn and poll(2).
 *
 * client_wait() is the loop over the non-blocking layer; all that a command
 * does is to submit itself and to wait for its DONE. A pipe beside the
 * connection wakes the wait when another thread, or a signal handler, cancels.
 *
 * No function leaves the session out of step: a callback that has had enough
 * has the rest of its message read and thrown away, or the session ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/client_impl.h"
#include "conn/conn.h"

enum {
    PARTS_MAX = 64 /* of a message, at a time */
};

/* ---- opening and closing ---- */

static void
trace_to_stderr(void *ctx, char direction, const char *line)
{
    (void)ctx;
    (void)fprintf(stderr, "%c: %s\n", direction, line);
}

static pop3_client *
new_client(void)
{
    pop3_client *made = calloc(1, sizeof(*made));

    if (made == NULL)
        return NULL;
    made->cancel_read = -1;
    made->cancel_write = -1;
    atomic_init(&made->canceled, false);
    return made;
}

/* The pipe that pop3_client_cancel() writes to. */
static pop3_result
open_pipe(pop3_client *client)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        conn_fail(client->conn, POP3_ERR_IO, errno,
                  "no pipe: too many files are open");
        return POP3_ERR_IO;
    }
    client->cancel_read = ends[0];
    client->cancel_write = ends[1];
    return POP3_OK;
}

static void
keep(bytes *to, pop3_span line)
{
    bytes_consume(to, bytes_len(to));
    (void)bytes_append(to, line.ptr, line.len);
}

static pop3_result
wait_until_ready(pop3_client *client)
{
    pop3_event event;

    do {
        client_wait(client, &event);
        if (event.type == POP3_EVENT_GREETING)
            keep(&client->welcome, event.line);
    } while (event.type != POP3_EVENT_READY &&
             event.type != POP3_EVENT_CLOSED);
    return event.type == POP3_EVENT_READY ? POP3_OK : event.result;
}

/* One name at a time: as all of the machine's own configuration says. */
static pop3_options
with_resolver(const pop3_options *options)
{
    pop3_options with = POP3_OPTIONS_INIT;
    size_t size = options->size;

    memcpy(&with, options, size < sizeof(with) ? size : sizeof(with));
    with.size = sizeof(with);
    if (with.resolver == NULL)
        with.resolver = pop3_resolver_system();
    return with;
}

pop3_result
pop3_client_open(pop3_client **client, const pop3_options *options)
{
    pop3_client *made = new_client();
    pop3_options with = with_resolver(options);
    pop3_result result;

    *client = made;
    if (made == NULL)
        return POP3_ERR_NOMEM;
    result = pop3_conn_open(&made->conn, &with);
    if (made->conn == NULL) {
        pop3_client_close(made);
        *client = NULL;
        return result;
    }
    conn_let_sleep(made->conn);
    made->trace = options->core.trace;
    if (made->trace.fn == NULL)
        made->trace.fn = trace_to_stderr;
    if (result == POP3_OK)
        result = open_pipe(made);
    return result == POP3_OK ? wait_until_ready(made) : result;
}

void
pop3_client_close(pop3_client *client)
{
    if (client == NULL)
        return;
    pop3_conn_close(client->conn);
    if (client->cancel_read >= 0) {
        (void)close(client->cancel_read);
        (void)close(client->cancel_write);
    }
    bytes_clear(&client->welcome);
    bytes_clear(&client->response);
    free(client);
}

void
pop3_client_cancel(pop3_client *client)
{
    int saved = errno;

    atomic_store(&client->canceled, true);
    if (write(client->cancel_write, "", 1) < 0)
        errno = saved; /* full: it wakes the wait already */
    errno = saved;
}

/* ---- waiting ---- */

static short
poll_events(int events)
{
    return (short)(((events & POP3_POLL_IN) != 0 ? POLLIN : 0) |
                   ((events & POP3_POLL_OUT) != 0 ? POLLOUT : 0));
}

/* Sleeps until the connection can move, or somebody cancels. */
static void
sleep_until_ready(pop3_client *client)
{
    struct pollfd fds[2] = {
        {.fd = pop3_conn_fd(client->conn),
         .events = poll_events(pop3_conn_events(client->conn))},
        {.fd = client->cancel_read, .events = POLLIN},
    };

    /* Whatever woke us, EINTR included, the next step finds out. */
    (void)poll(fds, 2, pop3_conn_timeout_ms(client->conn));
}

void
client_wait(pop3_client *client, pop3_event *event)
{
    for (;;) {
        if (client_is_canceled(client))
            pop3_conn_cancel(client->conn);
        if (pop3_conn_step(client->conn, event) == POP3_OK)
            return;
        sleep_until_ready(client);
    }
}

/* RFC 1939 §6: only a +OK to QUIT says that all marked messages are gone. */
static pop3_deletes
deletes_after(pop3_result quit)
{
    if (quit == POP3_OK)
        return POP3_DELETES_CONFIRMED;
    return quit == POP3_ERR_REFUSED ? POP3_DELETES_REFUSED
                                    : POP3_DELETES_UNKNOWN;
}

static bool
was_sent(pop3_result result)
{
    return result != POP3_ERR_NOT_SENT && result != POP3_ERR_VETO &&
           result != POP3_ERR_NOMEM;
}

void
client_account(pop3_client *client, pop3_verb verb, pop3_result result)
{
    if (verb == POP3_CMD_QUIT && client->marked > 0 && was_sent(result))
        client->deletes = deletes_after(result);
    if (result != POP3_OK)
        return;
    if (verb == POP3_CMD_DELE)
        client->marked++;
    if (verb == POP3_CMD_RSET)
        client->marked = 0;
}

void
client_callback_failed(pop3_client *client, const pop3_event *event,
                       pop3_result result)
{
    if (result == POP3_ERR_CANCELED)
        pop3_conn_cancel(client->conn);
    else
        (void)conn_note(client->conn, result, event->verb, event->number,
                        "stopped by the program's own callback");
}

void
client_give(pop3_client *client, const client_handler *handler,
            const pop3_event *event, pop3_result *verdict)
{
    if (event->type == POP3_EVENT_REPLY)
        keep(&client->response, event->line);
    if (handler == NULL || *verdict != POP3_OK)
        return;
    *verdict = handler->take(handler->ctx, event);
    if (*verdict == POP3_ERR_CANCELED)
        pop3_conn_cancel(client->conn);
}

void
client_give_more(pop3_client *client, const client_handler *handler,
                 pop3_event *event, pop3_result *verdict)
{
    pop3_span parts[PARTS_MAX];
    size_t count;

    while ((count = pop3_conn_more_data(client->conn, parts, PARTS_MAX)) > 0)
        for (size_t i = 0; i < count && !client_is_canceled(client); i++) {
            event->text = parts[i];
            client_give(client, handler, event, verdict);
        }
}

pop3_result
client_finish(pop3_client *client, pop3_id id, const client_handler *handler)
{
    pop3_result verdict = POP3_OK;
    pop3_event event;

    for (;;) {
        client_wait(client, &event);
        if (event.type == POP3_EVENT_CLOSED)
            return POP3_ERR_INTERNAL; /* every id gets its DONE before */
        if (event.id != id)
            continue;
        if (event.type == POP3_EVENT_DONE)
            break;
        client_give(client, handler, &event, &verdict);
        if (event.type == POP3_EVENT_DATA)
            client_give_more(client, handler, &event, &verdict);
    }
    if (event.result == POP3_ERR_NOT_SENT &&
        conn_if_over(client->conn) != POP3_OK)
        return conn_if_over(client->conn);
    if (event.result != POP3_OK || verdict == POP3_OK)
        return event.result;
    client_callback_failed(client, &event, verdict);
    return verdict;
}

pop3_result
client_run(pop3_client *client, const pop3_command *command,
           const client_handler *handler)
{
    pop3_id id;
    pop3_result result = pop3_conn_submit(client->conn, command, &id);

    if (result != POP3_OK)
        return result;
    return client_finish(client, id, handler);
}

/* ---- what it knows ---- */

pop3_result
pop3_client_set_debuglevel(pop3_client *client, int level)
{
    if (level < 0 || level > 2)
        return conn_note(client->conn, POP3_ERR_ARGUMENT, POP3_CMD_RAW, 0,
                         "a debug level is 0, 1 or 2");
    client->trace.level = level;
    pop3_conn_set_trace(client->conn, &client->trace);
    return POP3_OK;
}

const pop3_conn *
pop3_client_conn(const pop3_client *client)
{
    return client->conn;
}

const pop3_error *
pop3_client_error(const pop3_client *client)
{
    static const pop3_error no_memory = {.result = POP3_ERR_NOMEM,
                                         .op = "connect",
                                         .resp_text = "",
                                         .text = "out of memory"};

    return client == NULL ? &no_memory : pop3_conn_error(client->conn);
}

pop3_span
pop3_client_getwelcome(const pop3_client *client)
{
    return (pop3_span){bytes_ptr(&client->welcome),
                       bytes_len(&client->welcome)};
}

pop3_span
pop3_client_response(const pop3_client *client)
{
    return (pop3_span){bytes_ptr(&client->response),
                       bytes_len(&client->response)};
}

uint64_t
pop3_client_skipped_rows(const pop3_client *client)
{
    return client->skipped_rows;
}

pop3_deletes
pop3_client_deletes(const pop3_client *client)
{
    if (client->deletes != POP3_DELETES_NONE || client->marked == 0)
        return client->deletes;
    return POP3_DELETES_PENDING;
}
