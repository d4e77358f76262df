/* SPDX-License-Identifier: MIT */
/*
 * fetch_delete - steps 12 to 14: DELE, QUIT, and what is true after it.
 *
 * Only messages that the memory has as delivered reach this file. DELE marks;
 * the +OK to QUIT deletes (RFC 1939 §6). Without it the marks may be lost, so
 * the memory keeps them as due, and the next session with --delete sends DELE
 * again, without RETR (server-quirks 31).
 */
#include "cli/fetch_impl.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cli/report.h"

#include "base/banned.h"

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

static bool
set_all(fetch *f, const item_list *list, seen_state state)
{
    mail_error error;
    mail_result result = seen_begin(f->memory, &error);
    size_t i;

    for (i = 0; result == MAIL_OK && i < list->count; i++) {
        const plan_item *item = list->items[i];

        if (item->tracked)
            result = seen_set(f->memory, fetch_uid(f, item), item->occurrence,
                              state, &error);
    }
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

static void
on_done(void *ctx, uint64_t number, pop3_result result,
        const pop3_error *error)
{
    marking *m = ctx;
    plan_item *item = m->f->due.items[m->at++];

    if (result == POP3_OK) {
        push(&m->f->marked, item);
        return;
    }
    m->f->totals->due++;
    if (result == POP3_ERR_REFUSED)
        session_warn(m->f->s,
                     "DELE %" PRIu64 ": %s; it is delivered, and the next run "
                     "tries again to delete it",
                     number, error->text);
}

bool
fetch_delete(fetch *f)
{
    marking m = {f, 0};
    const pop3_many many = {.done = on_done, .ctx = &m};
    uint64_t *numbers;
    pop3_result result;
    size_t i;

    if (f->due.count == 0)
        return true;
    if (!set_all(f, &f->due, SEEN_DELETE_DUE))
        return false;
    numbers = calloc(f->due.count, sizeof(*numbers));
    if (numbers == NULL)
        return session_fail(f->s, EXIT_LATER, "out of memory");
    for (i = 0; i < f->due.count; i++)
        numbers[i] = f->due.items[i]->message->number;
    result = pop3_client_dele_many(f->s->client, numbers, f->due.count, &many);
    free(numbers);
    f->due.count = 0;
    return result == POP3_OK || session_fail_client(f->s);
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

bool
fetch_finish(fetch *f)
{
    if (f->marked.count == 0) {
        session_quit(f->s);
        return true;
    }
    if (pop3_client_quit(f->s->client) != POP3_OK ||
        pop3_client_deletes(f->s->client) != POP3_DELETES_CONFIRMED) {
        warn_unconfirmed(f);
        return true;
    }
    f->totals->deleted = f->marked.count;
    return set_all(f, &f->marked, SEEN_DELETED);
}
