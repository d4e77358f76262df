/* SPDX-License-Identifier: MIT */
/*
 * seen_listing - what the server lists, held against what is remembered.
 *
 * Both are walked once, in the order of their unique-ids, like two sorted
 * files. Only what changed is written: in most sessions nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mail/seen_db.h"

#include "base/banned.h"

enum {
    KEEP_DELETED_S = 30 * 24 * 3600
};

/* The listing, by unique-id, and how far it was walked. */
typedef struct walk {
    const maildrop_row *rows;
    size_t count;
    size_t at;
} walk;

/* Goes to where the unique-id is or would be; ids must come sorted. */
static bool
is_listed(walk *w, pop3_span uid)
{
    int order = -1;

    while (w->at < w->count &&
           (order = maildrop_compare(w->rows[w->at].uid, uid)) < 0)
        w->at++;
    return order == 0;
}

static mail_result
set_present(seen *s, pop3_span uid, bool present, mail_error *error)
{
    sqlite3_stmt *statement = seen_db_start(s, SET_PRESENT, error);

    if (statement == NULL)
        return error->result;
    seen_db_bind_uid(statement, uid);
    sqlite3_bind_int(statement, 3, present ? 1 : 0);
    return seen_db_run(s, statement, error);
}

static mail_result
mark(seen *s, walk *w, mail_error *error)
{
    sqlite3_stmt *row = seen_db_start(s, PRESENT_UIDS, error);
    mail_result result = MAIL_OK;
    int rc = SQLITE_ROW;

    if (row == NULL)
        return error->result;
    while (result == MAIL_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        pop3_span uid = {sqlite3_column_blob(row, 0),
                         (size_t)sqlite3_column_bytes(row, 0)};
        bool listed = is_listed(w, uid);

        if (listed != (sqlite3_column_int(row, 1) != 0))
            result = set_present(s, uid, listed, error);
    }
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        result = seen_db_fail(s, error);
    sqlite3_reset(row);
    return result;
}

static mail_result
mark_present(seen *s, const maildrop *drop, mail_error *error)
{
    maildrop_row *rows = maildrop_by_uid(drop);
    walk w = {.rows = rows, .count = maildrop_count(drop)};
    mail_result result =
        rows == NULL ? mail_fail_nomem(error) : mark(s, &w, error);

    free(rows);
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
        result = seen_db_run_with_time(s, NOTE_SESSION, now, error);
    if (result == MAIL_OK)
        result = seen_db_run_with_time(s, PURGE, now - KEEP_DELETED_S, error);
    return result;
}
