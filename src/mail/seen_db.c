/* SPDX-License-Identifier: MIT */
/*
 * seen_db - every statement that the program ever runs on its state file.
 *
 * Statements are prepared once, when first needed. Whatever comes from a
 * server or a user is bound to them and never stands in SQL text (R23).
 */
#include "mail/seen_db.h"

#include "mail/seen_fail.h"

#include "base/banned.h"

/* Numbers as text, for the statements below; seen_open() checks them. */
#define DONE "2"
#define DUE "3"
#define DELETED "4"
#define REFUSED "5"
#define LEFT_OUT "7"

static const char *const statement_text[STATEMENTS] = {
    [ADD_ACCOUNT] = "INSERT OR IGNORE INTO account (name) VALUES (?1)",
    [FIND_ACCOUNT] = "SELECT id FROM account WHERE name = ?1",
    [LOOKUP] = "SELECT occurrence, state, octets, copies, done_at FROM message"
               " WHERE account = ?1 AND uid = ?2"
               " ORDER BY state = " DELETED ", occurrence",
    [INTEND] = "INSERT INTO batch (account, messages, sink)"
               " VALUES (?1, ?2, ?3)",
    [SETTLE] = "DELETE FROM batch WHERE account = ?1",
    [DELIVER] = "INSERT OR REPLACE INTO message (account, uid, occurrence,"
                " state, octets, copies, done_at)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SET_STATE] = "UPDATE message SET state = ?4, deleted_at ="
                  " CASE WHEN ?4 = " DELETED " THEN ?5 END"
                  " WHERE account = ?1 AND uid = ?2 AND occurrence = ?3"
                  " AND state <> ?4",
    [FORGET] = "DELETE FROM message"
               " WHERE account = ?1 AND uid = ?2 AND occurrence = ?3",
    [FORGET_OPEN] = "DELETE FROM message"
                    " WHERE account = ?1 AND uid = ?2 AND occurrence = ?3"
                    " AND (state < " DONE " OR ?4 > 1)",
    [BROKE] = "INSERT OR REPLACE INTO message (account, uid, occurrence,"
              " state, octets, copies, done_at)"
              " VALUES (?1, ?2, ?3, 0, 0, 1, ?4)",
    [LEAVE_OUT] = "INSERT OR REPLACE INTO message (account, uid, occurrence,"
                  " state, octets, copies, done_at)"
                  " VALUES (?1, ?2, ?3, " LEFT_OUT ", 0, 1, ?4)",
    [INTENTS] = "SELECT messages, sink FROM batch WHERE account = ?1",
    [REMEMBERED] = "SELECT EXISTS (SELECT 1 FROM message WHERE account = ?1)",
    [PRESENT] = "SELECT count(*) FROM message WHERE account = ?1"
                " AND state = " DONE " AND present",
    [SIZES] = "SELECT octets FROM message WHERE account = ?1"
              " AND state = " DONE " AND present AND octets > 0"
              " ORDER BY octets",
    [NOTE_SESSION] = "UPDATE account SET last_session = ?2 WHERE id = ?1",
    [PRESENT_UIDS] = "SELECT uid, present FROM message WHERE account = ?1"
                     " ORDER BY uid, occurrence",
    [SET_PRESENT] = "UPDATE message SET present = ?3"
                    " WHERE account = ?1 AND uid = ?2",
    [PURGE] = "DELETE FROM message WHERE account = ?1 AND NOT present AND"
              " state IN (0, " DELETED ", " REFUSED ", " LEFT_OUT
              ") AND coalesce(deleted_at, 0) < ?2",
    [LOCK_STEP] = "SELECT lock_step_until > ?2 FROM account WHERE id = ?1",
    [SET_LOCK_STEP] = "UPDATE account SET lock_step_until = ?2 WHERE id = ?1",
    [ROWS] = "SELECT uid, occurrence, state, octets, copies, done_at,"
             " deleted_at, present FROM message WHERE account = ?1"
             " ORDER BY uid, occurrence",
    [ADD_ROW] = "INSERT INTO message (account, uid, occurrence, state, octets,"
                " copies, done_at, deleted_at, present)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
                " ON CONFLICT (account, uid, occurrence) DO UPDATE SET"
                " state = ?4, octets = ?5, copies = ?6, done_at = ?7,"
                " deleted_at = ?8, present = ?9"
                " WHERE state < " DONE " OR state = " LEFT_OUT,
    [FORGET_UID] = "DELETE FROM message WHERE account = ?1 AND uid = ?2",
    [FORGET_ALL] = "DELETE FROM message WHERE account = ?1",
    [COUNT_DUE] = "SELECT count(*) FROM message WHERE account = ?1"
                  " AND state = " DUE " AND present",
    [DELETE_DUE_ALL] = "UPDATE message SET state = " DELETED
                       ", deleted_at = ?2 WHERE account = ?1"
                       " AND state = " DUE " AND present",
};

mail_result
seen_db_fail(seen *s, mail_error *error)
{
    return seen_fail(s->db, s->path, error);
}

sqlite3_stmt *
seen_db_start(seen *s, seen_statement id, mail_error *error)
{
    sqlite3_stmt **statement = &s->statements[id];

    if (*statement == NULL &&
        sqlite3_prepare_v2(s->db, statement_text[id], -1, statement, NULL) !=
            SQLITE_OK) {
        (void)seen_db_fail(s, error);
        return NULL;
    }
    sqlite3_reset(*statement);
    sqlite3_clear_bindings(*statement);
    sqlite3_bind_int64(*statement, 1, s->account);
    return *statement;
}

mail_result
seen_db_run(seen *s, sqlite3_stmt *statement, mail_error *error)
{
    int rc = sqlite3_step(statement);
    mail_result result = MAIL_OK;

    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        result = seen_db_fail(s, error);
    sqlite3_reset(statement);
    return result;
}

mail_result
seen_db_run_by_id(seen *s, seen_statement id, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, id, error);

    return statement == NULL ? error->result
                             : seen_db_run(s, statement, error);
}

mail_result
seen_db_read_number(seen *s, sqlite3_stmt *statement, uint64_t *number,
                    mail_error *error)
{
    int rc = sqlite3_step(statement);
    mail_result result = MAIL_OK;

    if (rc == SQLITE_ROW)
        *number = (uint64_t)sqlite3_column_int64(statement, 0);
    else if (rc == SQLITE_DONE)
        *number = 0;
    else
        result = seen_db_fail(s, error);
    sqlite3_reset(statement);
    return result;
}

void
seen_db_bind_uid(sqlite3_stmt *statement, pop3_span uid)
{
    sqlite3_bind_blob(statement, 2, uid.len == 0 ? "" : uid.ptr, (int)uid.len,
                      SQLITE_STATIC);
}

mail_result
seen_db_run_with_time(seen *s, seen_statement id, int64_t second,
                      mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, id, error);

    if (statement == NULL)
        return error->result;
    sqlite3_bind_int64(statement, 2, second);
    return seen_db_run(s, statement, error);
}
