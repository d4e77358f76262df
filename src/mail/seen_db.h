/* SPDX-License-Identifier: MIT */
/*
 * seen_db - what the files seen_*.c share: the database and its statements.
 */
#ifndef MAIL_SEEN_DB_H
#define MAIL_SEEN_DB_H

#include "mail/seen.h"
#include "mail/seen_file.h"

typedef enum seen_statement {
    ADD_ACCOUNT,
    FIND_ACCOUNT,
    LOOKUP,
    INTEND,
    SETTLE,
    DELIVER,
    SET_STATE,
    FORGET,
    FORGET_OPEN,
    BROKE,
    LEAVE_OUT,
    INTENTS,
    REMEMBERED,
    PRESENT,
    SIZES,
    NOTE_SESSION,
    PRESENT_UIDS,
    SET_PRESENT,
    PURGE,
    LOCK_STEP,
    SET_LOCK_STEP,
    ROWS,
    ADD_ROW,
    FORGET_UID,
    FORGET_ALL,
    COUNT_DUE,
    DELETE_DUE_ALL,
    STATEMENTS
} seen_statement;

struct seen {
    sqlite3 *db;
    char *path;
    int64_t account; /* -1: not in the memory */
    sqlite3_stmt *statements[STATEMENTS];
};

mail_result seen_db_fail(seen *s, mail_error *error);

/* A statement, bound to the account; NULL: *error is set. */
sqlite3_stmt *seen_db_start(seen *s, seen_statement id, mail_error *error);

/* An empty unique-id is an empty blob, not NULL. What is bound STATIC is not
 * looked at once the call that bound it returns: each runs its statement. */
void seen_db_bind_uid(sqlite3_stmt *statement, pop3_span uid);

mail_result seen_db_run(seen *s, sqlite3_stmt *statement,
                        mail_error *error) MAIL_MUST_CHECK;
mail_result seen_db_run_by_id(seen *s, seen_statement id,
                              mail_error *error) MAIL_MUST_CHECK;
/* `second` is a time. */
mail_result seen_db_run_with_time(seen *s, seen_statement id, int64_t second,
                                  mail_error *error) MAIL_MUST_CHECK;
/* The first column of the first row; no row: 0. */
mail_result seen_db_read_number(seen *s, sqlite3_stmt *statement,
                                uint64_t *number,
                                mail_error *error) MAIL_MUST_CHECK;

#endif
