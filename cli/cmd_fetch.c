/* SPDX-License-Identifier: MIT */
/*
 * cmd_fetch - pop3 fetch ACCOUNT...
 *
 * fetch.c does the work; here the accounts are gone through one after another,
 * or with --jobs several at once (fetch_jobs.c), and each ends with one line
 * that tells what became of its mail. An account that fails does not stop the
 * others; ^C does.
 */
#include <inttypes.h>
#include <string.h>

#include "cli/account.h"
#include "cli/command.h"
#include "cli/fetch_jobs.h"
#include "cli/fetch_tell.h"
#include "cli/hook.h"
#include "cli/interrupt.h"
#include "cli/report.h"

#include "base/banned.h"

static exit_status
fetch_one(const account *a, json *j)
{
    fetch_run run;

    fetch_tell_begin(&run, a);
    if (a->opt.json) {
        json_open(j, NULL, '{');
        json_text(j, "account", run.session.account);
    }
    outcome_fetch(&run.outcome, &run.session, run.prepared,
                  a->opt.json ? j : NULL);
    fetch_tell_end(&run);
    if (a->opt.json) {
        fetch_tell_json(&run, j);
        json_close(j, '}');
    }
    fetch_tell_hook(&run);
    return run.outcome.status;
}

/* Before anything is fetched. */
static exit_status
check_deliver(const account *a)
{
    if (a->opt.json && !a->opt.dry_run && account_shares_output(a)) {
        report("--json and mail cannot both go to the standard output: choose "
               "one");
        return EXIT_USAGE;
    }
    if (a->opt.deliver != NULL || a->opt.dry_run)
        return EXIT_FINE;
    report("where shall the mail%s%s go? Say --deliver maildir:DIR, for "
           "example --deliver maildir:~/Mail, or deliver = maildir:~/Mail in "
           "the configuration file",
           a->name == NULL ? "" : " of ",
           a->name == NULL ? "" : printable(a->name));
    return a->name == NULL ? EXIT_USAGE : EXIT_CONFIG;
}

static exit_status
fetch_each(const account_list *list, json *j)
{
    exit_status all = EXIT_FINE;
    size_t i;

    for (i = 0; i < list->count && !interrupt_noted(); i++)
        all = exit_join(all, fetch_one(&list->items[i], j), i == 0);
    return all;
}

/* Never if processes would write mail into one pipe, in the middle of each
 * other's lines. */
static bool
may_be_at_once(const options *opt, const account_list *list)
{
    size_t i = 0;

    while (i < list->count && !account_shares_output(&list->items[i]))
        i++;
    return opt->jobs > 1 && list->count > 1 && !opt->dry_run &&
           i == list->count;
}

exit_status
cmd_fetch(const options *opt)
{
    const account_list *list = opt->accounts;
    bool at_once = may_be_at_once(opt, list);
    exit_status all = EXIT_FINE;
    json j = json_start(stdout);
    size_t i;

    for (i = 0; i < list->count && all == EXIT_FINE; i++)
        all = check_deliver(&list->items[i]);
    if (all != EXIT_FINE)
        return all;
    if (opt->json) {
        json_open(&j, NULL, '{');
        json_open(&j, "accounts", '[');
    }
    all = at_once ? fetch_jobs(opt, &j) : fetch_each(list, &j);
    if (opt->json) {
        json_close(&j, ']');
        json_close(&j, '}');
    }
    (void)fflush(stdout);
    interrupt_end();
    return all;
}
