/* SPDX-License-Identifier: MIT */
/*
 * seen_rows - the memory of an account as rows: to look at, to add to, to
 * take from.
 */
#ifndef MAIL_SEEN_ROWS_H
#define MAIL_SEEN_ROWS_H

#include "mail/seen.h"

typedef struct seen_row {
    pop3_span uid;
    uint64_t occurrence;
    uint64_t octets;
    uint64_t copies;
    seen_state state;
    int64_t done_s; /* see seen_entry; 0 if it is DONE: not delivered by us,
                     * so it is never deleted for its age */
    int64_t deleted_s;
    bool present; /* the last listing had it */
} seen_row;

/* Calls `each` for all rows, in the order of unique-ids; intents are none. It
 * must not change anything. Stops when it returns something else than
 * MAIL_OK. The row is valid until it returns. */
typedef mail_result seen_each_row(void *ctx, const seen_row *row);
mail_result seen_rows(seen *s, seen_each_row *each, void *ctx,
                      mail_error *error) MAIL_MUST_CHECK;

/* Adds a row. *added is false, and nothing changes, if that message is known
 * as delivered already. */
mail_result seen_add(seen *s, const seen_row *row, bool *added,
                     mail_error *error) MAIL_MUST_CHECK;

/* All messages that are DELETE_DUE and were listed become DELETED, in two
 * statements, if there are exactly `count` of them. *done: whether. */
mail_result seen_delete_due(seen *s, uint64_t count, bool *done,
                            mail_error *error) MAIL_MUST_CHECK;

/* Forgets every message of this unique-id, and all of the account; also
 * intents, with the latter. *count: how many rows there were. */
mail_result seen_forget_uid(seen *s, pop3_span uid, uint64_t *count,
                            mail_error *error) MAIL_MUST_CHECK;
mail_result seen_forget_all(seen *s, uint64_t *count,
                            mail_error *error) MAIL_MUST_CHECK;

#endif
