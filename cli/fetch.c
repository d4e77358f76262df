/* SPDX-License-Identifier: MIT */
/*
 * fetch - the order of steps that loses nothing.
 *
 *    1  lock the account, open the memory and the sink
 *    2  connect, TLS, log in
 *    3  STAT, UIDL, LIST, complete
 *    4  recovery of what a crash left           fetch_recover.c
 *    5  the plan, with its guards               mail/plan.c
 *    6  for each batch: intents, RETR, sync,    fetch_batch.c
 *   ..  link, sync, done
 *   12  DELE for all that is done               fetch_delete.c
 *   13  QUIT, and when that was confirmed:
 *   14  deleted
 *
 * A message at which the session broke does not keep the others away: they
 * come on a new connection, and it comes last; see fetch_suspect.c.
 *
 * Each step is on the disk before the next begins, so that the process may
 * die between any two. A failure before step 6 changes nothing. A run in keep
 * mode never sends DELE; a dry run never sends RETR and writes nothing.
 */
#include "cli/fetch_impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/state_path.h"
#include "mail/lock.h"

#include "base/banned.h"

pop3_span
fetch_uid(const fetch *f, const plan_item *item)
{
    return maildrop_uid(&f->drop, item->message);
}

bool
fetch_fail(fetch *f, const mail_error *error)
{
    return session_fail_mail(f->s, error);
}

static mail_result
open_memory(fetch *f, bool create, mail_error *error)
{
    mail_result result = seen_open(&f->memory, f->state_path, create, error);

    if (result == MAIL_OK && f->memory != NULL)
        result = seen_select(f->memory, f->s->mailbox, create, error);
    if (result == MAIL_OK && f->memory != NULL)
        result = seen_lock_step(f->memory, &f->s->lock_step, error);
    return result;
}

static mail_result
open_sink(fetch *f, mail_error *error)
{
    const options *opt = f->s->opt;

    return fetch_open_sink(f, &f->sink, opt->deliver, !opt->no_create, error);
}

/* Step 1. A dry run only looks at a memory that exists. */
static bool
open_local(fetch *f)
{
    const options *opt = f->s->opt;
    bool create = !opt->dry_run;
    mail_error error;
    mail_result result =
        state_path(&f->state_path, opt->state, create, &error);

    if (result == MAIL_OK && create)
        result = lock_account(&f->lock, f->state_path, f->s->mailbox, &error);
    if (result == MAIL_OK)
        result = open_memory(f, create, &error);
    if (result == MAIL_OK && create)
        result = open_sink(f, &error);
    return result == MAIL_OK || fetch_fail(f, &error);
}

/* What was not published goes with the old one. A dry run has none. */
static bool
reopen_sink(fetch *f)
{
    mail_error error;

    if (f->s->opt->dry_run)
        return true;
    sink_close(f->sink);
    f->sink = NULL;
    f->sink_failed = false;
    return open_sink(f, &error) == MAIL_OK || fetch_fail(f, &error);
}

/* Step 3. A server whose STAT makes no sense may still list well. */
static bool
list_messages(fetch *f)
{
    pop3_stat stat = {0, 0};
    bool lock_step = f->s->lock_step;
    bool good = session_list(f->s, &stat, &f->drop);

    fetch_heard(f, POP3_OK);
    f->breaks_listing = !lock_step && f->s->lock_step;
    f->has_stat = stat.count != UINT64_MAX;
    return good;
}

static bool
alloc_lists(fetch *f)
{
    size_t room = f->plan.count + 1;

    f->held.items = calloc(room, sizeof(plan_item *));
    f->due.items = calloc(room, sizeof(plan_item *));
    f->marked.items = calloc(room, sizeof(plan_item *));
    return f->held.items != NULL && f->due.items != NULL &&
           f->marked.items != NULL;
}

/* Once in a run, and in each: they are on the server, and nowhere else. */
static void
tell_refused(fetch *f)
{
    size_t count = f->plan.actions[PLAN_REFUSED];

    if (count == 0)
        return;
    f->totals->failed += count;
    session_warn(f->s,
                 "%zu %s refused for good by an earlier run's delivery, and "
                 "%s on the server; pop3 seen forget makes it new again",
                 count, count == 1 ? "message was" : "messages were",
                 count == 1 ? "stays" : "stay");
}

static void
tell_left_out(fetch *f)
{
    const size_t *actions = f->plan.actions;

    tell_refused(f);
    if (actions[PLAN_NO_ID] > 0)
        session_warn(f->s,
                     "%zu messages have no unique-id, so they cannot be "
                     "remembered and were not fetched; with --delete they are "
                     "fetched and removed",
                     actions[PLAN_NO_ID]);
    if (actions[PLAN_GHOST] > 0 && !f->s->opt->quiet)
        report_note("%s: %zu messages are still listed though the server "
                    "confirmed that they were deleted; they are neither "
                    "fetched again nor deleted again",
                    printable(f->s->account), actions[PLAN_GHOST]);
}

/* Listed, and fetched before this run. */
static uint64_t
count_known(const fetch *f)
{
    const size_t *actions = f->plan.actions;
    uint64_t known =
        actions[PLAN_KEEP] + actions[PLAN_DELETE] + actions[PLAN_GHOST];

    return known > f->fetched_before ? known - f->fetched_before : 0;
}

/* Whether it does what the sessions before left, and nothing again. */
static bool
continues(const fetch *f)
{
    return f->kind == AGAIN_DELETES || f->kind == AGAIN_SUSPECTS ||
           f->kind == AGAIN_GO_ON;
}

static void
count_actions(fetch *f)
{
    if (!continues(f) || f->kind == AGAIN_GO_ON)
        f->totals->later = f->plan.actions[PLAN_LATER];
    if (continues(f))
        return;
    f->totals->known = count_known(f);
    f->totals->too_large = f->plan.actions[PLAN_TOO_LARGE];
    f->totals->left_out = f->plan.actions[PLAN_LEFT_OUT];
    tell_left_out(f);
}

static uint64_t
octets_left(const fetch *f)
{
    uint64_t most = f->s->opt->max_octets;

    return f->totals->octets < most ? most - f->totals->octets : 0;
}

/* Step 5. */
static bool
make_plan(fetch *f)
{
    const options *opt = f->s->opt;
    const plan_policy policy = {
        .delete_delivered = opt->delete_delivered,
        .keep_s = opt->keep_s == KEEP_FOREVER ? 0 : opt->keep_s,
        .now_s = (int64_t)time(NULL),
        .accept_new_ids = opt->accept_new_ids,
        .rules = filter_print(&opt->skip_if, &opt->only_if),
        .max_messages = opt->max_messages - f->totals->fetched,
        .max_octets = octets_left(f),
        .max_size = opt->max_size,
        .header_of_large = opt->oversize == OVERSIZE_HEADER,
    };
    mail_error error;

    if (plan_make(&f->plan, &f->drop, f->memory, &policy, &error) != MAIL_OK)
        return fetch_fail(f, &error);
    if (!alloc_lists(f))
        return session_fail(f->s, EXIT_LATER, "out of memory");
    if (!fetch_filter(f, &policy))
        return false;
    plan_limit(&f->plan, &policy);
    if (f->kind == AGAIN_NOT)
        f->first_count = f->plan.actions[PLAN_FETCH];
    count_actions(f);
    return true;
}

/* Whether it was sent before in this run. */
static bool
was_sent(const fetch *f, const plan_item *item)
{
    return f->kind == AGAIN_SUSPECTS &&
           f->plan.groups[item->group].missing == 0;
}

/* Messages that were delivered before: their deletes are due. */
static void
queue_known_deletes(fetch *f)
{
    size_t i;

    for (i = 0; i < f->plan.count; i++) {
        if (f->plan.items[i].action == PLAN_DELETE &&
            !was_sent(f, &f->plan.items[i]))
            fetch_want_delete(f, &f->plan.items[i]);
    }
}

bool
fetch_broken(fetch *f, pop3_result result)
{
    if (f->kind == AGAIN_SUSPECTS || !session_broke_pipeline(f->s, result))
        return session_fail_client(f->s);
    f->again = AGAIN_LOCK_STEP;
    return false;
}

/* The sink failed, which ended the session; what was delivered before may be
 * deleted all the same, as nothing else makes room on some servers. */
static void
want_deletes(fetch *f)
{
    if (f->again == AGAIN_NOT && f->sink_failed && f->kind != AGAIN_DELETES &&
        !interrupt_noted() && f->due.count > 0) {
        f->again = AGAIN_DELETES;
        f->gave_up = true;
    }
}

/* What another session has to do. */
static void
go_on(fetch *f)
{
    if (f->kind != AGAIN_DELETES && f->kind != AGAIN_SUSPECTS &&
        fetch_has_more(f))
        f->again = AGAIN_BATCH;
    else
        fetch_end_suspects(f);
}

/* Whether something is left because the program is to end. */
static bool
is_cut_short(const fetch *f)
{
    return interrupt_noted() ||
           (interrupt_draining() &&
            (f->batch_count > 0 || f->next < f->plan.count));
}

/* Steps 7 to 14. */
static void
transfer(fetch *f)
{
    bool good = true;

    queue_known_deletes(f);
    while (good && !is_cut_short(f) && f->batch_count > 0)
        good = fetch_batch(f);
    want_deletes(f);
    if (good)
        good = fetch_finish(f);
    if (good && !is_cut_short(f))
        go_on(f);
    if (good && is_cut_short(f))
        session_fail(f->s, EXIT_LATER, FETCH_INTERRUPTED);
    if (!good && (f->again == AGAIN_NOT || f->kind == AGAIN_SUSPECTS))
        f->totals->due += f->marked.count + f->due.count;
}

static mail_result
intend_first(fetch *f, mail_error *error)
{
    f->next = fetch_first(f);
    fetch_next_batch(f);
    return fetch_intend(f, error);
}

/* The listing passed the guards: what it had is what there is. Step 6 of the
 * first batch is of the same transaction. */
static bool
note_plan(fetch *f)
{
    mail_error error;
    mail_result result = seen_begin(f->memory, &error);

    if (result == MAIL_OK)
        result = seen_note_listing(f->memory, &f->drop, &error);
    if (result == MAIL_OK && f->breaks_listing)
        result = seen_set_lock_step(f->memory, LOCK_STEP_DAYS, &error);
    if (result == MAIL_OK)
        result = fetch_note_left_out(f, &error);
    if (result == MAIL_OK && f->kind != AGAIN_DELETES)
        result = intend_first(f, &error);
    if (result == MAIL_OK)
        result = seen_commit(f->memory, &error);
    else
        seen_rollback(f->memory);
    return result == MAIL_OK || fetch_fail(f, &error);
}

static void
run_transfer(fetch *f)
{
    bool shown = !f->s->opt->quiet && !f->s->opt->trace;

    interrupt_catch();
    progress_start(shown && f->plan.actions[PLAN_FETCH] > 0,
                   f->plan.actions[PLAN_FETCH], fetch_octets_due(f));
    transfer(f);
    progress_stop();
    interrupt_release();
}

/* From the listing on; false: all is done, or has failed. */
static bool
run_session(fetch *f, json *j)
{
    bool dry = f->s->opt->dry_run;

    f->again = AGAIN_NOT;
    if (!list_messages(f) || !fetch_hash_ids(f))
        return f->again != AGAIN_NOT;
    if (!dry && !fetch_recover(f))
        return false;
    if (!make_plan(f) || (!dry && !note_plan(f))) {
        if (f->again == AGAIN_NOT)
            session_quit(f->s);
        return f->again != AGAIN_NOT;
    }
    if (dry)
        fetch_dry(f, j);
    else
        run_transfer(f);
    if (f->again != AGAIN_NOT && (interrupt_noted() || interrupt_draining()))
        return session_fail(f->s, EXIT_LATER,
                            "interrupted; what was complete is delivered");
    return f->again != AGAIN_NOT;
}

static void
clear_session(fetch *f)
{
    plan_clear(&f->plan);
    maildrop_clear(&f->drop);
    free(f->held.items);
    free(f->due.items);
    free(f->marked.items);
    f->held = f->due = f->marked = (item_list){0};
    f->has_tried = f->anonymous = false;
}

/* What a session does again counts once. */
static bool
begin_again(fetch *f)
{
    clear_session(f);
    f->kind = f->again;
    f->fetched_before = f->totals->fetched;
    f->tried_before = f->tried_count;
    if (f->kind != AGAIN_SUSPECTS)
        f->totals->due = 0;
    if (!reopen_sink(f))
        return false;
    if (continues(f))
        return session_reopen(f->s);
    f->totals->failed = 0;
    session_forgive(f->s);
    if (f->kind == AGAIN_WHAT_FITS)
        f->s->lock_step = true;
    return f->kind == AGAIN_LOCK_STEP ? session_reopen_lock_step(f->s)
                                      : session_reopen(f->s);
}

static void
run(fetch *f, json *j)
{
    if (!open_local(f) || !session_open(f->s))
        return;
    while (run_session(f, j) && begin_again(f))
        ;
}

static void
clear(fetch *f)
{
    clear_session(f);
    sink_close(f->sink);
    seen_close(f->memory);
    if (f->lock != -1)
        close(f->lock);
    free(f->state_path);
    free(f->scratch);
    free(f);
}

static fetch *
begin(session *s, fetch_totals *totals)
{
    fetch *f = calloc(1, sizeof(*f));

    *totals = (fetch_totals){0};
    if (f == NULL) {
        session_fail(s, EXIT_LATER, "out of memory");
        return NULL;
    }
    f->s = s;
    f->totals = totals;
    f->lock = -1;
    return f;
}

void
fetch_account(session *s, fetch_totals *totals, json *j)
{
    fetch *f = begin(s, totals);

    if (f == NULL)
        return;
    run(f, j);
    clear(f);
}

void
fetch_look(session *s, fetch_counts *counts)
{
    fetch_totals totals;
    fetch *f = begin(s, &totals);

    *counts = (fetch_counts){0};
    if (f == NULL)
        return;
    f->counts = counts;
    run(f, NULL);
    clear(f);
}
