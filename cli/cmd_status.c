/* SPDX-License-Identifier: MIT */
/*
 * cmd_status - pop3 status [ACCOUNT...]
 *
 *     work: fetched 3 messages, 12.3 kB, 2 minutes ago; 120 fetched before
 *           next: in 3 minutes
 *
 * All of it comes from the status files, which `pop3 fetch` and the daemon
 * write. Whether a daemon runs tells its lock; what a file says about the
 * future counts only then. Nothing is connected to, and nothing changes.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/account_place.h"
#include "cli/command.h"
#include "cli/daemon_lock.h"
#include "cli/duration.h"
#include "cli/report.h"
#include "cli/state_path.h"
#include "cli/status_file.h"

#include "base/banned.h"

typedef struct shown {
    const char *name;
    uint64_t keep_s;
    bool known; /* there was a run */
    run_status status;
} shown;

/* ---- words ---- */

/* "2 minutes ago" */
static const char *
ago(uint64_t then_s, char *out, size_t size)
{
    uint64_t now_s = (uint64_t)time(NULL);
    char words[40];

    if (then_s > now_s)
        (void)snprintf(out, size, "%s",
                       "at a time that is still to come: the clock was set");
    else
        (void)snprintf(out, size, "%s ago",
                       duration_words(now_s - then_s, words, sizeof(words)));
    return out;
}

static void
show_last(const shown *one)
{
    const run_status *s = &one->status;
    char words[600];
    char when[80];

    if (!one->known) {
        printf("%s: was not fetched yet\n", one->name);
        return;
    }
    outcome_words(&s->last, words, sizeof(words));
    ago(s->ended_s, when, sizeof(when));
    if (s->last.kind == OUTCOME_GOOD)
        printf("%s: %s (%s)\n", one->name, words, when);
    else if (s->last.kind == OUTCOME_PARTIAL)
        printf("%s: %s (%s)\n    not all: %s\n", one->name, words, when,
               printable(s->last.why));
    else
        printf("%s: failed %s: %s\n", one->name, when, printable(s->last.why));
}

static void
show_past(const shown *one)
{
    const run_status *s = &one->status;
    char when[80];

    if (s->failures > 1)
        printf("    %" PRIu64 " runs failed in a row\n", s->failures);
    if (s->failures > 0)
        printf("    the last run without an error: %s\n",
               s->success_s == 0 ? "none"
                                 : ago(s->success_s, when, sizeof(when)));
    if (s->mail_s != 0 && s->mail_s != s->ended_s)
        printf("    the last mail came %s\n",
               ago(s->mail_s, when, sizeof(when)));
    if (s->last.totals.due > 0)
        printf("    deletes that are pending: %" PRIu64
               "; the next run sends them again\n",
               s->last.totals.due);
    if (s->hook[0] != '\0')
        printf("    on-mail: %s\n", printable(s->hook));
}

/* What the server does with mail that the user wants to keep there. */
static void
show_demands(const shown *one)
{
    const outcome *last = &one->status.last;
    uint64_t expire_s = (uint64_t)last->expire_days * 86400;

    if (one->known && last->expire_days != POP3_EXPIRE_NEVER &&
        one->keep_s > expire_s)
        printf("    the server removes mail %" PRIu32
               " days after it was fetched, whatever keep says\n",
               last->expire_days);
    if (one->known && last->login_delay_s > 0)
        printf("    the server wants %" PRIu32 " s between two logins\n",
               last->login_delay_s);
}

static void
show_next(const shown *one, bool watched)
{
    const run_status *s = &one->status;
    uint64_t now_s = (uint64_t)time(NULL);
    char words[40];

    if (!watched)
        return;
    if (s->running_s != 0)
        printf("    is being fetched\n");
    else if (s->stopped)
        printf("    stopped: mend it, then tell the daemon with SIGHUP\n");
    else if (s->next_s == 0)
        printf("    the daemon does not watch it\n");
    else if (s->next_s <= now_s)
        printf("    next: now\n");
    else
        printf("    next: in %s\n",
               duration_words(s->next_s - now_s, words, sizeof(words)));
}

static void
show_text(const shown *one, bool watched)
{
    show_last(one);
    show_past(one);
    show_demands(one);
    show_next(one, watched);
}

/* ---- JSON ---- */

static void
time_json(json *j, const char *key, uint64_t time_s)
{
    if (time_s != 0)
        json_number(j, key, time_s);
}

static void
show_json(json *j, const shown *one, bool watched)
{
    const run_status *s = &one->status;

    json_open(j, NULL, '{');
    json_text(j, "account", one->name);
    json_bool(j, "known", one->known);
    if (one->known) {
        json_text(j, "outcome", outcome_name(s->last.kind));
        json_number(j, "status", (uint64_t)s->last.status);
        if (s->last.why[0] != '\0')
            json_text(j, "error", s->last.why);
        outcome_json(&s->last, j);
        json_number(j, "failures", s->failures);
        time_json(j, "started", s->started_s);
        time_json(j, "ended", s->ended_s);
        time_json(j, "last_success", s->success_s);
        time_json(j, "last_mail", s->mail_s);
    }
    if (s->hook[0] != '\0')
        json_text(j, "hook_error", s->hook);
    if (watched) {
        json_bool(j, "running", s->running_s != 0);
        json_bool(j, "stopped", s->stopped);
        time_json(j, "next", s->next_s);
    }
    json_close(j, '}');
}

/* ---- the command ---- */

static exit_status
read_status(shown *one, const char *path)
{
    bool found = status_file_read(path, &one->status);
    int sys = errno;

    one->known = found && one->status.ended_s != 0;
    if (found || sys == 0)
        return EXIT_FINE;
    report("%s: its status could not be read from %s: %s; the next fetch "
           "writes a new one",
           printable(one->name), printable(path), strerror(sys));
    return status_of_mail(mail_kind_of(sys));
}

/* Anything but FINE was told. */
static exit_status
look(shown *one, const account *a)
{
    exit_status status = EXIT_FINE;
    account_place place;
    char *path;

    *one = (shown){.name = a->name != NULL ? a->name : a->url,
                   .keep_s = a->opt.keep_s};
    if (!account_place_find(&place, a))
        return EXIT_USAGE;
    path = status_file_path(a->opt.state, place.mailbox);
    if (path != NULL)
        status = read_status(one, path);
    free(path);
    return status;
}

static pid_t
daemon_of(const account_list *list, const options *opt)
{
    mail_error error;
    char *state;
    pid_t owner;

    if (state_path(&state, accounts_state(list, opt), false, &error) !=
        MAIL_OK)
        return 0;
    owner = daemon_lock_owner(state);
    free(state);
    return owner;
}

static void
begin(json *j, const options *opt, pid_t owner)
{
    if (opt->json) {
        json_open(j, NULL, '{');
        if (owner != 0)
            json_number(j, "daemon", (uint64_t)owner);
        json_open(j, "accounts", '[');
    } else if (owner != 0) {
        printf("The daemon runs (process %ld).\n", (long)owner);
    } else {
        printf("No daemon runs.\n");
    }
}

static exit_status
show_all(const account_list *list, const options *opt)
{
    pid_t owner = daemon_of(list, opt);
    exit_status status = EXIT_FINE;
    json j = json_start(stdout);
    shown one;
    size_t i;

    begin(&j, opt, owner);
    for (i = 0; i < list->count; i++) {
        exit_status looked = look(&one, &list->items[i]);

        if (looked != EXIT_FINE) {
            status = looked;
            continue;
        }
        if (status == EXIT_FINE && one.known &&
            one.status.last.kind != OUTCOME_GOOD)
            status = EXIT_PARTIAL;
        if (opt->json)
            show_json(&j, &one, owner != 0);
        else
            show_text(&one, owner != 0);
    }
    if (opt->json) {
        json_close(&j, ']');
        json_close(&j, '}');
    }
    return status;
}

exit_status
cmd_status(const options *opt)
{
    options line = *opt;
    account_list list;
    exit_status status;

    line.all = opt->arg_count == 0;
    status = accounts_open(&list, &line, opt->args, opt->arg_count);
    if (status == EXIT_FINE)
        status = show_all(&list, opt);
    accounts_close(&list);
    return status;
}
