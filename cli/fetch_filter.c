/* SPDX-License-Identifier: MIT */
/*
 * fetch_filter - what is asked for by TOP before a fetch: for the rules of
 * skip-if and only-if, the headers of new messages; for --dedup=hash (hash.c)
 * those of all.
 *
 * What the rules leave out is remembered with them, so its header is asked for
 * once; other rules are tried on it again. Headers are asked for until as many
 * messages are wanted as may be fetched.
 *
 * A message whose header the server refuses is fetched: a rule that cannot be
 * tried leaves nothing out. A server that has no TOP is another matter, as the
 * rules ask for what cannot be: it refused all that was asked for, and its
 * CAPA does not tell TOP, or that was several. Nothing is fetched then;
 * deletes that are due are sent all the same.
 */
#include "cli/fetch_impl.h"

#include <stdlib.h>

#include "cli/filter.h"
#include "cli/hash.h"
#include "cli/top.h"

#include "base/banned.h"

enum {
    SEVERAL = 3 /* refusals, and nothing else */
};

typedef struct filtering {
    fetch *f;
    filter *rules;
    plan_item **items;
    uint64_t *numbers;
    size_t count;
    size_t asked;
    size_t refused;
    uint64_t wanted;
} filtering;

static void
take_header(void *ctx, size_t index, pop3_span header, pop3_result result)
{
    filtering *x = ctx;
    plan_item *item = x->items[index];

    item->unasked = false;
    x->asked++;
    if (result != POP3_OK)
        x->refused++;
    else if (!filter_wants(x->rules, header))
        item->action = PLAN_LEFT_OUT;
    x->wanted += item->action == PLAN_FETCH ? 1 : 0;
}

static bool
collect(filtering *x)
{
    plan *p = &x->f->plan;
    size_t i;

    x->items = calloc(p->count + 1, sizeof(plan_item *));
    x->numbers = calloc(p->count + 1, sizeof(*x->numbers));
    if (x->items == NULL || x->numbers == NULL)
        return false;
    for (i = 0; i < p->count; i++) {
        plan_item *item = &p->items[i];

        if (item->action != PLAN_FETCH)
            continue;
        item->unasked = true;
        x->items[x->count] = item;
        x->numbers[x->count++] = item->message->number;
    }
    return true;
}

static bool
has_no_top(const filtering *x)
{
    const pop3_capa *capa = session_capabilities(x->f->s);

    if (x->asked == 0 || x->refused < x->asked)
        return false;
    return x->refused >= SEVERAL ||
           (pop3_capa_count(capa) > 0 && !pop3_capa_has(capa, "TOP"));
}

/* In pieces, until enough are wanted. */
static pop3_result
ask(filtering *x, uint64_t enough)
{
    const size_t piece = 500;
    plan_item **items = x->items;
    pop3_result result = POP3_OK;
    size_t i;

    for (i = 0; result == POP3_OK && i < x->count && x->wanted < enough;
         i += piece) {
        size_t n = x->count - i < piece ? x->count - i : piece;

        x->items = items + i;
        result = top_run(x->f->s, x->numbers + i, n, take_header, x);
        if (x->refused == x->asked)
            break;
    }
    x->items = items;
    return result;
}

static bool
fetch_nothing(filtering *x)
{
    size_t i;

    for (i = 0; i < x->count; i++)
        x->items[i]->unasked = true;
    (void)session_fail(x->f->s, EXIT_CONFIG,
                       "the server refuses TOP, by which skip-if and only-if "
                       "look at headers: nothing was fetched; take these "
                       "rules out for this account");
    return !x->f->s->opt->dry_run;
}

static bool
end(filtering *x, pop3_result result)
{
    session *s = x->f->s;

    if (result == POP3_ERR_NOMEM)
        return session_fail(s, EXIT_LATER, "out of memory");
    if (result != POP3_OK)
        return fetch_broken(x->f, result);
    if (has_no_top(x))
        return fetch_nothing(x);
    if (x->refused > 0)
        session_warn(s,
                     "TOP: the server refused %zu headers: those messages are "
                     "fetched without a look at the rules",
                     x->refused);
    return true;
}

bool
fetch_filter(fetch *f, const plan_policy *policy)
{
    const options *opt = f->s->opt;
    filtering x = {.f = f};
    bool good;

    if (policy->rules == 0 || f->kind == AGAIN_DELETES)
        return true;
    x.rules = filter_new(&opt->skip_if, &opt->only_if);
    if (x.rules == NULL || !collect(&x))
        good = session_fail(f->s, EXIT_LATER, "out of memory");
    else
        good = end(&x, ask(&x, policy->max_messages));
    filter_free(x.rules);
    free(x.items);
    free(x.numbers);
    return good;
}

mail_result
fetch_note_left_out(fetch *f, mail_error *error)
{
    const options *opt = f->s->opt;
    int64_t rules = filter_print(&opt->skip_if, &opt->only_if);
    mail_result result = MAIL_OK;
    size_t i;

    for (i = 0; rules != 0 && result == MAIL_OK && i < f->plan.count; i++) {
        const plan_item *item = &f->plan.items[i];

        if (item->action == PLAN_LEFT_OUT && item->tracked &&
            !item->known_left_out)
            result = seen_leave_out(f->memory, fetch_uid(f, item),
                                    item->occurrence, rules, error);
    }
    return result;
}

bool
fetch_hash_ids(fetch *f)
{
    pop3_result result;

    if (f->s->opt->dedup != DEDUP_HASH || maildrop_count(&f->drop) == 0)
        return true;
    result = hash_ids(f->s, &f->drop);
    if (result == POP3_ERR_NOMEM)
        return session_fail(f->s, EXIT_LATER, "out of memory");
    if (result != POP3_OK)
        return fetch_broken(f, result);
    if (!f->drop.has_uids)
        return session_fail(f->s, EXIT_GUARD,
                            "the server refuses TOP, which --dedup=hash "
                            "needs: nothing was fetched; with --delete and "
                            "--dedup=uid mail is fetched once and removed");
    return true;
}
