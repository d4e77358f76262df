/* SPDX-License-Identifier: MIT */
/*
 * cmd_seen - pop3 seen list|forget|mark-all|import|export ACCOUNT...
 *
 * What changes the memory is one transaction for each account: it is done
 * whole or not at all.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/account.h"
#include "cli/command.h"
#include "cli/hash.h"
#include "cli/near.h"
#include "cli/remembered.h"
#include "cli/report.h"
#include "cli/select.h"
#include "mail/plan.h"

#include "base/banned.h"

typedef struct verb {
    const char *name;
    bool (*run)(remembered *r, json *j);
    bool many;    /* all arguments are accounts; else only the first */
    bool changes; /* the memory */
    size_t least; /* arguments */
    size_t most;
    const char *needs;
} verb;

/* ---- list ---- */

typedef struct listing {
    json *j; /* NULL: text */
    uint64_t count;
} listing;

static void
show_row(listing *l, const char *word, pop3_span uid, uint64_t octets,
         int64_t done_s)
{
    char when[32] = "-";
    const time_t second = (time_t)done_s;
    struct tm tm;

    l->count++;
    if (done_s > 0 && gmtime_r(&second, &tm) != NULL)
        (void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (l->j == NULL) {
        printf("%s\t%" PRIu64 "\t%s\t%s\n", word, octets, when,
               printable_span(uid));
        return;
    }
    json_open(l->j, NULL, '{');
    json_text(l->j, "state", word);
    json_number(l->j, "octets", octets);
    if (when[0] != '-')
        json_text(l->j, "delivered", when);
    json_uid(l->j, uid);
    json_close(l->j, '}');
}

static mail_result
list_row(void *ctx, const seen_row *row)
{
    bool is_time = row->state != SEEN_NEW && row->state != SEEN_LEFT_OUT;

    show_row(ctx, remembered_word(row->state), row->uid, row->octets,
             is_time ? row->done_s : 0);
    return MAIL_OK;
}

static mail_result
list_intent(void *ctx, const seen_message *message, const char *sink)
{
    (void)sink;
    show_row(ctx, remembered_word(SEEN_INTENT), message->uid, message->octets,
             0);
    return MAIL_OK;
}

static bool
seen_list(remembered *r, json *j)
{
    listing l = {.j = j};
    mail_error error;
    mail_result result = MAIL_OK;

    if (j != NULL)
        json_open(j, "messages", '[');
    if (r->memory != NULL)
        result = seen_rows(r->memory, list_row, &l, &error);
    if (r->memory != NULL && result == MAIL_OK)
        result = seen_intents(r->memory, list_intent, &l, &error);
    if (j != NULL)
        json_close(j, ']');
    if (result == MAIL_OK && l.count == 0 && !r->s->opt->quiet)
        report_note("%s: nothing is remembered", printable(r->s->account));
    return result == MAIL_OK || remembered_fail(r, &error);
}

static bool
run_export(remembered *r, json *j)
{
    (void)j;
    return seen_export(r);
}

static bool
run_import(remembered *r, json *j)
{
    (void)j;
    return seen_import(r, r->s->opt->args[2]);
}

/* ---- forget ---- */

/* The unique-id that an argument names, as the memory has it. */
typedef struct named {
    const char *text;
    char *uid;
    size_t len;
    bool several; /* it is printed like another one */
    bool nomem;
} named;

static mail_result
find_row(void *ctx, const seen_row *row)
{
    named *n = ctx;

    if (!select_is_uid(row->uid, n->text))
        return MAIL_OK;
    if (n->uid != NULL && n->len == row->uid.len &&
        memcmp(n->uid, row->uid.ptr, n->len) == 0)
        return MAIL_OK;
    n->several = n->uid != NULL;
    if (n->several)
        return MAIL_OK;
    n->len = row->uid.len;
    n->uid = malloc(n->len + 1);
    n->nomem = n->uid == NULL;
    if (!n->nomem && n->len > 0)
        memcpy(n->uid, row->uid.ptr, n->len);
    return n->nomem ? MAIL_ERR_NOMEM : MAIL_OK;
}

static mail_result
forget_named(remembered *r, named *n, uint64_t *count, mail_error *error)
{
    mail_result result = seen_rows(r->memory, find_row, n, error);

    if (n->nomem)
        return mail_fail_nomem(error);
    if (result != MAIL_OK)
        return result;
    if (n->uid == NULL)
        session_warn(r->s, "%s: this unique-id is not remembered",
                     printable(n->text));
    else if (n->several)
        session_warn(r->s,
                     "%s: several unique-ids are printed like this one: "
                     "nothing was forgotten",
                     printable(n->text));
    else
        return seen_forget_uid(r->memory,
                               (pop3_span){.ptr = n->uid, .len = n->len},
                               count, error);
    return MAIL_OK;
}

static mail_result
forget_one(remembered *r, const char *text, uint64_t *count, mail_error *error)
{
    named n = {.text = text};
    mail_result result = forget_named(r, &n, count, error);

    free(n.uid);
    return result;
}

static mail_result
forget_some(remembered *r, uint64_t *total, mail_error *error)
{
    const options *opt = r->s->opt;
    mail_result result = MAIL_OK;
    size_t i;

    for (i = 2; result == MAIL_OK && i < opt->arg_count; i++) {
        uint64_t count = 0;

        result = forget_one(r, opt->args[i], &count, error);
        *total += count;
    }
    return result;
}

static bool
check_forget(remembered *r)
{
    const options *opt = r->s->opt;

    if (opt->forget_all && opt->arg_count > 2)
        return session_fail(r->s, EXIT_USAGE,
                            "--all and unique-ids cannot both be meant: "
                            "choose one");
    if (!opt->forget_all && opt->arg_count == 2)
        return session_fail(r->s, EXIT_USAGE,
                            "`pop3 seen forget` needs unique-ids (see pop3 "
                            "seen list), or --all --yes");
    if (opt->forget_all && !opt->yes)
        return session_fail(r->s, EXIT_USAGE,
                            "--all forgets everything, and then all mail "
                            "that is on the server counts as new: if that is "
                            "meant, say --all --yes");
    return true;
}

/* Ends a transaction that went well so far; else undoes it. */
static bool
end_change(remembered *r, mail_result result, mail_error *error)
{
    if (result == MAIL_OK)
        result = seen_commit(r->memory, error);
    else
        seen_rollback(r->memory);
    return result == MAIL_OK || remembered_fail(r, error);
}

static bool
seen_forget_messages(remembered *r, json *j)
{
    mail_error error;
    mail_result result;
    uint64_t count = 0;

    (void)j;
    if (!check_forget(r))
        return false;
    result = seen_begin(r->memory, &error);
    if (result == MAIL_OK)
        result = r->s->opt->forget_all
                     ? seen_forget_all(r->memory, &count, &error)
                     : forget_some(r, &count, &error);
    if (!end_change(r, result, &error))
        return false;
    if (!r->s->opt->quiet)
        report_note("%s: forgot %" PRIu64 " %s", printable(r->s->account),
                    count, count == 1 ? "message" : "messages");
    return r->s->status == EXIT_FINE;
}

/* ---- mark-all ---- */

static mail_result
mark_items(remembered *r, const maildrop *drop, const plan *p, uint64_t *count,
           mail_error *error)
{
    mail_result result = MAIL_OK;
    size_t i;

    for (i = 0; result == MAIL_OK && i < p->count; i++) {
        const plan_item *item = &p->items[i];
        const seen_row row = {.uid = maildrop_uid(drop, item->message),
                              .occurrence = item->occurrence,
                              .octets = item->message->octets,
                              .copies = p->groups[item->group].copies,
                              .state = SEEN_DONE,
                              .present = true};
        bool added = false;

        if (!item->tracked || item->action != PLAN_FETCH)
            continue;
        result = seen_add(r->memory, &row, &added, error);
        *count += added ? 1 : 0;
    }
    if (result == MAIL_OK)
        result = seen_note_listing(r->memory, drop, error);
    return result;
}

static bool
mark_drop(remembered *r, const maildrop *drop)
{
    const plan_policy policy = {.accept_new_ids = true,
                                .max_messages = UINT64_MAX,
                                .max_size = UINT64_MAX};
    uint64_t count = 0;
    mail_error error;
    plan p;
    mail_result result = plan_make(&p, drop, r->memory, &policy, &error);
    bool good;

    if (result == MAIL_OK)
        result = seen_begin(r->memory, &error);
    if (result == MAIL_OK)
        result = mark_items(r, drop, &p, &count, &error);
    good = end_change(r, result, &error);
    plan_clear(&p);
    if (good && !r->s->opt->quiet)
        report_note("%s: of %zu messages, %" PRIu64 " were new and count as "
                    "seen now; none was fetched",
                    printable(r->s->account), maildrop_count(drop), count);
    return good;
}

static bool
list_with_ids(session *s, maildrop *drop)
{
    if (!session_list(s, NULL, drop))
        return false;
    if (maildrop_count(drop) == 0)
        return true;
    if (s->opt->dedup == DEDUP_HASH && hash_ids(s, drop) != POP3_OK)
        return session_fail(s, EXIT_LATER, "TOP: the headers cannot be read");
    return drop->has_uids ||
           session_fail(s, EXIT_GUARD,
                        "the server has no unique-ids (UIDL) to remember its "
                        "mail by: try --dedup=hash");
}

static bool
seen_mark_all(remembered *r, json *j)
{
    session *s = r->s;
    maildrop drop = {0};
    bool good = session_open(s) && list_with_ids(s, &drop);

    (void)j;
    if (good)
        good = mark_drop(r, &drop);
    if (s->client != NULL)
        session_quit(s);
    maildrop_clear(&drop);
    return good;
}

/* ---- accounts ---- */

static const verb verbs[] = {
    {"list", seen_list, true, false, 1, SIZE_MAX, "the name of an account"},
    {"forget", seen_forget_messages, false, true, 1, SIZE_MAX,
     "the name of an account"},
    {"mark-all", seen_mark_all, true, true, 1, SIZE_MAX,
     "the name of an account"},
    {"import", run_import, false, true, 2, 2,
     "the name of an account, and then a file"},
    {"export", run_export, true, false, 1, SIZE_MAX, "the name of an account"},
    {0}};

static exit_status
run_account(const verb *v, const options *line, const account *a, json *j)
{
    options opt = a->opt;
    remembered r = {.lock = -1};
    session s;
    bool good;

    opt.args = line->args;
    opt.arg_count = line->arg_count;
    good = session_prepare(&s, &opt, a->url);
    if (j != NULL) {
        json_open(j, NULL, '{');
        json_text(j, "account", s.account);
    }
    good = good && remembered_open(&r, &s, v->changes);
    if (good)
        (void)v->run(&r, j);
    if (j != NULL) {
        if (s.why[0] != '\0')
            json_text(j, "error", s.why);
        json_number(j, "status", (uint64_t)s.status);
        json_close(j, '}');
    }
    remembered_close(&r);
    session_close(&s);
    return s.status;
}

static exit_status
run_accounts(const verb *v, const options *opt)
{
    size_t count = v->many ? opt->arg_count - 1 : 1;
    json j = json_start(stdout);
    account_list list;
    exit_status all = accounts_open(&list, opt, opt->args + 1, count);
    size_t i;

    if (all != EXIT_FINE) {
        accounts_close(&list);
        return all;
    }
    if (opt->json) {
        json_open(&j, NULL, '{');
        json_open(&j, "accounts", '[');
    }
    for (i = 0; i < list.count; i++)
        all = exit_join(
            all, run_account(v, opt, &list.items[i], opt->json ? &j : NULL),
            i == 0);
    if (opt->json) {
        json_close(&j, ']');
        json_close(&j, '}');
    }
    accounts_close(&list);
    return all;
}

static exit_status
unknown_verb(const char *name)
{
    near n = near_start(name);
    const verb *v;

    for (v = verbs; v->name != NULL; v++)
        near_offer(&n, v->name);
    if (n.best != NULL)
        report("`pop3 seen` does not know \"%s\"; did you mean %s?",
               printable(name), n.best);
    else
        report("`pop3 seen` does not know \"%s\": see `pop3 seen --help`",
               printable(name));
    return EXIT_USAGE;
}

exit_status
cmd_seen(const options *opt)
{
    const verb *v = verbs;

    while (v->name != NULL && strcmp(v->name, opt->args[0]) != 0)
        v++;
    if (v->name == NULL)
        return unknown_verb(opt->args[0]);
    if (opt->arg_count - 1 < v->least || opt->arg_count - 1 > v->most) {
        report("`pop3 seen %s` needs %s: see `pop3 seen --help`", v->name,
               v->needs);
        return EXIT_USAGE;
    }
    if (opt->json && v->run != seen_list) {
        report("--json goes with `pop3 seen list` only");
        return EXIT_USAGE;
    }
    return run_accounts(v, opt);
}
