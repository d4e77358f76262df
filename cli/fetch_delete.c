/* SPDX-License-Identifier: MIT */
/*
 * fetch_delete - steps 12 to 14: DELE, QUIT, and what is true after it.
 *
 * Only messages that the memory has as delivered reach this file. DELE marks;
 * the +OK to QUIT deletes (RFC 1939 §6). Without it the marks may be lost, so
 * the memory keeps them as due, and the next session with --delete sends DELE
 * again, without RETR (server-quirks 31).
 *
 * All of it goes in one turn. A refusal of one DELE does not keep QUIT back,
 * as every message here is on the disk. A STAT stands between: its answer is
 * no answer to a DELE, so if it makes no sense the replies are out of step,
 * and the +OK of QUIT is not believed.
 */
#include "cli/fetch_impl.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cli/report.h"
#include "mail/seen_rows.h"

#include "base/banned.h"

enum {
    AT_ONCE_MIN = 256 /* messages */
};

static void
push(item_list *list, plan_item *item)
{
    list->items[list->count++] = item;
}

/* Moves what waited for this message from held to due. */
static void
release_group(fetch *f, size_t group)
{
    size_t kept = 0;
    size_t i;

    for (i = 0; i < f->held.count; i++) {
        plan_item *item = f->held.items[i];

        if (item->group == group)
            push(&f->due, item);
        else
            f->held.items[kept++] = item;
    }
    f->held.count = kept;
}

void
fetch_want_delete(fetch *f, plan_item *item)
{
    if (f->plan.groups[item->group].missing > 0) {
        push(&f->held, item);
        return;
    }
    push(&f->due, item);
    if (f->plan.groups[item->group].copies > 1)
        release_group(f, item->group);
}

/* Whether the memory has to be told of the state. */
static bool
differs(const plan_item *item, seen_state state)
{
    return item->tracked && !(state == SEEN_DELETE_DUE && item->due);
}

/* Whether all of them could be told as "all that are due": usually the server
 * deletes all that it was asked to. For a few messages it is not worth a look
 * at all that are remembered. */
static mail_result
set_at_once(fetch *f, const item_list *list, seen_state state, bool *done,
            mail_error *error)
{
    uint64_t tracked = 0;
    size_t i;

    *done = false;
    if (state != SEEN_DELETED || list->count < AT_ONCE_MIN)
        return MAIL_OK;
    for (i = 0; i < list->count; i++)
        tracked += list->items[i]->tracked ? 1 : 0;
    return seen_delete_due(f->memory, tracked, done, error);
}

/* Within a transaction. */
static mail_result
set_some(fetch *f, const item_list *list, seen_state state, mail_error *error)
{
    bool done;
    mail_result result = set_at_once(f, list, state, &done, error);
    size_t i;

    for (i = 0; result == MAIL_OK && !done && i < list->count; i++) {
        const plan_item *item = list->items[i];

        if (differs(item, state))
            result = seen_set(f->memory, fetch_uid(f, item), item->occurrence,
                              state, error);
    }
    return result;
}

static bool
set_all(fetch *f, const item_list *list, seen_state state)
{
    mail_error error;
    mail_result result;
    size_t i = 0;

    while (i < list->count && !differs(list->items[i], state))
        i++;
    if (i == list->count)
        return true;
    result = seen_begin(f->memory, &error);
    if (result == MAIL_OK)
        result = set_some(f, list, state, &error);
    if (result == MAIL_OK)
        result = seen_commit(f->memory, &error);
    else
        seen_rollback(f->memory);
    return result == MAIL_OK || fetch_fail(f, &error);
}

typedef struct marking {
    fetch *f;
    size_t at; /* in f->due */
} marking;

static pop3_result
take_dele(void *ctx, const pop3_event *event)
{
    marking *m = ctx;
    fetch *f = m->f;
    plan_item *item;

    if (event->type != POP3_EVENT_DONE)
        return POP3_OK;
    fetch_heard(f, event->result);
    item = f->due.items[m->at++];
    if (event->result == POP3_OK) {
        push(&f->marked, item);
        return POP3_OK;
    }
    f->totals->due++;
    if (event->result == POP3_ERR_REFUSED)
        session_warn(f->s,
                     "DELE %" PRIu64 ": %s; it is delivered, and the next run "
                     "tries again to delete it",
                     event->number, pop3_client_error(f->s->client)->text);
    return POP3_OK;
}

static void
warn_unconfirmed(fetch *f)
{
    f->totals->due += f->marked.count;
    session_warn(f->s,
                 "QUIT: the server did not confirm that %zu messages are "
                 "deleted (%s); they are delivered, and the next run tries "
                 "again to delete them",
                 f->marked.count, pop3_client_error(f->s->client)->text);
}

/* DELE for all that is due, STAT, QUIT. `last` gets how those two ended; the
 * result is that of the session. */
static pop3_result
run_deletes(fetch *f, pop3_call *calls, pop3_result *stat, pop3_result *quit)
{
    marking m = {f, 0};
    size_t n = f->due.count;
    pop3_result result;
    size_t i;

    for (i = 0; i < n; i++)
        calls[i] = (pop3_call){
            .command = {.verb = POP3_CMD_DELE,
                        .number = f->due.items[i]->message->number},
            .take = take_dele,
            .ctx = &m};
    calls[n] = (pop3_call){.command.verb = POP3_CMD_STAT};
    calls[n + 1] = (pop3_call){.command.verb = POP3_CMD_QUIT};
    fetch_asks(f);
    result = pop3_client_run(f->s->client, calls, n + 2);
    *stat = calls[n].result;
    *quit = calls[n + 1].result;
    f->due.count = 0;
    return result;
}

static bool
delete_and_quit(fetch *f, pop3_call *calls)
{
    pop3_result stat;
    pop3_result quit;
    pop3_result result = run_deletes(f, calls, &stat, &quit);

    if (result != POP3_OK && fetch_delete_again(f, result))
        return false;
    if (result != POP3_OK && stat != POP3_OK && stat != POP3_ERR_REFUSED)
        return fetch_broken(f, result);
    if (f->marked.count == 0)
        return true;
    if (quit != POP3_OK || (f->has_stat && stat == POP3_ERR_MALFORMED)) {
        warn_unconfirmed(f);
        return true;
    }
    f->totals->deleted += f->marked.count;
    return set_all(f, &f->marked, SEEN_DELETED);
}

bool
fetch_finish(fetch *f)
{
    pop3_call *calls;
    bool good;

    if (f->due.count == 0) {
        session_quit(f->s);
        return true;
    }
    if (!set_all(f, &f->due, SEEN_DELETE_DUE))
        return false;
    calls = calloc(f->due.count + 2, sizeof(*calls));
    if (calls == NULL)
        return session_fail(f->s, EXIT_LATER, "out of memory");
    good = delete_and_quit(f, calls);
    free(calls);
    return good;
}
