/* SPDX-License-Identifier: MIT */
/*
 * fetch_dry - what a fetch would do: a line for each message, or counts.
 *
 * Nothing was sent that changes anything: RETR may delete on some servers, so
 * a dry run never sends it.
 */
#include "cli/fetch_impl.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/report.h"

#include "base/banned.h"

static const char *
word_of(plan_action action)
{
    switch (action) {
    case PLAN_FETCH:
        return "fetch";
    case PLAN_DELETE:
        return "delete";
    case PLAN_TOO_LARGE:
        return "too-large";
    case PLAN_LATER:
        return "later";
    case PLAN_NO_ID:
        return "no-id";
    case PLAN_HEADER:
        return "header";
    case PLAN_LEFT_OUT:
        return "left-out";
    case PLAN_REFUSED:
        return "refused";
    case PLAN_KEEP:
    case PLAN_GHOST:
        break;
    }
    return "keep";
}

static void
show_plan(const fetch *f, json *j)
{
    size_t i;

    if (j != NULL)
        json_open(j, "plan", '[');
    for (i = 0; i < f->plan.count; i++) {
        const plan_item *item = &f->plan.items[i];
        pop3_span uid = fetch_uid(f, item);

        if (j != NULL) {
            json_open(j, NULL, '{');
            json_text(j, "action", word_of(item->action));
            json_number(j, "number", item->message->number);
            json_number(j, "octets", item->message->octets);
            json_uid(j, uid);
            json_close(j, '}');
        } else if (item->action != PLAN_KEEP && item->action != PLAN_GHOST) {
            printf("%s\t%" PRIu64 "\t%" PRIu64 "\t%s\n", word_of(item->action),
                   item->message->number, item->message->octets,
                   uid.len == 0 ? "-" : printable_span(uid));
        }
    }
    if (j != NULL)
        json_close(j, ']');
}

/* Octets as they are listed, which may be anything. */
static uint64_t
octets_listed(const fetch *f)
{
    uint64_t octets = 0;
    size_t i;

    for (i = 0; i < f->plan.count; i++) {
        uint64_t size = f->plan.items[i].message->octets;

        octets += size < UINT64_MAX - octets ? size : UINT64_MAX - octets;
    }
    return octets;
}

static void
count(const fetch *f)
{
    const size_t *actions = f->plan.actions;

    f->counts->messages = f->plan.count;
    f->counts->octets = octets_listed(f);
    f->counts->wanted =
        actions[PLAN_FETCH] + actions[PLAN_HEADER] + actions[PLAN_LATER];
}

static void
show(const fetch *f, json *j)
{
    show_plan(f, j);
    if (!f->s->opt->quiet)
        report_note("%s: would fetch %zu messages, %s, and delete %zu",
                    printable(f->s->account), f->plan.actions[PLAN_FETCH],
                    human_octets(fetch_octets_due(f)),
                    f->plan.actions[PLAN_DELETE]);
}

void
fetch_dry(fetch *f, json *j)
{
    if (f->counts != NULL)
        count(f);
    else
        show(f, j);
    session_quit(f->s);
}
