/* SPDX-License-Identifier: MIT */
/*
 * fetch_suspect - messages at which the session breaks.
 *
 * Some servers die of one message: they close, or say nothing more, whenever
 * it is asked for (server-quirks 24). In the order of the listing it would
 * keep all behind it away for ever, and the deletes of all before it, as
 * those wait for QUIT. So, of a session without pipelining (with it, who can
 * tell at which message it broke; then it begins anew without):
 *
 *   - the message is remembered on the disk, and the session begins anew with
 *     all the others, up to QUIT;
 *   - then those that are remembered are fetched one by one, on a connection
 *     of their own, until one fails; then on the next one. The same at the end
 *     of each later run.
 *
 * Both kinds of connections may fail SUSPECTS_MAX times in a run. What did
 * not come is never deleted, and the exit status tells.
 *
 * A message without unique-id cannot be remembered, and is no suspect.
 */
#include "cli/fetch_impl.h"

#include <inttypes.h>
#include <string.h>

#include "cli/report.h"

#include "base/banned.h"

static bool
breaks_at_message(const fetch *f, pop3_result result)
{
    return f->broke_at != NULL && f->broke_at->tracked &&
           (result == POP3_ERR_CLOSED || result == POP3_ERR_IO ||
            result == POP3_ERR_TIMEOUT || result == POP3_ERR_LIMIT);
}

static bool
remember(fetch *f, const plan_item *item)
{
    mail_error error;
    mail_result result = seen_begin(f->memory, &error);

    if (result == MAIL_OK)
        result = seen_broke(f->memory, fetch_uid(f, item), item->occurrence,
                            item->breaks + 1, &error);
    if (result == MAIL_OK)
        result = seen_commit(f->memory, &error);
    else
        seen_rollback(f->memory);
    return result == MAIL_OK || fetch_fail(f, &error);
}

void
fetch_name(const fetch *f, const plan_item *item, message_name *name)
{
    pop3_span uid = fetch_uid(f, item);

    name->occurrence = item->occurrence;
    name->uid_len = uid.len < NAME_UID_MAX ? uid.len : NAME_UID_MAX;
    memcpy(name->uid, uid.ptr, name->uid_len);
}

bool
fetch_has_name(const fetch *f, const plan_item *item, const message_name *name)
{
    pop3_span uid = fetch_uid(f, item);

    return item->tracked && name->occurrence == item->occurrence &&
           name->uid_len == uid.len &&
           memcmp(name->uid, uid.ptr, uid.len) == 0;
}

static bool
was_tried(const fetch *f, const plan_item *item)
{
    size_t i = 0;

    while (i < f->tried_count && !fetch_has_name(f, item, &f->tried[i]))
        i++;
    return i < f->tried_count;
}

bool
fetch_may_fetch(const fetch *f, const plan_item *item)
{
    return f->kind == AGAIN_SUSPECTS || item->breaks == 0;
}

static bool
is_untried(const fetch *f, const plan_item *item)
{
    return item->breaks > 0 && !item->unasked &&
           (item->action == PLAN_FETCH || item->action == PLAN_LATER) &&
           !was_tried(f, item);
}

/* The one at which the fewest sessions broke: none waits for ever. A failure
 * ends the session. */
plan_item *
fetch_next_suspect(fetch *f)
{
    plan_item *least = NULL;
    size_t i;

    if (f->tried_count > f->tried_before)
        return NULL;
    for (i = 0; i < f->plan.count; i++) {
        plan_item *item = &f->plan.items[i];

        if (is_untried(f, item) &&
            (least == NULL || item->breaks < least->breaks))
            least = item;
    }
    if (least != NULL)
        least->action = PLAN_KEEP; /* once in a session */
    return least;
}

static size_t
count_untried(const fetch *f)
{
    size_t count = 0;
    size_t i;

    for (i = 0; i < f->plan.count; i++)
        count += is_untried(f, &f->plan.items[i]) ? 1 : 0;
    return count;
}

static void
go_on(fetch *f)
{
    size_t count = count_untried(f);

    if (count == 0)
        return;
    if (f->tried_count < SUSPECTS_MAX &&
        f->totals->fetched < f->s->opt->max_messages) {
        f->again = AGAIN_SUSPECTS;
        return;
    }
    f->totals->failed += count;
    session_warn(f->s,
                 "%zu messages at which the session broke before were not "
                 "tried again; they stay on the server, and the next run "
                 "does so",
                 count);
}

void
fetch_end_suspects(fetch *f)
{
    if (!f->gave_up)
        go_on(f);
}

mail_result
fetch_forget(fetch *f, const plan_item *item, mail_error *error)
{
    pop3_span uid = fetch_uid(f, item);

    if (f->kind != AGAIN_SUSPECTS)
        return seen_forget(f->memory, uid, item->occurrence, error);
    if (f->logged_out)
        return seen_broke(f->memory, uid, item->occurrence, item->breaks,
                          error);
    fetch_name(f, item, &f->tried[f->tried_count++]);
    return seen_broke(f->memory, uid, item->occurrence, item->breaks + 1,
                      error);
}

static bool
end_try(fetch *f)
{
    session_warn(f->s,
                 "RETR %" PRIu64 ": %s, as before; it stays "
                 "on the server, and the next run tries again",
                 f->broke_at->message->number,
                 pop3_client_error(f->s->client)->text);
    go_on(f);
    return false;
}

bool
fetch_broke_off(fetch *f, pop3_result result)
{
    bool alone = f->kind == AGAIN_SUSPECTS;

    if ((!alone && session_broke_pipeline(f->s, result)) ||
        !breaks_at_message(f, result))
        return fetch_broken(f, result);
    if (alone)
        return end_try(f);
    if (!remember(f, f->broke_at))
        return false;
    if (++f->breaks > SUSPECTS_MAX)
        return session_fail_client(f->s);
    report("%s: RETR %" PRIu64 ": %s: once more without this message, which "
           "comes last",
           printable(f->s->where.host), f->broke_at->message->number,
           pop3_client_error(f->s->client)->text);
    f->again = AGAIN_WITHOUT;
    return false;
}
