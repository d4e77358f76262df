/* SPDX-License-Identifier: MIT */
/*
 * commands - one blocking function for each command of RFC 1939 and its
 * extensions, named as in Python's poplib.
 *
 * Each is a pop3_command and, where the answer is more than yes or no, a
 * handler that takes its events. What a refusal or a failure means is settled
 * below, in the core; here nothing is decided but what a caller sees.
 */
#include <string.h>

#include "auth/auth.h"
#include "auth/md5.h"
#include "client/client_impl.h"
#include "conn/conn.h"

static pop3_result
run_plain(pop3_client *client, pop3_verb verb)
{
    return client_run(client, &(pop3_command){.verb = verb}, NULL);
}

/* ---- logging in ---- */

pop3_result
pop3_client_login(pop3_client *client, const pop3_credentials *credentials)
{
    pop3_id id;
    pop3_result result = pop3_conn_login(client->conn, credentials, &id);

    if (result != POP3_OK)
        return result;
    return client_finish(client, id, NULL);
}

pop3_result
pop3_client_user(pop3_client *client, const char *user)
{
    return client_run(
        client, &(pop3_command){.verb = POP3_CMD_USER, .arg = user}, NULL);
}

pop3_result
pop3_client_pass(pop3_client *client, const char *password)
{
    return client_run(
        client, &(pop3_command){.verb = POP3_CMD_PASS, .arg = password}, NULL);
}

pop3_result
pop3_client_rpop(pop3_client *client, const char *user)
{
    return client_run(
        client, &(pop3_command){.verb = POP3_CMD_RPOP, .arg = user}, NULL);
}

pop3_result
pop3_client_apop(pop3_client *client, const char *user, const char *password)
{
    pop3_credentials credentials = POP3_CREDENTIALS_INIT;
    pop3_span timestamp = pop3_core_timestamp(pop3_conn_core(client->conn));
    auth_scene scene = {.capa = pop3_core_capa(pop3_conn_core(client->conn)),
                        .tls = pop3_core_is_tls(pop3_conn_core(client->conn))};
    auth_exchange exchange = {0};
    char hex[MD5_HEX_SIZE];
    pop3_result result;

    credentials.user = user;
    credentials.password = password;
    result = auth_start(&exchange, auth_find("APOP"), &credentials, &scene);
    if (result == POP3_OK)
        result = auth_apop_digest(&exchange, timestamp, hex);
    auth_clear(&exchange);
    if (result != POP3_OK)
        return conn_note(client->conn, result, POP3_CMD_APOP, 0, exchange.why);
    return client_run(
        client,
        &(pop3_command){.verb = POP3_CMD_APOP, .arg = user, .arg2 = hex},
        NULL);
}

pop3_result
pop3_client_auth(pop3_client *client, const char *mechanism,
                 const pop3_credentials *credentials)
{
    const auth_mechanism *known = auth_find(mechanism);
    pop3_credentials named = POP3_CREDENTIALS_INIT;
    size_t size = credentials->size;

    if (known == NULL || known->kind != AUTH_BY_SASL)
        return conn_note(client->conn, POP3_ERR_UNSUPPORTED, POP3_CMD_AUTH, 0,
                         "the library does not have this SASL mechanism");
    memcpy(&named, credentials, size < sizeof(named) ? size : sizeof(named));
    named.mechanism = known->name;
    return pop3_client_login(client, &named);
}

pop3_result
pop3_client_stls(pop3_client *client)
{
    const pop3_capa *capa = NULL;
    pop3_result result = POP3_ERR_REFUSED;

    if (conn_asks_capa(client->conn))
        result = pop3_client_capa(client, &capa);
    if (result == POP3_OK && !pop3_capa_has(capa, "STLS"))
        return conn_note(client->conn, POP3_ERR_UNSUPPORTED, POP3_CMD_STLS, 0,
                         "the server does not offer STLS");
    if (result != POP3_OK && result != POP3_ERR_REFUSED)
        return result;
    return run_plain(client, POP3_CMD_STLS);
}

/* ---- capabilities and languages ---- */

pop3_result
pop3_client_capa(pop3_client *client, const pop3_capa **capa)
{
    pop3_result result = run_plain(client, POP3_CMD_CAPA);

    if (result == POP3_OK)
        *capa = pop3_core_capa(pop3_conn_core(client->conn));
    return result;
}

pop3_result
pop3_client_utf8(pop3_client *client)
{
    return run_plain(client, POP3_CMD_UTF8);
}

typedef struct line_taker {
    pop3_each_line *each;
    void *ctx;
} line_taker;

static pop3_result
take_row(void *ctx, const pop3_event *event)
{
    const line_taker *taker = ctx;

    if (event->type != POP3_EVENT_ITEM || taker->each == NULL)
        return POP3_OK;
    return taker->each(taker->ctx, event->line);
}

pop3_result
pop3_client_lang(pop3_client *client, const char *tag, pop3_each_line *each,
                 void *ctx)
{
    line_taker taker = {each, ctx};
    client_handler handler = {take_row, &taker};

    return client_run(
        client, &(pop3_command){.verb = POP3_CMD_LANG, .arg = tag}, &handler);
}

/* ---- listings ---- */

static pop3_result
take_stat(void *ctx, const pop3_event *event)
{
    if (event->type == POP3_EVENT_REPLY)
        *(pop3_stat *)ctx = event->stat;
    return POP3_OK;
}

pop3_result
pop3_client_stat(pop3_client *client, pop3_stat *stat)
{
    pop3_stat told = {0};
    client_handler handler = {take_stat, &told};
    pop3_result result =
        client_run(client, &(pop3_command){.verb = POP3_CMD_STAT}, &handler);

    if (result == POP3_OK)
        *stat = told;
    return result;
}

typedef struct item_taker {
    pop3_client *client;
    pop3_each *each;
    void *ctx;
} item_taker;

/* Most rows need no event of their own. */
static pop3_result
take_more_items(const item_taker *taker)
{
    pop3_client *client = taker->client;
    pop3_item items[64];
    size_t count;

    while ((count = pop3_conn_more_items(
                client->conn, items, sizeof(items) / sizeof(items[0]))) > 0)
        for (size_t i = 0; i < count && !client_is_canceled(client); i++) {
            pop3_result result = taker->each(taker->ctx, &items[i]);

            if (result != POP3_OK)
                return result;
        }
    return POP3_OK;
}

/* A row of a listing, or the answer about one message. */
static pop3_result
take_item(void *ctx, const pop3_event *event)
{
    item_taker *taker = ctx;
    pop3_result result;

    if (event->type == POP3_EVENT_ITEM && event->result != POP3_OK) {
        taker->client->skipped_rows++;
        return POP3_OK;
    }
    if (event->item.number == 0 || taker->each == NULL)
        return POP3_OK;
    result = taker->each(taker->ctx, &event->item);
    return result == POP3_OK ? take_more_items(taker) : result;
}

static pop3_result
run_listing(pop3_client *client, const pop3_command *command, pop3_each *each,
            void *ctx)
{
    item_taker taker = {client, each, ctx};
    client_handler handler = {take_item, &taker};

    client->skipped_rows = 0;
    return client_run(client, command, &handler);
}

pop3_result
pop3_client_list(pop3_client *client, uint64_t number, pop3_each *each,
                 void *ctx)
{
    return run_listing(
        client, &(pop3_command){.verb = POP3_CMD_LIST, .number = number}, each,
        ctx);
}

pop3_result
pop3_client_uidl(pop3_client *client, uint64_t number, pop3_each *each,
                 void *ctx)
{
    return run_listing(
        client, &(pop3_command){.verb = POP3_CMD_UIDL, .number = number}, each,
        ctx);
}

/* ---- messages ---- */

typedef struct data_taker {
    pop3_sink *sink;
    void *ctx;
} data_taker;

static pop3_result
take_data(void *ctx, const pop3_event *event)
{
    const data_taker *taker = ctx;

    if (event->type != POP3_EVENT_DATA || taker->sink == NULL)
        return POP3_OK;
    return taker->sink(taker->ctx, event->text);
}

static pop3_result
run_message(pop3_client *client, const pop3_command *command, pop3_sink *sink,
            void *ctx)
{
    data_taker taker = {sink, ctx};
    client_handler handler = {take_data, &taker};

    return client_run(client, command, &handler);
}

pop3_result
pop3_client_retr(pop3_client *client, uint64_t number, pop3_sink *sink,
                 void *ctx)
{
    return run_message(
        client, &(pop3_command){.verb = POP3_CMD_RETR, .number = number}, sink,
        ctx);
}

pop3_result
pop3_client_top(pop3_client *client, uint64_t number, uint64_t lines,
                pop3_sink *sink, void *ctx)
{
    return run_message(client,
                       &(pop3_command){.verb = POP3_CMD_TOP,
                                       .number = number,
                                       .lines = lines},
                       sink, ctx);
}

typedef struct lines_taker {
    pop3_lines *lines;
    pop3_each_line *each;
    void *ctx;
} lines_taker;

static pop3_result
sink_lines(void *ctx, pop3_span part)
{
    lines_taker *taker = ctx;
    pop3_result result = pop3_lines_push(taker->lines, part);
    pop3_line cut;

    while (result == POP3_OK && pop3_lines_next(taker->lines, &cut))
        result = taker->each(taker->ctx, cut.text);
    return result;
}

pop3_result
pop3_client_retr_lines(pop3_client *client, uint64_t number,
                       pop3_each_line *each, void *ctx)
{
    lines_taker taker = {NULL, each, ctx};
    pop3_result result = pop3_lines_new(&taker.lines, 0);

    if (result != POP3_OK)
        return conn_note(client->conn, result, POP3_CMD_RETR, number,
                         pop3_strerror(result));
    result = pop3_client_retr(client, number, sink_lines, &taker);
    pop3_lines_free(taker.lines);
    return result;
}

pop3_result
pop3_client_raw(pop3_client *client, const char *line, pop3_sink *sink,
                void *ctx)
{
    return run_message(client,
                       &(pop3_command){.verb = POP3_CMD_RAW,
                                       .arg = line,
                                       .multiline = sink != NULL},
                       sink, ctx);
}

/* ---- deletes, and the end ---- */

pop3_result
pop3_client_dele(pop3_client *client, uint64_t number)
{
    pop3_result result = client_run(
        client, &(pop3_command){.verb = POP3_CMD_DELE, .number = number},
        NULL);

    client_account(client, POP3_CMD_DELE, result);
    return result;
}

pop3_result
pop3_client_noop(pop3_client *client)
{
    return run_plain(client, POP3_CMD_NOOP);
}

pop3_result
pop3_client_rset(pop3_client *client)
{
    pop3_result result = run_plain(client, POP3_CMD_RSET);

    client_account(client, POP3_CMD_RSET, result);
    return result;
}

pop3_result
pop3_client_quit(pop3_client *client)
{
    bool live = conn_if_over(client->conn) == POP3_OK;
    pop3_result result = run_plain(client, POP3_CMD_QUIT);

    if (live)
        client_account(client, POP3_CMD_QUIT, result);
    return result;
}
