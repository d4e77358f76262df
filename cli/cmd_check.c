/* SPDX-License-Identifier: MIT */
/*
 * cmd_check - pop3 check ACCOUNT...
 *
 * One STAT for each account: a line of text, or an object of a JSON document.
 * An account that fails does not stop the others.
 */
#include <inttypes.h>

#include "cli/account.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/session.h"

#include "base/banned.h"

static bool
check_one(session *s, const options *opt, const char *url_text,
          pop3_stat *stat)
{
    bool good = session_prepare(s, opt, url_text) && session_open(s);

    return good && session_stat_and_quit(s, stat);
}

static void
show_json(json *j, const session *s, bool good, const pop3_stat *stat)
{
    json_open(j, NULL, '{');
    json_text(j, "account", s->account);
    if (good) {
        json_number(j, "messages", stat->count);
        json_number(j, "octets", stat->octets);
    } else {
        json_text(j, "error", s->why);
    }
    json_number(j, "status", (uint64_t)s->status);
    json_close(j, '}');
}

static void
show_text(const session *s, const pop3_stat *stat)
{
    printf("%s: %" PRIu64 " %s, %s\n", printable(s->account), stat->count,
           stat->count == 1 ? "message" : "messages",
           human_octets(stat->octets));
}

exit_status
cmd_check(const options *opt)
{
    exit_status all = EXIT_FINE;
    json j = json_start(stdout);
    size_t i;

    if (opt->json) {
        json_open(&j, NULL, '{');
        json_open(&j, "accounts", '[');
    }
    for (i = 0; i < opt->accounts->count; i++) {
        const account *a = &opt->accounts->items[i];
        pop3_stat stat = {0, 0};
        session s;
        bool good = check_one(&s, &a->opt, a->url, &stat);

        if (opt->json)
            show_json(&j, &s, good, &stat);
        else if (good)
            show_text(&s, &stat);
        all = exit_join(all, s.status, i == 0);
        session_close(&s);
    }
    if (opt->json) {
        json_close(&j, ']');
        json_close(&j, '}');
    }
    return all;
}
