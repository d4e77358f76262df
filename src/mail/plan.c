/* SPDX-License-Identifier: MIT */
/*
 * plan - a listing and the memory of earlier sessions become actions.
 *
 * A message is known by its unique-id. The rules for what is known:
 *
 *   done         it stays; or, with delete_delivered or once its time on the
 *                server is over (keep_s), DELE without RETR
 *   delete due   the same: an earlier QUIT was not confirmed
 *   deleted      the server told that it was gone, and lists it: it stays, and
 *                is neither fetched (it would come again) nor deleted
 *   refused      by the sink, for good: the same
 *
 * A server may use an id again once its message is gone (RFC 1939 §7). So an
 * id that was deleted, or was to be, and now has another size is a new
 * message. One that was only delivered stays what it is, as some servers
 * change sizes; but with another size it is never deleted unseen.
 *
 * Messages that share an id are counted by their order. If some of them were
 * never delivered and now fewer are listed, nobody can tell which are left:
 * all are fetched again. Coming twice is better than being lost.
 *
 * The guard: when not one listed id is known, although ten messages or more
 * should be there, and sizes or numbers look like theirs, the server changed
 * all its ids (server-quirks 16). What "should be there" was listed by the
 * last session: mail that another client removed since long proves nothing.
 * Neither does an empty listing. Below ten it is no flood if the guard errs,
 * and a small mailbox is often emptied and filled again. If some ids are
 * known, guard.c wants more proof.
 */
#include "mail/plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mail/guard.h"

#include "base/banned.h"

typedef struct making {
    plan *plan;
    const maildrop *drop;
    seen *memory;
    const plan_policy *policy;
    maildrop_row *order; /* the listing, by unique-id */
    seen_entry *entries; /* room for the largest group */
    bool any;            /* message in the memory */
    uint64_t known;      /* listed ids that the memory has */
    uint64_t *new_sizes; /* of listed messages that it has not */
    size_t new_count;
} making;

/* 0 is no size. */
static bool
same_size(uint64_t a, uint64_t b)
{
    return a == b || a == 0 || b == 0;
}

/* Whether what is delivered may leave the server. What was marked as seen was
 * never delivered: no policy deletes it. A clock that stands before the
 * delivery went back: it proves nothing, so nothing is deleted. */
static bool
is_over(const seen_entry *entry, const plan_policy *policy)
{
    if (entry->done_s <= 0)
        return false;
    if (policy->delete_delivered)
        return true;
    return policy->keep_s > 0 && policy->now_s >= entry->done_s &&
           (uint64_t)(policy->now_s - entry->done_s) >= policy->keep_s;
}

static plan_action
action_of(const seen_entry *entry, uint64_t octets, const plan_policy *policy)
{
    bool same = same_size(entry->octets, octets);

    switch (entry->state) {
    case SEEN_NEW:
    case SEEN_INTENT:
        return PLAN_FETCH;
    case SEEN_DONE:
        return same && is_over(entry, policy) ? PLAN_DELETE : PLAN_KEEP;
    case SEEN_DELETE_DUE:
        if (!same)
            return PLAN_FETCH;
        return is_over(entry, policy) ? PLAN_DELETE : PLAN_KEEP;
    case SEEN_DELETED:
        return same ? PLAN_GHOST : PLAN_FETCH;
    case SEEN_HEADER:
        return PLAN_FETCH; /* plan_limit() knows whether the limit is raised */
    case SEEN_LEFT_OUT:
        return entry->done_s == policy->rules ? PLAN_LEFT_OUT : PLAN_FETCH;
    case SEEN_REFUSED:
        return same ? PLAN_REFUSED : PLAN_FETCH;
    }
    return PLAN_KEEP; /* a state that no version writes: touch nothing */
}

static mail_result
look_up(making *m, pop3_span uid, size_t copies, seen_group *known,
        mail_error *error)
{
    size_t i;

    for (i = 0; i < copies; i++)
        m->entries[i] = (seen_entry){.occurrence = i};
    *known = (seen_group){0};
    if (!m->any || uid.len == 0)
        return MAIL_OK;
    return seen_lookup(m->memory, uid, m->entries, copies, known, error);
}

static plan_action
untracked_action(const plan_policy *policy)
{
    return policy->delete_delivered ? PLAN_FETCH : PLAN_NO_ID;
}

/* Decides about order[first .. first + copies - 1], which share an id. */
static mail_result
decide_group(making *m, size_t first, size_t copies, size_t group_index,
             mail_error *error)
{
    plan_group *group = &m->plan->groups[group_index];
    pop3_span uid = m->order[first].uid;
    seen_group known;
    bool ambiguous;
    size_t i;
    mail_result result = look_up(m, uid, copies, &known, error);

    if (result != MAIL_OK)
        return result;
    m->known += known.known > 0 ? 1 : 0;
    for (i = 0; known.known == 0 && i < copies; i++)
        m->new_sizes[m->new_count++] =
            maildrop_at(m->drop, m->order[first + i].index)->octets;
    ambiguous = known.copies > copies && known.delivered < known.copies;
    group->copies = copies;
    for (i = 0; i < copies; i++) {
        plan_item *item = &m->plan->items[m->order[first + i].index];

        item->tracked = uid.len > 0;
        item->due = m->entries[i].state == SEEN_DELETE_DUE;
        item->has_header = m->entries[i].state == SEEN_HEADER;
        item->occurrence = m->entries[i].occurrence;
        item->group = group_index;
        if (!item->tracked)
            item->action = untracked_action(m->policy);
        else if (ambiguous)
            item->action = PLAN_FETCH;
        else
            item->action =
                action_of(&m->entries[i], item->message->octets, m->policy);
        item->known_left_out = item->action == PLAN_LEFT_OUT;
        if (item->action == PLAN_FETCH || item->action == PLAN_LEFT_OUT ||
            item->action == PLAN_REFUSED)
            group->missing++;
        if (m->entries[i].state == SEEN_NEW)
            item->breaks = (uint64_t)m->entries[i].done_s;
    }
    return MAIL_OK;
}

static mail_result
decide_all(making *m, mail_error *error)
{
    size_t count = m->plan->count;
    size_t groups = 0;
    size_t i = 0;

    while (i < count) {
        size_t next = i + 1;
        mail_result result;

        /* Messages without an id are strangers to each other. */
        while (next < count && m->order[i].uid.len > 0 &&
               maildrop_compare(m->order[i].uid, m->order[next].uid) == 0)
            next++;
        result = decide_group(m, i, next - i, groups++, error);
        if (result != MAIL_OK)
            return result;
        i = next;
    }
    return MAIL_OK;
}

static mail_result
count_known_sizes(const making *m, uint64_t *matches, mail_error *error)
{
    size_t count = m->plan->count;
    uint64_t *sizes = calloc(count, sizeof(*sizes));
    mail_result result;
    size_t i;

    if (sizes == NULL)
        return mail_fail_nomem(error);
    for (i = 0; i < count; i++)
        sizes[i] = m->plan->items[i].message->octets;
    guard_sort_sizes(sizes, count);
    result = seen_match_sizes(m->memory, sizes, count, matches, error);
    free(sizes);
    return result;
}

/* Whether half of what is listed, and of what should be, has equal sizes. */
static bool
look_the_same(uint64_t listed, uint64_t present, uint64_t matches)
{
    return matches >= listed - listed / 2 && matches >= present - present / 2;
}

static mail_result
guard_ids(const making *m, mail_error *error)
{
    uint64_t listed = m->plan->count;
    uint64_t present = 0;
    uint64_t matches = 0;
    mail_result result;

    if (m->memory == NULL || m->policy->accept_new_ids || !m->drop->has_uids ||
        m->new_count < GUARD_MIN)
        return MAIL_OK;
    if (m->known > 0)
        return guard_some(m->memory,
                          &(guard_listing){m->order, m->plan->count,
                                           m->new_sizes, m->new_count},
                          error);
    result = seen_present(m->memory, &present, error);
    if (result != MAIL_OK || present < GUARD_MIN)
        return result;
    result = count_known_sizes(m, &matches, error);
    if (result != MAIL_OK)
        return result;
    if (listed < present && !look_the_same(listed, present, matches))
        return MAIL_OK;
    return mail_fail(
        error, MAIL_ERR_GUARD, 0,
        "the server changed the unique-ids of all messages: "
        "none of the %" PRIu64 " listed is known, though %" PRIu64
        " that were delivered should be there; nothing was fetched, as that "
        "mail would come twice; if it is new mail, run this "
        "again with --accept-new-ids",
        listed, present);
}

static mail_result
guard_missing_ids(const making *m, mail_error *error)
{
    if (m->drop->has_uids || m->plan->count == 0)
        return MAIL_OK;
    if (m->any && !m->policy->accept_new_ids)
        return mail_fail(error, MAIL_ERR_GUARD, 0,
                         "the server does not tell the unique-ids (UIDL) "
                         "today, by which earlier mail is remembered, so that "
                         "mail would come twice; try again later, or with "
                         "--delete --accept-new-ids if it has none any more");
    if (m->policy->delete_delivered)
        return MAIL_OK;
    return mail_fail(error, MAIL_ERR_GUARD, 0,
                     "the server has no unique-ids (UIDL), so mail that stays "
                     "there would be fetched again each time; with "
                     "--dedup=hash it is known by a hash of its header, with "
                     "--delete it is fetched once and removed");
}

/* A message without an id cannot be remembered as one whose header came. */
static plan_action
action_of_large(const plan_item *item, const plan_policy *policy)
{
    return policy->header_of_large && item->tracked && !item->has_header
               ? PLAN_HEADER
               : PLAN_TOO_LARGE;
}

void
plan_limit(plan *p, const plan_policy *policy)
{
    uint64_t left = policy->max_octets;
    uint64_t fetches = 0;
    size_t i;

    for (i = 0; i < p->count; i++) {
        plan_item *item = &p->items[i];
        uint64_t octets = item->message->octets;

        if (item->action == PLAN_FETCH && octets > policy->max_size)
            item->action = action_of_large(item, policy);
        if (item->action == PLAN_FETCH) {
            bool fits = octets <= left || left == policy->max_octets;

            if (fetches >= policy->max_messages || !fits)
                item->action = PLAN_LATER;
            else
                fetches++;
            left -= !fits ? 0 : octets < left ? octets : left;
        }
        p->actions[item->action]++;
    }
}

static bool
prepare(making *m)
{
    size_t count = m->plan->count;
    size_t i;

    m->plan->items = calloc(count + 1, sizeof(m->plan->items[0]));
    m->plan->groups = calloc(count + 1, sizeof(m->plan->groups[0]));
    m->order = maildrop_by_uid(m->drop);
    m->entries = calloc(count + 1, sizeof(m->entries[0]));
    m->new_sizes = calloc(count + 1, sizeof(m->new_sizes[0]));
    if (m->plan->items == NULL || m->plan->groups == NULL ||
        m->order == NULL || m->entries == NULL || m->new_sizes == NULL)
        return false;
    for (i = 0; i < count; i++)
        m->plan->items[i].message = maildrop_at(m->drop, i);
    return true;
}

static mail_result
decide(making *m, mail_error *error)
{
    mail_result result = MAIL_OK;

    if (m->memory != NULL)
        result = seen_remembers(m->memory, &m->any, error);
    if (result == MAIL_OK)
        result = guard_missing_ids(m, error);
    if (result == MAIL_OK)
        result = prepare(m) ? decide_all(m, error) : mail_fail_nomem(error);
    if (result == MAIL_OK)
        result = guard_ids(m, error);
    return result;
}

mail_result
plan_make(plan *p, const maildrop *drop, seen *memory,
          const plan_policy *policy, mail_error *error)
{
    making m = {.plan = p, .drop = drop, .memory = memory, .policy = policy};
    mail_result result;

    *p = (plan){.count = maildrop_count(drop)};
    result = memory == NULL ? MAIL_OK : seen_begin_reading(memory, error);
    if (result == MAIL_OK)
        result = decide(&m, error);
    if (memory != NULL)
        seen_rollback(memory);
    free(m.order);
    free(m.entries);
    free(m.new_sizes);
    return result;
}

void
plan_clear(plan *p)
{
    free(p->items);
    free(p->groups);
    *p = (plan){0};
}
