/* SPDX-License-Identifier: MIT */
/*
 * seen_sqlite - the memory of what was fetched, as rows of an SQLite file.
 *
 * Unique-ids are octets of a stranger: they are bound as blobs and never
 * stand in SQL text (R23). One row is one message, its state only goes
 * upwards, from intent over done to deleted; what failed is forgotten.
 * Statements are prepared once. Nothing is cached: the file is the truth.
 *
 * What is delivered is remembered for ever, also when the server lists it no
 * more: another client deleted it, or the server hides it for a while. Which
 * rows the last listing had is a mark of its own.
 */
#include "mail/seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mail/seen_file.h"

#include "base/banned.h"

enum {
    KEEP_DELETED_S = 30 * 24 * 3600,
    LOCK_STEP_S = 7 * 24 * 3600
};

/* Numbers as text, for the statements below; seen_open() checks them. */
#define INTENT "1"
#define DONE "2"
#define DELETE_DUE "3"
#define DELETED "4"

typedef enum statement_id {
    ADD_ACCOUNT,
    FIND_ACCOUNT,
    LOOKUP,
    INTEND,
    SET_STATE,
    FORGET,
    INTENTS,
    REMEMBERED,
    PRESENT,
    SIZES,
    NOTE_SESSION,
    ADD_LISTED,
    MARK_ABSENT,
    MARK_PRESENT,
    PURGE,
    LOCK_STEP,
    SET_LOCK_STEP,
    STATEMENTS
} statement_id;

static const char *const statement_text[STATEMENTS] = {
    [ADD_ACCOUNT] = "INSERT OR IGNORE INTO account (name) VALUES (?1)",
    [FIND_ACCOUNT] = "SELECT id FROM account WHERE name = ?1",
    [LOOKUP] = "SELECT occurrence, state, octets, copies, done_at FROM message"
               " WHERE account = ?1 AND uid = ?2"
               " ORDER BY state = " DELETED ", occurrence",
    [INTEND] = "INSERT OR REPLACE INTO message (account, uid, occurrence,"
               " state, octets, copies, key, sink, intent_at)"
               " VALUES (?1, ?2, ?3, " INTENT ", ?4, ?5, ?6, ?7, ?8)",
    [SET_STATE] = "UPDATE message SET state = ?4,"
                  " done_at = coalesce(done_at, ?5), deleted_at ="
                  " CASE WHEN ?4 = " DELETED " THEN ?5 END"
                  " WHERE account = ?1 AND uid = ?2 AND occurrence = ?3"
                  " AND state <> ?4",
    [FORGET] = "DELETE FROM message"
               " WHERE account = ?1 AND uid = ?2 AND occurrence = ?3",
    [INTENTS] = "SELECT uid, occurrence, octets, copies, key, sink"
                " FROM message WHERE account = ?1 AND state = " INTENT,
    [REMEMBERED] = "SELECT count(*) FROM message WHERE account = ?1",
    [PRESENT] = "SELECT count(*) FROM message WHERE account = ?1"
                " AND state = " DONE " AND present",
    [SIZES] = "SELECT octets FROM message WHERE account = ?1"
              " AND state = " DONE " AND present AND octets > 0"
              " ORDER BY octets",
    [NOTE_SESSION] = "UPDATE account SET last_session = ?2 WHERE id = ?1",
    [ADD_LISTED] = "INSERT OR IGNORE INTO temp.listed VALUES (?2)",
    [MARK_ABSENT] = "UPDATE message SET present = 0 WHERE account = ?1"
                    " AND present AND uid NOT IN temp.listed",
    [MARK_PRESENT] = "UPDATE message SET present = 1 WHERE account = ?1"
                     " AND NOT present AND uid IN temp.listed",
    [PURGE] = "DELETE FROM message WHERE account = ?1 AND state = " DELETED
              " AND NOT present AND deleted_at < ?2",
    [LOCK_STEP] = "SELECT lock_step_until > ?2 FROM account WHERE id = ?1",
    [SET_LOCK_STEP] = "UPDATE account SET lock_step_until = ?2 WHERE id = ?1",
};

static const char empty_listed[] =
    "CREATE TEMP TABLE IF NOT EXISTS listed (uid BLOB PRIMARY KEY)"
    " WITHOUT ROWID;"
    "DELETE FROM temp.listed;";

struct seen {
    sqlite3 *db;
    char *path;
    int64_t account; /* -1: not in the memory */
    sqlite3_stmt *statements[STATEMENTS];
};

static mail_result
fail(seen *s, mail_error *error)
{
    return seen_file_fail(s->db, s->path, error);
}

/* A statement, bound to the account; NULL: *error is set. */
static sqlite3_stmt *
start(seen *s, statement_id id, mail_error *error)
{
    sqlite3_stmt **statement = &s->statements[id];

    if (*statement == NULL &&
        sqlite3_prepare_v2(s->db, statement_text[id], -1, statement, NULL) !=
            SQLITE_OK) {
        (void)fail(s, error);
        return NULL;
    }
    sqlite3_reset(*statement);
    sqlite3_clear_bindings(*statement);
    sqlite3_bind_int64(*statement, 1, s->account);
    return *statement;
}

static mail_result
run(seen *s, sqlite3_stmt *statement, mail_error *error)
{
    int rc = sqlite3_step(statement);
    mail_result result = MAIL_OK;

    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        result = fail(s, error);
    sqlite3_reset(statement);
    return result;
}

static mail_result
read_number(seen *s, sqlite3_stmt *statement, uint64_t *number,
            mail_error *error)
{
    int rc = sqlite3_step(statement);
    mail_result result = MAIL_OK;

    if (rc == SQLITE_ROW)
        *number = (uint64_t)sqlite3_column_int64(statement, 0);
    else if (rc == SQLITE_DONE)
        *number = 0;
    else
        result = fail(s, error);
    sqlite3_reset(statement);
    return result;
}

/* An empty unique-id is an empty blob, not NULL. What is bound STATIC is not
 * looked at once the call that bound it returns: each runs its statement. */
static void
bind_uid(sqlite3_stmt *statement, pop3_span uid)
{
    sqlite3_bind_blob(statement, 2, uid.len == 0 ? "" : uid.ptr, (int)uid.len,
                      SQLITE_STATIC);
}

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

    _Static_assert(SEEN_INTENT == 1 && SEEN_DONE == 2 &&
                       SEEN_DELETE_DUE == 3 && SEEN_DELETED == 4,
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
        statement = start(s, ADD_ACCOUNT, error);
        if (statement == NULL)
            return error->result;
        sqlite3_bind_text(statement, 1, account, -1, SQLITE_TRANSIENT);
        result = run(s, statement, error);
        if (result != MAIL_OK)
            return result;
    }
    statement = start(s, FIND_ACCOUNT, error);
    if (statement == NULL)
        return error->result;
    sqlite3_bind_text(statement, 1, account, -1, SQLITE_TRANSIENT);
    result = read_number(s, statement, &id, error);
    if (result == MAIL_OK)
        s->account = id == 0 ? -1 : (int64_t)id;
    return result;
}

mail_result
seen_begin(seen *s, mail_error *error)
{
    if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return fail(s, error);
    return MAIL_OK;
}

mail_result
seen_begin_reading(seen *s, mail_error *error)
{
    if (sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
        return fail(s, error);
    return MAIL_OK;
}

mail_result
seen_commit(seen *s, mail_error *error)
{
    mail_result result = MAIL_OK;

    if (sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        result = fail(s, error);
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
    group->delivered += entry.state >= SEEN_DONE ? 1 : 0;
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

static int
count_group(sqlite3_stmt *statement, seen_group *group)
{
    int rc;

    *group = (seen_group){0};
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
        count_row(statement, group);
    sqlite3_reset(statement);
    return rc;
}

static int
fill_entries(sqlite3_stmt *statement, seen_entry *entries, size_t count,
             const seen_group *group)
{
    bool thinned = is_thinned(group);
    size_t at = 0;
    size_t i;
    int rc;

    for (i = 0; i < count; i++) {
        uint64_t spare = i < group->known ? 0 : i - group->known;

        entries[i] =
            (seen_entry){.occurrence = thinned ? group->next + spare : i};
    }
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        seen_entry entry = read_entry(statement);
        uint64_t index = thinned ? at++ : entry.occurrence;

        if (index < count)
            entries[index] = entry;
    }
    sqlite3_reset(statement);
    return rc;
}

mail_result
seen_lookup(seen *s, pop3_span uid, seen_entry *entries, size_t count,
            seen_group *group, mail_error *error)
{
    sqlite3_stmt *statement = start(s, LOOKUP, error);

    if (statement == NULL)
        return error->result;
    bind_uid(statement, uid);
    if (count_group(statement, group) != SQLITE_DONE ||
        fill_entries(statement, entries, count, group) != SQLITE_DONE)
        return fail(s, error);
    return MAIL_OK;
}

mail_result
seen_intend(seen *s, const seen_message *message, const char *sink,
            mail_error *error)
{
    sqlite3_stmt *statement = start(s, INTEND, error);

    if (statement == NULL)
        return error->result;
    bind_uid(statement, message->uid);
    sqlite3_bind_int64(statement, 3, as_signed(message->occurrence));
    sqlite3_bind_int64(statement, 4, as_signed(message->octets));
    sqlite3_bind_int64(statement, 5, as_signed(message->copies));
    sqlite3_bind_text(statement, 6, message->key.text, MAIL_KEY_LEN,
                      SQLITE_STATIC);
    sqlite3_bind_text(statement, 7, sink, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 8, (int64_t)time(NULL));
    return run(s, statement, error);
}

mail_result
seen_set(seen *s, pop3_span uid, uint64_t occurrence, seen_state state,
         mail_error *error)
{
    sqlite3_stmt *statement = start(s, SET_STATE, error);

    if (statement == NULL)
        return error->result;
    bind_uid(statement, uid);
    sqlite3_bind_int64(statement, 3, as_signed(occurrence));
    sqlite3_bind_int(statement, 4, (int)state);
    sqlite3_bind_int64(statement, 5, (int64_t)time(NULL));
    return run(s, statement, error);
}

mail_result
seen_forget(seen *s, pop3_span uid, uint64_t occurrence, mail_error *error)
{
    sqlite3_stmt *statement = start(s, FORGET, error);

    if (statement == NULL)
        return error->result;
    bind_uid(statement, uid);
    sqlite3_bind_int64(statement, 3, as_signed(occurrence));
    return run(s, statement, error);
}

/* False: the row is not what this program writes. */
static bool
read_intent(sqlite3_stmt *row, seen_message *message, const char **sink)
{
    const char *key = (const char *)sqlite3_column_text(row, 4);

    *sink = (const char *)sqlite3_column_text(row, 5);
    if (key == NULL || *sink == NULL || !mail_key_at(key))
        return false;
    memcpy(message->key.text, key, MAIL_KEY_LEN);
    message->key.text[MAIL_KEY_LEN] = '\0';
    message->uid.ptr = sqlite3_column_blob(row, 0);
    message->uid.len = (size_t)sqlite3_column_bytes(row, 0);
    message->occurrence = (uint64_t)sqlite3_column_int64(row, 1);
    message->octets = (uint64_t)sqlite3_column_int64(row, 2);
    message->copies = (uint64_t)sqlite3_column_int64(row, 3);
    return true;
}

mail_result
seen_intents(seen *s, seen_each_intent *each, void *ctx, mail_error *error)
{
    sqlite3_stmt *statement = start(s, INTENTS, error);
    mail_result result = MAIL_OK;
    seen_message message;
    const char *sink;
    int rc = SQLITE_ROW;

    if (statement == NULL)
        return error->result;
    while (result == MAIL_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        if (read_intent(statement, &message, &sink))
            result = each(ctx, &message, sink);
        else
            result = mail_fail(error, MAIL_ERR_CONFIG, 0,
                               "the state file %.200s holds a row that makes "
                               "no sense: restore it",
                               s->path);
    }
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        result = fail(s, error);
    sqlite3_reset(statement);
    return result;
}

mail_result
seen_remembered(seen *s, uint64_t *count, mail_error *error)
{
    sqlite3_stmt *statement = start(s, REMEMBERED, error);

    if (statement == NULL)
        return error->result;
    return read_number(s, statement, count, error);
}

mail_result
seen_present(seen *s, uint64_t *count, mail_error *error)
{
    sqlite3_stmt *statement = start(s, PRESENT, error);

    if (statement == NULL)
        return error->result;
    return read_number(s, statement, count, error);
}

mail_result
seen_match_sizes(seen *s, const uint64_t *sizes, size_t count,
                 uint64_t *matches, mail_error *error)
{
    sqlite3_stmt *statement = start(s, SIZES, error);
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
        result = fail(s, error);
    sqlite3_reset(statement);
    return result;
}

static mail_result
run_by_id(seen *s, statement_id id, mail_error *error)
{
    sqlite3_stmt *statement = start(s, id, error);

    return statement == NULL ? error->result : run(s, statement, error);
}

/* `second` is a time. */
static mail_result
run_with_time(seen *s, statement_id id, int64_t second, mail_error *error)
{
    sqlite3_stmt *statement = start(s, id, error);

    if (statement == NULL)
        return error->result;
    sqlite3_bind_int64(statement, 2, second);
    return run(s, statement, error);
}

mail_result
seen_lock_step(seen *s, bool *lock_step, mail_error *error)
{
    sqlite3_stmt *statement = start(s, LOCK_STEP, error);
    uint64_t number = 0;
    mail_result result;

    if (statement == NULL)
        return error->result;
    sqlite3_bind_int64(statement, 2, (int64_t)time(NULL));
    result = read_number(s, statement, &number, error);
    *lock_step = number != 0;
    return result;
}

mail_result
seen_set_lock_step(seen *s, mail_error *error)
{
    return run_with_time(s, SET_LOCK_STEP, (int64_t)time(NULL) + LOCK_STEP_S,
                         error);
}

static mail_result
add_listed(seen *s, pop3_span uid, mail_error *error)
{
    sqlite3_stmt *statement = start(s, ADD_LISTED, error);

    if (statement == NULL)
        return error->result;
    bind_uid(statement, uid);
    return run(s, statement, error);
}

static mail_result
mark_present(seen *s, const maildrop *drop, mail_error *error)
{
    mail_result result = MAIL_OK;
    size_t i;

    if (sqlite3_exec(s->db, empty_listed, NULL, NULL, NULL) != SQLITE_OK)
        return fail(s, error);
    for (i = 0; result == MAIL_OK && i < maildrop_count(drop); i++)
        result =
            add_listed(s, maildrop_uid(drop, maildrop_at(drop, i)), error);
    if (result == MAIL_OK)
        result = run_by_id(s, MARK_ABSENT, error);
    if (result == MAIL_OK)
        result = run_by_id(s, MARK_PRESENT, error);
    return result;
}

/* A clock that goes back forgets nothing: deleted_at is in its future. */
mail_result
seen_note_listing(seen *s, const maildrop *drop, mail_error *error)
{
    int64_t now = (int64_t)time(NULL);
    mail_result result = MAIL_OK;

    if (drop->has_uids && maildrop_count(drop) > 0)
        result = mark_present(s, drop, error);
    if (result == MAIL_OK)
        result = run_with_time(s, NOTE_SESSION, now, error);
    if (result == MAIL_OK)
        result = run_with_time(s, PURGE, now - KEEP_DELETED_S, error);
    return result;
}
