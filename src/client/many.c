/* SPDX-License-Identifier: MIT */
/*
 * many - RETR and DELE of many messages in one pipeline.
 *
 * Commands are submitted as long as the core has room, and again whenever one
 * is done, so that the pipe stays full with bounded memory. Answers come in
 * the order of the questions (RFC 2449 §6.6), and so do the callbacks: a
 * command that cannot be submitted is reported when its turn has come.
 */
#include "client/client_impl.h"
#include "conn/conn.h"

typedef struct batch {
    pop3_client *client;
    const pop3_many *many;
    const uint64_t *numbers;
    size_t count;
    size_t submitted;
    size_t done;
    pop3_verb verb;
    pop3_result verdict; /* of the data callback, for the message at hand */
    pop3_result stuck;   /* why the next one could not be submitted */
} batch;

static void
report(batch *b, uint64_t number, pop3_result result)
{
    b->done++;
    b->verdict = POP3_OK;
    if (result == POP3_OK && b->verb == POP3_CMD_DELE)
        b->client->marked++;
    if (b->many->done != NULL)
        b->many->done(b->many->ctx, number, result,
                      result == POP3_OK ? NULL : pop3_client_error(b->client));
}

static void
submit_next(batch *b)
{
    pop3_command command = {.verb = b->verb,
                            .number = b->numbers[b->submitted]};
    pop3_id id;

    b->stuck = pop3_conn_submit(b->client->conn, &command, &id);
    if (b->stuck == POP3_OK)
        b->submitted++;
}

/* The next command cannot be submitted, and its turn has come to say so. */
static void
report_stuck(batch *b)
{
    uint64_t number = b->numbers[b->submitted++];
    bool over = conn_if_over(b->client->conn) != POP3_OK;

    report(b, number, over ? POP3_ERR_NOT_SENT : b->stuck);
    b->stuck = POP3_OK;
}

/* Submits what has room. A full queue is tried again when there is room;
 * anything else waits until all before it is done. */
static void
submit_more(batch *b)
{
    if (b->stuck == POP3_ERR_AGAIN)
        b->stuck = POP3_OK;
    while (b->submitted < b->count) {
        if (b->stuck == POP3_OK)
            submit_next(b);
        if (b->stuck == POP3_OK)
            continue;
        if (b->done < b->submitted)
            return;
        report_stuck(b);
    }
}

static void
on_data(batch *b, const pop3_event *event)
{
    if (b->verdict != POP3_OK || b->many->data == NULL)
        return;
    b->verdict = b->many->data(b->many->ctx, event->number, event->text);
    if (b->verdict == POP3_ERR_CANCELED)
        pop3_conn_cancel(b->client->conn);
}

static void
on_done(batch *b, const pop3_event *event)
{
    pop3_result result = event->result;

    if (result == POP3_OK && b->verdict != POP3_OK) {
        result = b->verdict;
        client_callback_failed(b->client, event, result);
    }
    report(b, event->number, result);
}

/* Takes events until one command is done. */
static void
wait_for_done(batch *b)
{
    size_t before = b->done;
    pop3_event event;

    while (b->done == before) {
        client_wait(b->client, &event);
        if (event.type == POP3_EVENT_DATA)
            on_data(b, &event);
        else if (event.type == POP3_EVENT_DONE)
            on_done(b, &event);
    }
}

static pop3_result
run_batch(batch *b)
{
    pop3_conn *conn = b->client->conn;

    for (size_t i = 0; i < b->count; i++)
        if (b->numbers[i] == 0)
            return conn_note(conn, POP3_ERR_ARGUMENT, b->verb, 0,
                             "message numbers start at 1");
    do {
        submit_more(b);
        if (b->done < b->submitted)
            wait_for_done(b);
    } while (b->done < b->count);
    return conn_if_over(conn);
}

pop3_result
pop3_client_retr_many(pop3_client *client, const uint64_t *numbers,
                      size_t count, const pop3_many *many)
{
    return run_batch(&(batch){.client = client,
                              .many = many,
                              .numbers = numbers,
                              .count = count,
                              .verb = POP3_CMD_RETR});
}

pop3_result
pop3_client_dele_many(pop3_client *client, const uint64_t *numbers,
                      size_t count, const pop3_many *many)
{
    return run_batch(&(batch){.client = client,
                              .many = many,
                              .numbers = numbers,
                              .count = count,
                              .verb = POP3_CMD_DELE});
}
