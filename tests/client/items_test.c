/* SPDX-License-Identifier: MIT */
/*
 * items_test - which rows pop3_call.items gets, and what becomes of the
 * session when it fails.
 */
#include <pop3.h>

#include "dialogue.h"
#include "octets.h"
#include "test.h"

struct fixture {
    struct dialogue d;
    pop3_client *client;
    struct octets log;
    pop3_result verdict; /* what the callback returns */
};

static void
open_client(struct fixture *f, const char *const *lines)
{
    pop3_options options = POP3_OPTIONS_INIT;

    memset(f, 0, sizeof(*f));
    dialogue_open(&f->d, lines, true);
    options.host = "pop.example.org";
    options.transport = &f->d.transport;
    options.core.any_state = true;
    options.idle_timeout_ms = 20000;
    octets_text(&f->log, "");
    CHECK_INT(pop3_client_open(&f->client, &options), POP3_OK);
}

static void
tear_down(struct fixture *f)
{
    pop3_client_close(f->client);
    CHECK(dialogue_done(&f->d));
    CHECK_INT(f->d.closed, 1);
    dialogue_close(&f->d);
    octets_clear(&f->log);
}

static pop3_result
on_items(void *ctx, const pop3_item *items, size_t count)
{
    struct fixture *f = ctx;

    for (size_t i = 0; i < count; i++)
        octets_format(&f->log, "%u ", (unsigned)items[i].number);
    return f->verdict;
}

/* A callback that fails gets no more rows, and the session is in step. */
static void
test_items(void)
{
    static const char *const lines[] = {
        "S +OK hi", "C LIST", "S +OK",  "S 1 10", "S 2 20", "S x",
        "S 3 30",   "S .",    "C UIDL", "S +OK",  "S 1 a",  "S 2 b",
        "S .",      "C LIST", "S -ERR", "C NOOP", "S +OK",  NULL};
    struct fixture f;
    pop3_call call = {
        .command.verb = POP3_CMD_LIST, .items = on_items, .ctx = &f};

    open_client(&f, lines);
    CHECK_INT(pop3_client_run(f.client, &call, 1), POP3_OK);
    CHECK_STR(f.log.ptr, "1 2 3 ");
    octets_clear(&f.log);
    f.verdict = POP3_ERR_IO;
    call.command.verb = POP3_CMD_UIDL;
    CHECK_INT(pop3_client_run(f.client, &call, 1), POP3_OK);
    CHECK_STR(f.log.ptr, "1 ");
    CHECK_INT(call.result, POP3_ERR_IO);
    call.command.verb = POP3_CMD_LIST;
    CHECK_INT(pop3_client_run(f.client, &call, 1), POP3_OK);
    CHECK_INT(call.result, POP3_ERR_REFUSED);
    CHECK_INT(pop3_client_noop(f.client), POP3_OK);
    tear_down(&f);
}

static pop3_result
on_other(void *ctx, const pop3_event *event)
{
    struct fixture *f = ctx;

    if (event->type == POP3_EVENT_REPLY || event->type == POP3_EVENT_ITEM)
        octets_format(&f->log, "%s%u ",
                      event->type == POP3_EVENT_ITEM ? "item" : "reply",
                      (unsigned)event->item.number);
    return POP3_OK;
}

/* What is no row of LIST or UIDL stays an event. */
static void
test_items_of_others(void)
{
    static const char *const lines[] = {
        "S +OK hi", "C LIST 7", "S +OK 7 70", "C CAPA", "S +OK",
        "S 1 TOP",  "S .",      "C LIST",     "S +OK",  "S 0 1",
        "S 1 10",   "S .",      NULL};
    struct fixture f;
    pop3_call calls[] = {
        {.command = {.verb = POP3_CMD_LIST, .number = 7}},
        {.command.verb = POP3_CMD_CAPA},
        {.command.verb = POP3_CMD_LIST},
    };

    open_client(&f, lines);
    for (size_t i = 0; i < 3; i++) {
        calls[i].items = on_items;
        calls[i].take = on_other;
        calls[i].ctx = &f;
    }
    CHECK_INT(pop3_client_run(f.client, calls, 3), POP3_OK);
    CHECK_STR(f.log.ptr, "reply7 reply0 item0 reply0 item0 1 ");
    tear_down(&f);
}

static void
test_items_cancel(void)
{
    static const char *const lines[] = {"S +OK hi", "C LIST", "S +OK",
                                        "S 1 10",   "S 2 20", NULL};
    struct fixture f;
    pop3_call call = {
        .command.verb = POP3_CMD_LIST, .items = on_items, .ctx = &f};

    open_client(&f, lines);
    f.verdict = POP3_ERR_CANCELED;
    CHECK_INT(pop3_client_run(f.client, &call, 1), POP3_ERR_CANCELED);
    CHECK_INT(call.result, POP3_ERR_CANCELED);
    CHECK_STR(f.log.ptr, "1 ");
    tear_down(&f);
}

int
main(void)
{
    test_items();
    test_items_of_others();
    test_items_cancel();
    return test_summary();
}
