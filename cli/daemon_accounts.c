/* SPDX-License-Identifier: MIT */
/*
 * daemon_accounts - from the configuration to accounts that are watched, at
 * the start and when it is read again.
 *
 * An account that the new configuration has too, by its name and for the same
 * mailbox, keeps its place in time and its counts. One that had failed, or was
 * stopped, is tried at once: that is what somebody who mended it waits for.
 * One that fetches does that with what it began with, and is tried once more
 * then. A configuration that has an error changes nothing.
 */
#include "cli/daemon_impl.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "cli/account_place.h"
#include "cli/daemon_lock.h"
#include "cli/session_login.h"
#include "cli/state_path.h"

#include "base/banned.h"

static uint32_t
random_number(void)
{
    uint32_t number;

    if (getrandom(&number, sizeof(number), GRND_NONBLOCK) !=
        (ssize_t)sizeof(number))
        return UINT32_C(1) << 31;
    return number;
}

static schedule
schedule_of(const watched *w)
{
    return (schedule){.every_s = w->account->opt.every_s,
                      .kind = w->status.last.kind,
                      .failures = w->status.failures,
                      .login_delay_s = w->status.last.login_delay_s,
                      .expire_days = w->status.last.expire_days};
}

static void
plan_at(watched *w, int64_t due_ms)
{
    int64_t wait_ms = due_ms - loop_now_ms();

    w->due_ms = due_ms;
    w->status.next_s = 0;
    w->status.stopped = due_ms == SCHEDULE_NEVER;
    if (!w->status.stopped)
        w->status.next_s = (uint64_t)time(NULL) +
                           (uint64_t)(wait_ms > 0 ? wait_ms : 0) / 1000;
}

void
daemon_plan(watched *w)
{
    const schedule s = schedule_of(w);
    int64_t wait_ms = schedule_next_ms(&s, random_number());

    plan_at(w, wait_ms == SCHEDULE_NEVER ? SCHEDULE_NEVER
                                         : loop_now_ms() + wait_ms);
}

/* By the clock on the wall, as it may be another daemon's login. If that was
 * set since, a wait is never longer than what the server wants. */
void
daemon_plan_now(watched *w)
{
    const schedule s = schedule_of(w);
    int64_t least_ms = schedule_least_ms(&s);
    int64_t since_ms =
        ((int64_t)time(NULL) - (int64_t)w->status.started_s) * 1000;
    int64_t wait_ms = 0;

    if (since_ms >= 0 && since_ms < least_ms)
        wait_ms = least_ms - since_ms;
    plan_at(w, loop_now_ms() + wait_ms);
}

void
daemon_record(const watched *w)
{
    if (w->status_path != NULL)
        (void)status_file_write(w->status_path, &w->status);
}

void
daemon_free_watched(watched *w)
{
    free(w->status_path);
    free(w);
}

/* ---- the configuration ---- */

static exit_status
check_account(const account *a)
{
    if (a->name == NULL)
        report("the daemon takes names of accounts, not the URL %s: write "
               "the account into the configuration file",
               printable(a->url));
    else if (a->opt.deliver == NULL)
        report("where shall the mail of %s go? Say deliver = maildir:~/Mail "
               "in the configuration file",
               a->name);
    else if (account_shares_output(a))
        report("the daemon cannot deliver the mail of %s to the standard "
               "output, where mail of several accounts would mix: say "
               "deliver = maildir:~/Mail in the configuration file",
               a->name);
    else if (session_asks(&a->opt))
        report("the daemon cannot ask for the password of %s: set password "
               "to file:, command:, keyring or credential: in the "
               "configuration file",
               a->name);
    else
        return EXIT_FINE;
    return EXIT_CONFIG;
}

static exit_status
check_accounts(const account_list *list)
{
    exit_status status = EXIT_FINE;
    size_t i;
    size_t j;

    for (i = 0; i < list->count; i++) {
        exit_status one = check_account(&list->items[i]);

        status = one == EXIT_FINE ? status : one;
        for (j = 0; one == EXIT_FINE && j < i; j++) {
            if (strcmp(list->items[i].name, list->items[j].name) != 0)
                continue;
            report("the account %s was named twice", list->items[i].name);
            return EXIT_USAGE;
        }
    }
    return status;
}

/* A new one; NULL: it was reported. */
static watched *
make_watched(const account *a)
{
    watched *w = calloc(1, sizeof(*w));
    account_place place;

    if (w == NULL) {
        report("out of memory");
        return NULL;
    }
    w->account = a;
    w->worker.ctx = w;
    w->worker.job.events = -1;
    (void)snprintf(w->worker.name, sizeof(w->worker.name), "%s", a->name);
    if (!account_place_find(&place, a)) {
        free(w);
        return NULL;
    }
    memcpy(w->mailbox, place.mailbox, sizeof(w->mailbox));
    memcpy(w->worker.host, place.host, sizeof(w->worker.host));
    w->status_path = status_file_path(a->opt.state, w->mailbox);
    return w;
}

/* Takes the one that is the same out of the list; NULL: there is none. */
static watched *
take_old(service *d, const watched *like)
{
    size_t i;

    for (i = 0; i < d->count; i++) {
        watched *w = d->items[i];

        if (w != NULL && strcmp(w->worker.name, like->worker.name) == 0 &&
            strcmp(w->mailbox, like->mailbox) == 0) {
            d->items[i] = NULL;
            return w;
        }
    }
    return NULL;
}

static void
begin(watched *w)
{
    if (w->status_path == NULL ||
        !status_file_read(w->status_path, &w->status))
        w->status.last.expire_days = POP3_EXPIRE_NEVER;
    w->status.running_s = 0;
    w->status.failures = 0; /* whoever started us wants to see it tried */
    daemon_plan_now(w);
    daemon_record(w);
}

/* The old one takes the place of the new one. */
static watched *
go_on(watched *old, watched *fresh)
{
    bool waits = old->status.failures > 0 || old->status.stopped;
    bool differs = old->account->opt.every_s != fresh->account->opt.every_s;
    char *path = old->status_path;

    old->account = fresh->account;
    old->status_path = fresh->status_path;
    fresh->status_path = path;
    daemon_free_watched(fresh);
    old->again |= old->worker.busy; /* it has what it began with */
    if (old->worker.busy || (!waits && !differs))
        return old;
    old->status.failures = 0;
    if (waits)
        daemon_plan_now(old);
    else
        daemon_plan(old);
    daemon_record(old);
    return old;
}

/* Those that are not in the new configuration: one that fetches ends by
 * itself. */
static void
let_go(watched *w)
{
    w->account = NULL;
    w->due_ms = SCHEDULE_NEVER;
    w->status.next_s = 0;
    daemon_record(w);
    if (w->worker.job.pid == 0)
        daemon_free_watched(w);
}

static bool
make_all(const account_list *list, watched **items)
{
    size_t i;

    for (i = 0; i < list->count; i++) {
        items[i] = make_watched(&list->items[i]);
        if (items[i] != NULL)
            continue;
        while (i > 0)
            daemon_free_watched(items[--i]);
        return false;
    }
    return true;
}

/* From here on nothing fails. */
static void
exchange(service *d, account_list *list, watched **items)
{
    size_t i;

    for (i = 0; i < list->count; i++) {
        watched *old = take_old(d, items[i]);

        if (old != NULL)
            items[i] = go_on(old, items[i]);
        else
            begin(items[i]);
    }
    for (i = 0; i < d->count; i++) {
        if (d->items[i] != NULL)
            let_go(d->items[i]);
    }
    free(d->items);
    accounts_close(&d->accounts);
    d->items = items;
    d->count = list->count;
    d->accounts = *list;
}

static exit_status
take_list(service *d, account_list *list)
{
    watched **items = calloc(list->count + 1, sizeof(watched *));

    if (items == NULL) {
        report("out of memory");
        return EXIT_LATER;
    }
    if (!make_all(list, items)) {
        free(items);
        return EXIT_CONFIG;
    }
    exchange(d, list, items);
    return EXIT_FINE;
}

/* Before anything is written. */
static exit_status
lock(service *d, const account_list *list)
{
    mail_error error;
    char *path;
    mail_result result =
        state_path(&path, accounts_state(list, d->line), true, &error);

    if (result == MAIL_OK) {
        result = daemon_lock(&d->lock, path, &error);
        free(path);
    }
    if (result != MAIL_OK)
        report("%s", error.text);
    return status_of_mail(result);
}

exit_status
daemon_load(service *d)
{
    options line = *d->line;
    account_list list;
    exit_status status;

    line.all = line.arg_count == 0;
    status = accounts_open(&list, &line, line.args, line.arg_count);
    if (status == EXIT_FINE)
        status = check_accounts(&list);
    if (status == EXIT_FINE && d->lock == -1)
        status = lock(d, &list);
    if (status == EXIT_FINE)
        status = take_list(d, &list);
    if (status != EXIT_FINE)
        accounts_close(&list);
    return status;
}

void
daemon_unload(service *d)
{
    size_t i;

    for (i = 0; i < d->count; i++)
        daemon_free_watched(d->items[i]);
    free(d->items);
    accounts_close(&d->accounts);
    d->items = NULL;
    d->count = 0;
}
