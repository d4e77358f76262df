/* SPDX-License-Identifier: MIT */
/*
 * seen_rows - rows of the memory, for people and for other files.
 *
 * A row is only added where nothing is known of the message, or where it is
 * known as not delivered: what this program knows of its own deliveries is
 * never replaced by what somebody else wrote. So adding twice is adding once.
 */
#include "mail/seen_rows.h"

#include <time.h>

#include "mail/seen_db.h"

#include "base/banned.h"

static seen_row
read_row(sqlite3_stmt *row)
{
    return (seen_row){.uid = {sqlite3_column_blob(row, 0),
                              (size_t)sqlite3_column_bytes(row, 0)},
                      .occurrence = (uint64_t)sqlite3_column_int64(row, 1),
                      .state = (seen_state)sqlite3_column_int(row, 2),
                      .octets = (uint64_t)sqlite3_column_int64(row, 3),
                      .copies = (uint64_t)sqlite3_column_int64(row, 4),
                      .done_s = sqlite3_column_int64(row, 5),
                      .deleted_s = sqlite3_column_int64(row, 6),
                      .present = sqlite3_column_int(row, 7) != 0};
}

mail_result
seen_rows(seen *s, seen_each_row *each, void *ctx, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, ROWS, error);
    mail_result result = MAIL_OK;
    int rc = SQLITE_ROW;

    if (statement == NULL)
        return error->result;
    while (result == MAIL_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        const seen_row row = read_row(statement);

        result = each(ctx, &row);
    }
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        result = seen_db_fail(s, error);
    sqlite3_reset(statement);
    return result;
}

/* Unknown times are NULL. */
static void
bind_time(sqlite3_stmt *statement, int index, int64_t second)
{
    if (second > 0)
        sqlite3_bind_int64(statement, index, second);
}

mail_result
seen_add(seen *s, const seen_row *row, bool *added, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, ADD_ROW, error);
    mail_result result;

    if (statement == NULL)
        return error->result;
    seen_db_bind_uid(statement, row->uid);
    sqlite3_bind_int64(statement, 3, (int64_t)row->occurrence);
    sqlite3_bind_int(statement, 4, (int)row->state);
    sqlite3_bind_int64(statement, 5, (int64_t)row->octets);
    sqlite3_bind_int64(statement, 6, (int64_t)row->copies);
    bind_time(statement, 7, row->done_s);
    bind_time(statement, 8, row->deleted_s);
    sqlite3_bind_int(statement, 9, row->present ? 1 : 0);
    result = seen_db_run(s, statement, error);
    *added = result == MAIL_OK && sqlite3_changes(s->db) > 0;
    return result;
}

mail_result
seen_delete_due(seen *s, uint64_t count, bool *done, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, COUNT_DUE, error);
    uint64_t due = 0;
    mail_result result;

    *done = false;
    if (statement == NULL)
        return error->result;
    result = seen_db_read_number(s, statement, &due, error);
    if (result != MAIL_OK || due != count)
        return result;
    result =
        seen_db_run_with_time(s, DELETE_DUE_ALL, (int64_t)time(NULL), error);
    *done = result == MAIL_OK;
    return result;
}

mail_result
seen_forget_uid(seen *s, pop3_span uid, uint64_t *count, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, FORGET_UID, error);
    mail_result result;

    if (statement == NULL)
        return error->result;
    seen_db_bind_uid(statement, uid);
    result = seen_db_run(s, statement, error);
    *count = result == MAIL_OK ? (uint64_t)sqlite3_changes(s->db) : 0;
    return result;
}

mail_result
seen_forget_all(seen *s, uint64_t *count, mail_error *error)
{
    mail_result result = seen_db_run_by_id(s, FORGET_ALL, error);

    *count = result == MAIL_OK ? (uint64_t)sqlite3_changes(s->db) : 0;
    return result == MAIL_OK ? seen_settle(s, error) : result;
}
