/* SPDX-License-Identifier: MIT */
/*
 * cmd_check - pop3 check ACCOUNT...
 *
 * A line of text for each account, or an object of a JSON document. One STAT
 * tells what is there. With --exit-new it is a dry run of a fetch, which knows
 * what is new, and the exit status is an answer. An account that fails does
 * not stop the others.
 */
#include <inttypes.h>

#include "cli/account.h"
#include "cli/command.h"
#include "cli/fetch.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/session.h"

#include "base/banned.h"

/* How the accounts ended so far. */
typedef struct ends {
    bool any;
    exit_status joined;
    exit_status failed; /* the first one that could not be looked at */
    bool found;         /* new mail */
} ends;

static void
look(session *s, fetch_counts *counts)
{
    pop3_stat stat = {0, 0};

    if (session_open(s) && session_stat_and_quit(s, &stat))
        *counts =
            (fetch_counts){.messages = stat.count, .octets = stat.octets};
}

static bool
check_one(session *s, const options *opt, const char *url_text,
          fetch_counts *counts)
{
    *counts = (fetch_counts){0};
    if (!session_prepare(s, opt, url_text))
        return false;
    if (opt->exit_new)
        fetch_look(s, counts);
    else
        look(s, counts);
    return s->status == EXIT_FINE || s->status == EXIT_PARTIAL;
}

static void
show_json(json *j, const session *s, bool good, const fetch_counts *counts)
{
    json_open(j, NULL, '{');
    json_text(j, "account", s->account);
    if (good) {
        json_number(j, "messages", counts->messages);
        json_number(j, "octets", counts->octets);
    }
    if (good && s->opt->exit_new)
        json_number(j, "new", counts->wanted);
    if (s->why[0] != '\0')
        json_text(j, "error", s->why);
    json_number(j, "status", (uint64_t)s->status);
    json_close(j, '}');
}

static void
show_text(const session *s, const fetch_counts *counts)
{
    printf("%s: %" PRIu64 " %s, %s", printable(s->account), counts->messages,
           counts->messages == 1 ? "message" : "messages",
           human_octets(counts->octets));
    if (s->opt->exit_new)
        printf(", %" PRIu64 " new", counts->wanted);
    printf("\n");
}

static bool
is_shown_by_exit(const options *opt)
{
    return opt->exit_new && opt->quiet;
}

/* What holds for a fetch, which is not to happen. */
static options
dry_options(const account *a)
{
    options opt = a->opt;

    if (opt.exit_new) {
        opt.dry_run = true;
        opt.max_messages = UINT64_MAX; /* rules are tried on all of them */
    }
    return opt;
}

static void
check_account(const account *a, ends *all, json *j)
{
    options opt = dry_options(a);
    fetch_counts counts;
    session s;
    bool good = check_one(&s, &opt, a->url, &counts);

    if (opt.json)
        show_json(j, &s, good, &counts);
    else if (good && !is_shown_by_exit(&opt))
        show_text(&s, &counts);
    all->joined = exit_join(all->joined, s.status, !all->any);
    all->any = true;
    if (!good && all->failed == EXIT_FINE)
        all->failed = s.status;
    all->found |= counts.wanted > 0;
    session_close(&s);
}

/* New mail is worth a fetch, whatever became of other accounts. */
static exit_status
exit_by_new(const ends *all)
{
    if (all->found)
        return EXIT_FINE;
    return all->failed == EXIT_FINE ? EXIT_NONE_NEW : all->failed;
}

exit_status
cmd_check(const options *opt)
{
    ends all = {.joined = EXIT_FINE};
    json j = json_start(stdout);
    size_t i;

    if (opt->json) {
        json_open(&j, NULL, '{');
        json_open(&j, "accounts", '[');
    }
    for (i = 0; i < opt->accounts->count; i++)
        check_account(&opt->accounts->items[i], &all, &j);
    if (opt->json) {
        json_close(&j, ']');
        json_close(&j, '}');
    }
    return opt->exit_new ? exit_by_new(&all) : all.joined;
}
