/* SPDX-License-Identifier: MIT */
/*
 * session_list - STAT, UIDL and LIST in one turn, and what they agree on.
 *
 * Rows that make no sense are skipped and told. A row that is a status line
 * means that the answers do not fit the commands: the server is asked again,
 * one by one, on a new connection.
 */
#include <inttypes.h>

#include "cli/session.h"

#include "base/banned.h"

typedef struct listing {
    maildrop *drop;
    bool (*add)(maildrop *drop, const pop3_item *item);
    uint64_t skipped;
    bool out_of_step; /* a row was a status line */
} listing;

typedef struct wanted {
    pop3_stat *stat; /* NULL: not asked for */
    maildrop *drop;
    bool quit;
} wanted;

static bool
is_refusal(pop3_result result)
{
    return result == POP3_ERR_REFUSED || result == POP3_ERR_UNSUPPORTED;
}

static pop3_result
take_rows(void *ctx, const pop3_item *items, size_t count)
{
    const listing *l = ctx;
    size_t i;

    for (i = 0; i < count; i++) {
        if (!l->add(l->drop, &items[i]))
            return POP3_ERR_NOMEM;
    }
    return POP3_OK;
}

/* One that makes no sense. */
static pop3_result
skip_row(void *ctx, const pop3_event *event)
{
    listing *l = ctx;

    if (event->type == POP3_EVENT_ITEM) {
        l->skipped++;
        l->out_of_step |= session_is_reply(event->line);
    }
    return POP3_OK;
}

static pop3_call
list_call(pop3_verb verb, listing *l)
{
    return (pop3_call){
        .command.verb = verb, .items = take_rows, .take = skip_row, .ctx = l};
}

static pop3_result
take_stat(void *ctx, const pop3_event *event)
{
    if (event->type == POP3_EVENT_REPLY && ctx != NULL)
        *(pop3_stat *)ctx = event->stat;
    return POP3_OK;
}

static void
tell_skipped(session *s, const char *command, uint64_t rows)
{
    if (rows > 0)
        session_warn(s,
                     "%s: %" PRIu64 " rows make no sense and were skipped; "
                     "those messages stay on the server",
                     command, rows);
}

/* All in one turn. The result is that of the session. */
static pop3_result
ask_listings(session *s, const wanted *want, listing *uids, listing *sizes,
             bool *good)
{
    pop3_stat *stat = want->stat;
    maildrop *drop = uids->drop;
    pop3_call calls[5];
    pop3_call *next = calls;
    pop3_result result;

    if (s->capa_due)
        *next++ = (pop3_call){.command.verb = POP3_CMD_CAPA};
    if (stat != NULL)
        *next++ = (pop3_call){
            .command.verb = POP3_CMD_STAT, .take = take_stat, .ctx = stat};
    *next++ = list_call(POP3_CMD_UIDL, uids);
    *next++ = list_call(POP3_CMD_LIST, sizes);
    *next = (pop3_call){.command.verb = POP3_CMD_QUIT};
    result = pop3_client_run(s->client, calls,
                             (size_t)(next - calls) + (want->quit ? 1 : 0));
    s->capa_due = false;
    if (stat != NULL && next[-3].result != POP3_OK)
        *stat = (pop3_stat){UINT64_MAX, 0};
    drop->has_sizes = next[-1].result == POP3_OK;
    drop->has_uids = next[-2].result == POP3_OK;
    *good = drop->has_sizes || (drop->has_uids && is_refusal(next[-1].result));
    *good &= drop->has_uids || is_refusal(next[-2].result);
    return result;
}

static bool
read_listings(session *s, const wanted *want)
{
    maildrop *drop = want->drop;
    listing sizes = {drop, maildrop_add_size, 0, false};
    listing uids = {drop, maildrop_add_uid, 0, false};
    bool good;
    pop3_result result = ask_listings(s, want, &uids, &sizes, &good);

    /* Once the listings are there, the answer to QUIT tells nothing. */
    if (want->quit && good && result != POP3_ERR_PROTOCOL)
        result = POP3_OK;
    if (result == POP3_OK && (uids.out_of_step || sizes.out_of_step))
        result = POP3_ERR_PROTOCOL;
    if (session_broke_pipeline(s, result)) {
        maildrop_clear(drop);
        return session_reopen_lock_step(s) && read_listings(s, want);
    }
    if (result != POP3_OK)
        return session_fail_client(s);
    if (!good)
        return session_fail_client(s);
    tell_skipped(s, "UIDL", drop->has_uids ? uids.skipped : 0);
    tell_skipped(s, "LIST", drop->has_sizes ? sizes.skipped : 0);
    return true;
}

static bool
list_all(session *s, const wanted *want)
{
    maildrop *drop = want->drop;

    *drop = (maildrop){0};
    if (!read_listings(s, want))
        return false;
    maildrop_join(drop);
    if (drop->doubtful > 0)
        session_warn(s,
                     "%" PRIu64 " messages stand in one of LIST and UIDL "
                     "only, or twice; they stay on the server",
                     drop->doubtful);
    return true;
}

bool
session_list(session *s, pop3_stat *stat, maildrop *drop)
{
    return list_all(s, &(wanted){.stat = stat, .drop = drop});
}

bool
session_list_and_quit(session *s, maildrop *drop)
{
    return list_all(s, &(wanted){.drop = drop, .quit = true});
}

bool
session_stat_and_quit(session *s, pop3_stat *stat)
{
    pop3_call calls[2] = {
        {.command.verb = POP3_CMD_STAT, .take = take_stat, .ctx = stat},
        {.command.verb = POP3_CMD_QUIT}};
    pop3_result result = pop3_client_run(s->client, calls, 2);

    if (calls[0].result == POP3_OK && result != POP3_ERR_PROTOCOL)
        return true;
    if (session_broke_pipeline(s, result))
        return session_reopen_lock_step(s) && session_stat_and_quit(s, stat);
    return session_fail_client(s);
}

bool
session_capa(session *s)
{
    const pop3_capa *capa = NULL;
    pop3_result result;

    if (!s->capa_due || pop3_capa_has(session_capabilities(s), "PIPELINING"))
        return true;
    s->capa_due = false;
    result = pop3_client_capa(s->client, &capa);
    return result == POP3_OK || is_refusal(result) || session_fail_client(s);
}
