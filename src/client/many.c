/* SPDX-License-Identifier: MIT */
/*
 * many - several commands in one pipeline.
 *
 * Commands are submitted by the thousand, and again when half of them are
 * done, so that the pipe stays full with bounded memory. Answers come in the
 * order of the questions (RFC 2449 §6.6), and so do the callbacks: a command
 * that cannot be submitted is reported when its turn has come.
 *
 * What is asked and who is told stands behind batch_ops: a list of calls, or
 * one verb for a list of numbers.
 */
#include "client/client_impl.h"
#include "conn/conn.h"
#include "core/event.h"

enum {
    QUEUED_MAX = 4096,
    ITEMS_MAX = 128
};

typedef struct batch batch;

typedef struct batch_ops {
    /* Valid until it is called again. */
    const pop3_command *(*command)(batch *b, size_t index);
    /* REPLY, ITEM or DATA of a command. */
    pop3_result (*take)(const batch *b, size_t index, const pop3_event *event);
    /* Its DONE, or one made up for what could not be submitted. */
    void (*done)(const batch *b, size_t index, const pop3_event *event);
} batch_ops;

struct batch {
    const batch_ops *ops;
    pop3_client *client;
    size_t count;
    size_t submitted;
    size_t done;
    bool filling;        /* from half empty until full */
    pop3_result verdict; /* of the callback, for the command at hand */
    pop3_result stuck;   /* why the next one could not be submitted */

    pop3_call *calls; /* the one kind */

    const pop3_many *many; /* the other */
    const uint64_t *numbers;
    pop3_command command; /* the one that is submitted */
};

static void
report(batch *b, pop3_event *event)
{
    size_t index = b->done++;

    b->verdict = POP3_OK;
    client_account(b->client, event->verb, event->result);
    b->ops->done(b, index, event);
}

static void
submit_next(batch *b)
{
    const pop3_command *command = b->ops->command(b, b->submitted);
    pop3_id id;

    b->stuck = pop3_conn_submit(b->client->conn, command, &id);
    if (b->stuck == POP3_OK)
        b->submitted++;
    if (b->stuck == POP3_ERR_AGAIN)
        b->filling = false;
}

/* The next command cannot be submitted, and its turn has come to say so. */
static void
report_stuck(batch *b)
{
    const pop3_command *command = b->ops->command(b, b->submitted++);
    bool over = conn_if_over(b->client->conn) != POP3_OK;
    pop3_event event = {.type = POP3_EVENT_DONE,
                        .verb = command->verb,
                        .number = command->number,
                        .result = over ? POP3_ERR_NOT_SENT : b->stuck};

    report(b, &event);
    b->stuck = POP3_OK;
}

static bool
has_room(batch *b)
{
    size_t queued = b->submitted - b->done;

    if (queued <= QUEUED_MAX / 2)
        b->filling = true;
    if (queued >= QUEUED_MAX)
        b->filling = false;
    return b->filling;
}

/* Submits what has room. A full queue is tried again when there is room;
 * anything else waits until all before it is done. */
static void
submit_more(batch *b)
{
    if (b->stuck == POP3_ERR_AGAIN)
        b->stuck = POP3_OK;
    while (b->submitted < b->count && has_room(b)) {
        if (b->stuck == POP3_OK)
            submit_next(b);
        if (b->stuck == POP3_OK)
            continue;
        if (b->done < b->submitted)
            return;
        report_stuck(b);
    }
}

static pop3_result
take_by_ops(void *ctx, const pop3_event *event)
{
    const batch *b = ctx;

    return b->ops->take(b, b->done, event);
}

static void
take(batch *b, const pop3_event *event)
{
    const client_handler handler = {take_by_ops, b};

    client_give(b->client, &handler, event, &b->verdict);
}

static void
take_more(batch *b, pop3_event *event)
{
    const client_handler handler = {take_by_ops, b};

    client_give_more(b->client, &handler, event, &b->verdict);
}

static void
on_done(batch *b, pop3_event *event)
{
    if (event->result == POP3_OK && b->verdict != POP3_OK) {
        event->result = b->verdict;
        client_callback_failed(b->client, event, event->result);
    }
    report(b, event);
}

/* What its events are. */
static void
take_whole(batch *b, whole_message *message)
{
    pop3_event event;

    event_clear(&event);
    event.type = POP3_EVENT_REPLY;
    event.id = message->done.id;
    event.verb = message->done.verb;
    event.number = message->done.number;
    event.line = message->line;
    event.text = message->text;
    take(b, &event);
    event.type = POP3_EVENT_DATA;
    event.line = (pop3_span){NULL, 0};
    event.text = message->data;
    if (event.text.len > 0)
        take(b, &event);
    on_done(b, &message->done);
}

/* Takes a message that is here whole, or events until one command is done. */
static void
wait_for_done(batch *b)
{
    whole_message message;
    pop3_event event;

    if (!client_is_canceled(b->client) &&
        conn_take_whole(b->client->conn, &message)) {
        take_whole(b, &message);
        return;
    }
    for (;;) {
        client_wait(b->client, &event);
        if (event.type == POP3_EVENT_DONE) {
            on_done(b, &event);
            return;
        }
        take(b, &event);
        if (event.type == POP3_EVENT_DATA)
            take_more(b, &event);
    }
}

/* The end of a session by QUIT is no failure. */
static pop3_result
run_batch(batch *b)
{
    pop3_conn *conn = b->client->conn;
    bool live = conn_if_over(conn) == POP3_OK;

    while (b->done < b->count) {
        submit_more(b);
        if (b->done < b->submitted)
            wait_for_done(b);
    }
    if (live && pop3_core_state(pop3_conn_core(conn)) == POP3_STATE_CLOSED)
        return POP3_OK;
    return conn_if_over(conn);
}

/* ---- calls of all kinds ---- */

static const pop3_command *
call_command(batch *b, size_t index)
{
    return &b->calls[index].command;
}

/* The row of an event, and those behind it that need none. */
static pop3_result
call_items(const batch *b, const pop3_call *call, const pop3_item *first)
{
    pop3_item items[ITEMS_MAX];
    pop3_result result = call->items(call->ctx, first, 1);
    size_t count;

    while (result == POP3_OK && !client_is_canceled(b->client) &&
           (count = pop3_conn_more_items(b->client->conn, items, ITEMS_MAX)) >
               0)
        result = call->items(call->ctx, items, count);
    return result;
}

static pop3_result
call_take(const batch *b, size_t index, const pop3_event *event)
{
    const pop3_call *call = &b->calls[index];

    if (call->items != NULL && event->type == POP3_EVENT_ITEM &&
        event->result == POP3_OK && event->item.number != 0)
        return call_items(b, call, &event->item);
    return call->take == NULL ? POP3_OK : call->take(call->ctx, event);
}

static void
call_done(const batch *b, size_t index, const pop3_event *event)
{
    pop3_call *call = &b->calls[index];

    call->result = event->result;
    if (call->take != NULL)
        (void)call->take(call->ctx, event);
}

pop3_result
pop3_client_run(pop3_client *client, pop3_call *calls, size_t count)
{
    static const batch_ops ops = {call_command, call_take, call_done};

    return run_batch(&(batch){
        .ops = &ops, .client = client, .count = count, .calls = calls});
}

/* ---- one verb, many messages ---- */

static const pop3_command *
many_command(batch *b, size_t index)
{
    const uint64_t *octets = b->many->octets;

    b->command.number = b->numbers[index];
    b->command.octets = octets == NULL ? 0 : octets[index];
    return &b->command;
}

static pop3_result
many_take(const batch *b, size_t index, const pop3_event *event)
{
    (void)index;
    if (event->type != POP3_EVENT_DATA || b->many->data == NULL)
        return POP3_OK;
    return b->many->data(b->many->ctx, event->number, event->text);
}

static void
many_done(const batch *b, size_t index, const pop3_event *event)
{
    bool good = event->result == POP3_OK;

    if (b->many->done != NULL)
        b->many->done(b->many->ctx, b->numbers[index], event->result,
                      good ? NULL : pop3_client_error(b->client));
}

static pop3_result
run_many(batch *b)
{
    static const batch_ops ops = {many_command, many_take, many_done};

    for (size_t i = 0; i < b->count; i++)
        if (b->numbers[i] == 0)
            return conn_note(b->client->conn, POP3_ERR_ARGUMENT,
                             b->command.verb, 0, "message numbers start at 1");
    b->ops = &ops;
    return run_batch(b);
}

pop3_result
pop3_client_retr_many(pop3_client *client, const uint64_t *numbers,
                      size_t count, const pop3_many *many)
{
    return run_many(&(batch){.client = client,
                             .many = many,
                             .numbers = numbers,
                             .count = count,
                             .command.verb = POP3_CMD_RETR});
}

pop3_result
pop3_client_dele_many(pop3_client *client, const uint64_t *numbers,
                      size_t count, const pop3_many *many)
{
    return run_many(&(batch){.client = client,
                             .many = many,
                             .numbers = numbers,
                             .count = count,
                             .command.verb = POP3_CMD_DELE});
}
