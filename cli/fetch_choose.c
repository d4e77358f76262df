/* SPDX-License-Identifier: MIT */
/*
 * fetch_choose - which messages are fetched next: the group after this one,
 * within the limits of the user and of the system, and the session after it.
 *
 * With --batch a session ends after so many messages, as only QUIT deletes.
 * The next one goes on. Each has fetched something, and what was fetched is
 * not fetched again; but what has no unique-id comes again if the server does
 * not delete it, so a run never fetches more messages than its first listing
 * had of those.
 */
#include "cli/fetch_impl.h"

#include "cli/open_files.h"

#include "base/banned.h"

/* Messages that this session fetched. */
static uint64_t
in_session(const fetch *f)
{
    uint64_t count = f->totals->fetched - f->fetched_before;

    return count < f->s->opt->batch ? count : f->s->opt->batch;
}

/* How many messages the next batch may have. Each is a file that is open
 * until all of them are published. */
static uint64_t
batch_room(const fetch *f)
{
    const options *opt = f->s->opt;
    uint64_t room = opt->max_messages - f->totals->fetched;
    uint64_t files = open_files_room(BATCH_MESSAGES);
    uint64_t batch = opt->batch - in_session(f);

    if (room > batch)
        room = batch;
    if (room > files)
        room = files;
    return room < f->sink->group_max ? room : f->sink->group_max;
}

/* Whether it may follow so many octets of the group, by --max-octets. */
static bool
fits(const fetch *f, const plan_item *item, uint64_t octets)
{
    uint64_t most = f->s->opt->max_octets;
    uint64_t used = f->totals->octets < most ? f->totals->octets : most;

    used += octets < most - used ? octets : most - used;
    return used == 0 || item->message->octets <= most - used;
}

/* Whether the message is one to fetch, behind so many octets of the group.
 * What was left for later takes the place of a message that failed: else a few
 * that never come would keep all others away. */
static bool
wants_fetch(fetch *f, plan_item *item, uint64_t octets)
{
    if (!fetch_may_fetch(f, item) || item->unasked)
        return false;
    if (item->action == PLAN_LATER && fits(f, item, octets)) {
        item->action = PLAN_FETCH;
        f->totals->later--;
    }
    if (item->action == PLAN_FETCH && !fits(f, item, octets)) {
        item->action = PLAN_LATER;
        f->totals->later++;
    }
    return item->action == PLAN_FETCH || item->action == PLAN_HEADER;
}

/* One message at which a session broke before. */
static void
next_suspect(fetch *f)
{
    plan_item *item = batch_room(f) > 0 ? fetch_next_suspect(f) : NULL;

    f->batch_count = item == NULL ? 0 : 1;
    f->batch[0] = (batch_message){.item = item};
}

/* From f->next on. */
static void
next_group(fetch *f)
{
    const uint64_t room = batch_room(f);
    uint64_t octets = 0;

    f->batch_count = 0;
    while (f->next < f->plan.count && f->batch_count < room) {
        plan_item *item = &f->plan.items[f->next];

        if (wants_fetch(f, item, octets)) {
            uint64_t size =
                item->action == PLAN_HEADER ? 0 : item->message->octets;

            if (f->batch_count > 0 && size > BATCH_OCTETS - octets)
                break;
            f->batch[f->batch_count++] = (batch_message){.item = item};
            octets +=
                size < BATCH_OCTETS - octets ? size : BATCH_OCTETS - octets;
        }
        f->next++;
    }
}

void
fetch_next_batch(fetch *f)
{
    if (f->kind == AGAIN_SUSPECTS)
        next_suspect(f);
    else
        next_group(f);
}

bool
fetch_has_more(const fetch *f)
{
    const options *opt = f->s->opt;
    size_t i;

    if (in_session(f) < opt->batch || f->totals->fetched >= opt->max_messages)
        return false;
    if (!f->drop.has_uids && f->totals->fetched >= f->first_count)
        return false;
    for (i = f->next; i < f->plan.count; i++) {
        const plan_item *item = &f->plan.items[i];

        if (fetch_may_fetch(f, item) && !item->unasked &&
            (item->action == PLAN_FETCH || item->action == PLAN_HEADER))
            return true;
    }
    return false;
}

uint64_t
fetch_octets_due(const fetch *f)
{
    uint64_t octets = 0;
    size_t i;

    for (i = 0; i < f->plan.count; i++) {
        if (f->plan.items[i].action == PLAN_FETCH &&
            octets <= UINT64_MAX - f->plan.items[i].message->octets)
            octets += f->plan.items[i].message->octets;
    }
    return octets;
}
