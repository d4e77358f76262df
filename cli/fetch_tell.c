/* SPDX-License-Identifier: MIT */
/*
 * fetch_tell - the line, the JSON and the status file behind a run.
 */
#include "cli/fetch_tell.h"

#include <stdlib.h>
#include <time.h>

#include "cli/account_place.h"
#include "cli/hook.h"
#include "cli/report.h"
#include "cli/status_file.h"

#include "base/banned.h"

void
fetch_tell_begin(fetch_run *run, const account *a)
{
    *run = (fetch_run){.account = a, .started_s = (int64_t)time(NULL)};
    run->prepared = session_prepare(&run->session, &a->opt, a->url);
}

static void
record(const fetch_run *run)
{
    account_place place;
    run_status status;
    char *path;

    if (!account_place_find(&place, run->account))
        return;
    path = status_file_path(run->account->opt.state, place.mailbox);
    if (path == NULL)
        return;
    (void)status_file_read(path, &status);
    status_add(&status, &run->outcome, run->started_s, (int64_t)time(NULL));
    status.next_s = 0;
    /* Where it cannot be written, `pop3 status` does not know of it. */
    (void)status_file_write(path, &status);
    free(path);
}

void
fetch_tell_end(const fetch_run *run)
{
    const options *opt = &run->account->opt;
    const outcome *o = &run->outcome;
    char words[600];

    if (!run->prepared || opt->dry_run)
        return;
    record(run);
    if (opt->quiet || !o->connected)
        return;
    outcome_words(o, words, sizeof(words));
    report_note("%s: %s%s",
                run->shown != NULL ? run->shown
                                   : printable(run->session.account),
                words, opt->delete_delivered ? "" : "; kept on the server");
}

void
fetch_tell_json(const fetch_run *run, json *j)
{
    const outcome *o = &run->outcome;

    if (!run->account->opt.dry_run)
        outcome_json(o, j);
    if (o->why[0] != '\0')
        json_text(j, "error", o->why);
    json_number(j, "status", (uint64_t)o->status);
}

void
fetch_tell_hook(const fetch_run *run)
{
    char why[HOOK_WHY];

    if (!hook_run(run->account, &run->session, &run->outcome, why,
                  sizeof(why)))
        report("%s", why);
}
