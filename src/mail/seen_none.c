/* SPDX-License-Identifier: MIT */
/*
 * seen_none - the memory of a program that was built without SQLite: there is
 * none, and opening it says so. The other functions cannot be reached.
 */
#include "mail/seen.h"

#include "base/banned.h"

static mail_result
unavailable(mail_error *error)
{
    return mail_fail(
        error, MAIL_ERR_CONFIG, 0,
        "this pop3 was built without SQLite, so it cannot "
        "remember what it fetched: build it with -Dsqlite=enabled");
}

mail_result
seen_open(seen **out, const char *path, bool create, mail_error *error)
{
    (void)out;
    (void)path;
    (void)create;
    return unavailable(error);
}

void
seen_close(seen *s)
{
    (void)s;
}

mail_result
seen_select(seen *s, const char *account, bool create, mail_error *error)
{
    (void)s;
    (void)account;
    (void)create;
    return unavailable(error);
}

mail_result
seen_begin(seen *s, mail_error *error)
{
    (void)s;
    return unavailable(error);
}

mail_result
seen_begin_reading(seen *s, mail_error *error)
{
    (void)s;
    return unavailable(error);
}

mail_result
seen_commit(seen *s, mail_error *error)
{
    (void)s;
    return unavailable(error);
}

void
seen_rollback(seen *s)
{
    (void)s;
}

mail_result
seen_lookup(seen *s, pop3_span uid, seen_entry *entries, size_t count,
            seen_group *group, mail_error *error)
{
    (void)s;
    (void)uid;
    (void)entries;
    (void)count;
    (void)group;
    return unavailable(error);
}

mail_result
seen_intend(seen *s, const seen_message *messages, size_t count,
            const char *sink, mail_error *error)
{
    (void)s;
    (void)messages;
    (void)count;
    (void)sink;
    return unavailable(error);
}

mail_result
seen_settle(seen *s, mail_error *error)
{
    (void)s;
    return unavailable(error);
}

mail_result
seen_deliver(seen *s, const seen_message *message, seen_state state,
             mail_error *error)
{
    (void)s;
    (void)message;
    (void)state;
    return unavailable(error);
}

mail_result
seen_set(seen *s, pop3_span uid, uint64_t occurrence, seen_state state,
         mail_error *error)
{
    (void)s;
    (void)uid;
    (void)occurrence;
    (void)state;
    return unavailable(error);
}

mail_result
seen_forget_open(seen *s, const seen_message *message, mail_error *error)
{
    (void)s;
    (void)message;
    return unavailable(error);
}

mail_result
seen_forget(seen *s, pop3_span uid, uint64_t occurrence, mail_error *error)
{
    (void)s;
    (void)uid;
    (void)occurrence;
    return unavailable(error);
}

mail_result
seen_intents(seen *s, seen_each_intent *each, void *ctx, mail_error *error)
{
    (void)s;
    (void)each;
    (void)ctx;
    return unavailable(error);
}

mail_result
seen_remembers(seen *s, bool *any, mail_error *error)
{
    (void)s;
    (void)any;
    return unavailable(error);
}

mail_result
seen_present(seen *s, uint64_t *count, mail_error *error)
{
    (void)s;
    (void)count;
    return unavailable(error);
}

mail_result
seen_match_sizes(seen *s, const uint64_t *sizes, size_t count,
                 uint64_t *matches, mail_error *error)
{
    (void)s;
    (void)sizes;
    (void)count;
    (void)matches;
    return unavailable(error);
}

mail_result
seen_broke(seen *s, pop3_span uid, uint64_t occurrence, uint64_t breaks,
           mail_error *error)
{
    (void)s;
    (void)uid;
    (void)occurrence;
    (void)breaks;
    return unavailable(error);
}

mail_result
seen_leave_out(seen *s, pop3_span uid, uint64_t occurrence, int64_t rules,
               mail_error *error)
{
    (void)s;
    (void)uid;
    (void)occurrence;
    (void)rules;
    return unavailable(error);
}

mail_result
seen_lock_step(seen *s, bool *lock_step, mail_error *error)
{
    (void)s;
    (void)lock_step;
    return unavailable(error);
}

mail_result
seen_set_lock_step(seen *s, unsigned days, mail_error *error)
{
    (void)s;
    (void)days;
    return unavailable(error);
}

mail_result
seen_note_listing(seen *s, const maildrop *drop, mail_error *error)
{
    (void)s;
    (void)drop;
    return unavailable(error);
}
