/* SPDX-License-Identifier: MIT */
/*
 * cmd_fetch - pop3 fetch ACCOUNT...
 *
 * fetch.c does the work; here the accounts are gone through one after another,
 * and each ends with one line that tells what became of its mail. An account
 * that fails does not stop the others; ^C does.
 */
#include <inttypes.h>
#include <string.h>

#include "cli/account.h"
#include "cli/command.h"
#include "cli/fetch.h"
#include "cli/interrupt.h"
#include "cli/report.h"

#include "base/banned.h"

static void
append(char *line, size_t size, uint64_t number, const char *words)
{
    size_t len = strlen(line);

    if (number > 0)
        (void)snprintf(line + len, size - len, "; %" PRIu64 " %s", number,
                       words);
}

static void
show_summary(const session *s, const fetch_totals *t)
{
    char more[400] = "";

    append(more, sizeof(more), t->known, "fetched before");
    append(more, sizeof(more), t->too_large, "larger than --max-size");
    append(more, sizeof(more), t->headers, "of them by their header alone");
    append(more, sizeof(more), t->left_out, "left out by rules");
    append(more, sizeof(more), t->later,
           s->opt->max_octets == UINT64_MAX
               ? "left for later by --max-messages"
               : "left for later");
    append(more, sizeof(more), t->failed, "failed");
    append(more, sizeof(more), t->deleted, "deleted on the server");
    append(more, sizeof(more), t->due, "still to be deleted on the server");
    report_note("%s: fetched %" PRIu64 " %s, %s%s%s", printable(s->account),
                t->fetched, t->fetched == 1 ? "message" : "messages",
                human_octets(t->octets), more,
                s->opt->delete_delivered ? "" : "; kept on the server");
}

static void
show_json(json *j, const session *s, const fetch_totals *t)
{
    if (!s->opt->dry_run) {
        json_number(j, "fetched", t->fetched);
        json_number(j, "octets", t->octets);
        json_number(j, "fetched_before", t->known);
        json_number(j, "too_large", t->too_large);
        json_number(j, "headers", t->headers);
        json_number(j, "left_out", t->left_out);
        json_number(j, "later", t->later);
        json_number(j, "failed", t->failed);
        json_number(j, "deleted", t->deleted);
        json_number(j, "delete_pending", t->due);
    }
    if (s->why[0] != '\0')
        json_text(j, "error", s->why);
    json_number(j, "status", (uint64_t)s->status);
}

static exit_status
fetch_one(const options *opt, const char *url_text, json *j)
{
    fetch_totals totals = {0};
    bool good;
    session s;

    good = session_prepare(&s, opt, url_text);
    if (opt->json) {
        json_open(j, NULL, '{');
        json_text(j, "account", s.account);
    }
    if (good)
        fetch_account(&s, &totals, opt->json ? j : NULL);
    if (good && !opt->dry_run && !opt->quiet && s.client != NULL)
        show_summary(&s, &totals);
    if (opt->json) {
        show_json(j, &s, &totals);
        json_close(j, '}');
    }
    session_close(&s);
    return s.status;
}

/* Before anything is fetched. */
static exit_status
check_deliver(const account *a)
{
    if (a->opt.deliver != NULL || a->opt.dry_run)
        return EXIT_FINE;
    report("where shall the mail%s%s go? Say --deliver maildir:DIR, for "
           "example --deliver maildir:~/Mail, or deliver = maildir:~/Mail in "
           "the configuration file",
           a->name == NULL ? "" : " of ",
           a->name == NULL ? "" : printable(a->name));
    return a->name == NULL ? EXIT_USAGE : EXIT_CONFIG;
}

exit_status
cmd_fetch(const options *opt)
{
    const account_list *list = opt->accounts;
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
    for (i = 0; i < list->count && !interrupt_noted(); i++) {
        const account *a = &list->items[i];

        all = exit_join(all, fetch_one(&a->opt, a->url, &j), i == 0);
    }
    if (opt->json) {
        json_close(&j, ']');
        json_close(&j, '}');
    }
    (void)fflush(stdout);
    interrupt_end();
    return all;
}
