/* SPDX-License-Identifier: MIT */
/*
 * seen_sqlite - the memory of what was fetched, as rows of an SQLite file.
 *
 * Unique-ids are octets of a stranger: they are bound as blobs and never
 * stand in SQL text (R23, seen_db.c). One row is one message that was
 * delivered, its state only goes upwards, from done to deleted; or one that
 * was not: as state 0, sessions broke at it, and done_at counts them; as state
 * 6 its header was; as state 7 rules left it out, and done_at is their hash,
 * so that other rules are tried on it again. What is about to be
 * fetched is one row for each group of messages (intents.c), which goes when
 * their end is known. Nothing is cached: the file is the truth.
 *
 * What is delivered is remembered for ever, also when the server lists it no
 * more: another client deleted it, or the server hides it for a while. Which
 * rows the last listing had is a mark of its own.
 */
#include "mail/seen.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mail/intents.h"
#include "mail/seen_db.h"

#include "base/banned.h"

enum {
    DAY_S = 24 * 3600
};

static int64_t
as_signed(uint64_t number)
{
    return number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

mail_result
seen_open(seen **out, const char *path, bool create, mail_error *error)
{
    seen *s = calloc(1, sizeof(*s));
    mail_result result;

    _Static_assert(SEEN_DONE == 2 && SEEN_DELETE_DUE == 3 &&
                       SEEN_DELETED == 4 && SEEN_REFUSED == 5 &&
                       SEEN_HEADER == 6 && SEEN_LEFT_OUT == 7,
                   "the numbers that stand in the file");
    *out = NULL;
    if (s == NULL)
        return mail_fail_nomem(error);
    s->account = -1;
    s->path = strdup(path);
    if (s->path == NULL)
        result = mail_fail_nomem(error);
    else
        result = seen_file_open(&s->db, path, create, error);
    if (result == MAIL_OK && s->db != NULL)
        *out = s;
    else
        seen_close(s);
    return result;
}

void
seen_close(seen *s)
{
    size_t i;

    if (s == NULL)
        return;
    for (i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(s->statements[i]);
    sqlite3_close(s->db);
    free(s->path);
    free(s);
}

mail_result
seen_select(seen *s, const char *account, bool create, mail_error *error)
{
    sqlite3_stmt *statement;
    mail_result result;
    uint64_t id = 0;

    if (create) {
        statement = seen_db_start(s, ADD_ACCOUNT, error);
        if (statement == NULL)
            return error->result;
        sqlite3_bind_text(statement, 1, account, -1, SQLITE_TRANSIENT);
        result = seen_db_run(s, statement, error);
        if (result != MAIL_OK)
            return result;
    }
    statement = seen_db_start(s, FIND_ACCOUNT, error);
    if (statement == NULL)
        return error->result;
    sqlite3_bind_text(statement, 1, account, -1, SQLITE_TRANSIENT);
    result = seen_db_read_number(s, statement, &id, error);
    if (result == MAIL_OK)
        s->account = id == 0 ? -1 : (int64_t)id;
    return result;
}

mail_result
seen_begin(seen *s, mail_error *error)
{
    if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return seen_db_fail(s, error);
    return MAIL_OK;
}

mail_result
seen_begin_reading(seen *s, mail_error *error)
{
    if (sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
        return seen_db_fail(s, error);
    return MAIL_OK;
}

mail_result
seen_commit(seen *s, mail_error *error)
{
    mail_result result = MAIL_OK;

    if (sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        result = seen_db_fail(s, error);
        seen_rollback(s);
    }
    return result;
}

void
seen_rollback(seen *s)
{
    if (!sqlite3_get_autocommit(s->db))
        (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

static seen_entry
read_entry(sqlite3_stmt *row)
{
    return (seen_entry){.occurrence = (uint64_t)sqlite3_column_int64(row, 0),
                        .state = (seen_state)sqlite3_column_int(row, 1),
                        .octets = (uint64_t)sqlite3_column_int64(row, 2),
                        .done_s = sqlite3_column_int64(row, 4)};
}

static void
count_row(sqlite3_stmt *row, seen_group *group)
{
    seen_entry entry = read_entry(row);
    uint64_t copies = (uint64_t)sqlite3_column_int64(row, 3);

    group->known++;
    group->delivered += seen_is_delivered(entry.state) ? 1 : 0;
    group->deleted += entry.state == SEEN_DELETED ? 1 : 0;
    if (copies > group->copies)
        group->copies = copies;
    if (entry.occurrence >= group->next)
        group->next = entry.occurrence + 1;
}

/* Deletions of some and not of others: only delivered messages are deleted,
 * and only when all of their group are delivered. */
static bool
is_thinned(const seen_group *group)
{
    return group->deleted > 0 && group->known > 1;
}

/* Counts all, and puts each where its occurrence says. */
static int
read_group(sqlite3_stmt *statement, seen_entry *entries, size_t count,
           seen_group *group)
{
    size_t i;
    int rc;

    *group = (seen_group){0};
    for (i = 0; i < count; i++)
        entries[i] = (seen_entry){.occurrence = i};
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        seen_entry entry = read_entry(statement);

        count_row(statement, group);
        if (entry.occurrence < count)
            entries[entry.occurrence] = entry;
    }
    sqlite3_reset(statement);
    return rc;
}

static int
read_thinned(sqlite3_stmt *statement, seen_entry *entries, size_t count,
             const seen_group *group)
{
    size_t at = 0;
    size_t i;
    int rc;

    for (i = 0; i < count; i++) {
        uint64_t spare = i < group->known ? 0 : i - group->known;

        entries[i] = (seen_entry){.occurrence = group->next + spare};
    }
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        if (at < count)
            entries[at++] = read_entry(statement);
    }
    sqlite3_reset(statement);
    return rc;
}

mail_result
seen_lookup(seen *s, pop3_span uid, seen_entry *entries, size_t count,
            seen_group *group, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, LOOKUP, error);

    if (statement == NULL)
        return error->result;
    seen_db_bind_uid(statement, uid);
    if (read_group(statement, entries, count, group) != SQLITE_DONE ||
        (is_thinned(group) &&
         read_thinned(statement, entries, count, group) != SQLITE_DONE))
        return seen_db_fail(s, error);
    return MAIL_OK;
}

static bool
write_intents(bytes *list, const seen_message *messages, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (!intents_append(list, &messages[i]))
            return false;
    }
    return bytes_len(list) <= INT_MAX;
}

mail_result
seen_intend(seen *s, const seen_message *messages, size_t count,
            const char *sink, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, INTEND, error);
    bytes list = {0};
    mail_result result;

    if (statement == NULL)
        return error->result;
    if (write_intents(&list, messages, count)) {
        sqlite3_bind_blob(statement, 2, bytes_ptr(&list),
                          (int)bytes_len(&list), SQLITE_STATIC);
        sqlite3_bind_text(statement, 3, sink, -1, SQLITE_STATIC);
        result = seen_db_run(s, statement, error);
    } else {
        result = mail_fail_nomem(error);
    }
    bytes_clear(&list);
    return result;
}

mail_result
seen_settle(seen *s, mail_error *error)
{
    return seen_db_run_by_id(s, SETTLE, error);
}

mail_result
seen_deliver(seen *s, const seen_message *message, seen_state state,
             mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, DELIVER, error);

    if (statement == NULL)
        return error->result;
    seen_db_bind_uid(statement, message->uid);
    sqlite3_bind_int64(statement, 3, as_signed(message->occurrence));
    sqlite3_bind_int(statement, 4, (int)state);
    sqlite3_bind_int64(statement, 5, as_signed(message->octets));
    sqlite3_bind_int64(statement, 6, as_signed(message->copies));
    sqlite3_bind_int64(statement, 7, (int64_t)time(NULL));
    return seen_db_run(s, statement, error);
}

mail_result
seen_set(seen *s, pop3_span uid, uint64_t occurrence, seen_state state,
         mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, SET_STATE, error);

    if (statement == NULL)
        return error->result;
    seen_db_bind_uid(statement, uid);
    sqlite3_bind_int64(statement, 3, as_signed(occurrence));
    sqlite3_bind_int(statement, 4, (int)state);
    sqlite3_bind_int64(statement, 5, (int64_t)time(NULL));
    return seen_db_run(s, statement, error);
}

mail_result
seen_forget(seen *s, pop3_span uid, uint64_t occurrence, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, FORGET, error);

    if (statement == NULL)
        return error->result;
    seen_db_bind_uid(statement, uid);
    sqlite3_bind_int64(statement, 3, as_signed(occurrence));
    return seen_db_run(s, statement, error);
}

mail_result
seen_forget_open(seen *s, const seen_message *message, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, FORGET_OPEN, error);

    if (statement == NULL)
        return error->result;
    seen_db_bind_uid(statement, message->uid);
    sqlite3_bind_int64(statement, 3, as_signed(message->occurrence));
    sqlite3_bind_int64(statement, 4, as_signed(message->copies));
    return seen_db_run(s, statement, error);
}

static mail_result
put_undelivered(seen *s, seen_statement id, const seen_message *message,
                int64_t number, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, id, error);

    if (statement == NULL)
        return error->result;
    seen_db_bind_uid(statement, message->uid);
    sqlite3_bind_int64(statement, 3, as_signed(message->occurrence));
    sqlite3_bind_int64(statement, 4, number);
    return seen_db_run(s, statement, error);
}

mail_result
seen_broke(seen *s, pop3_span uid, uint64_t occurrence, uint64_t breaks,
           mail_error *error)
{
    const seen_message message = {.uid = uid, .occurrence = occurrence};

    return put_undelivered(s, BROKE, &message, as_signed(breaks), error);
}

mail_result
seen_leave_out(seen *s, pop3_span uid, uint64_t occurrence, int64_t rules,
               mail_error *error)
{
    const seen_message message = {.uid = uid, .occurrence = occurrence};

    return put_undelivered(s, LEAVE_OUT, &message, rules, error);
}

static mail_result
read_intents(seen *s, sqlite3_stmt *row, seen_each_intent *each, void *ctx,
             mail_error *error)
{
    const char *sink = (const char *)sqlite3_column_text(row, 1);
    pop3_span list = {sqlite3_column_blob(row, 0),
                      (size_t)sqlite3_column_bytes(row, 0)};
    mail_result result = MAIL_OK;
    seen_message message;

    while (result == MAIL_OK && sink != NULL && intents_take(&list, &message))
        result = each(ctx, &message, sink);
    if (result == MAIL_OK && sqlite3_errcode(s->db) == SQLITE_NOMEM)
        return mail_fail_nomem(error);
    if (result == MAIL_OK && (sink == NULL || list.len > 0))
        result = mail_fail(error, MAIL_ERR_CONFIG, 0,
                           "the state file %.200s holds a row that makes "
                           "no sense: restore it",
                           s->path);
    return result;
}

mail_result
seen_intents(seen *s, seen_each_intent *each, void *ctx, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, INTENTS, error);
    mail_result result = MAIL_OK;
    int rc = SQLITE_ROW;

    if (statement == NULL)
        return error->result;
    while (result == MAIL_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW)
        result = read_intents(s, statement, each, ctx, error);
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        result = seen_db_fail(s, error);
    sqlite3_reset(statement);
    return result;
}

mail_result
seen_remembers(seen *s, bool *any, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, REMEMBERED, error);
    mail_result result;
    uint64_t number = 0;

    if (statement == NULL)
        return error->result;
    result = seen_db_read_number(s, statement, &number, error);
    *any = number != 0;
    return result;
}

mail_result
seen_present(seen *s, uint64_t *count, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, PRESENT, error);

    if (statement == NULL)
        return error->result;
    return seen_db_read_number(s, statement, count, error);
}

mail_result
seen_match_sizes(seen *s, const uint64_t *sizes, size_t count,
                 uint64_t *matches, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, SIZES, error);
    mail_result result = MAIL_OK;
    size_t i = 0;
    int rc;

    *matches = 0;
    if (statement == NULL)
        return error->result;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        uint64_t size = (uint64_t)sqlite3_column_int64(statement, 0);

        while (i < count && sizes[i] < size)
            i++;
        if (i < count && sizes[i] == size) {
            i++;
            ++*matches;
        }
    }
    if (rc != SQLITE_DONE)
        result = seen_db_fail(s, error);
    sqlite3_reset(statement);
    return result;
}

mail_result
seen_lock_step(seen *s, bool *lock_step, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, LOCK_STEP, error);
    uint64_t number = 0;
    mail_result result;

    if (statement == NULL)
        return error->result;
    sqlite3_bind_int64(statement, 2, (int64_t)time(NULL));
    result = seen_db_read_number(s, statement, &number, error);
    *lock_step = number != 0;
    return result;
}

mail_result
seen_set_lock_step(seen *s, unsigned days, mail_error *error)
{
    return seen_db_run_with_time(
        s, SET_LOCK_STEP, (int64_t)time(NULL) + (int64_t)days * DAY_S, error);
}
