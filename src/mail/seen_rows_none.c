/* SPDX-License-Identifier: MIT */
/*
 * seen_rows_none - the rows of a program that was built without SQLite: there
 * is no memory to have any (seen_none.c), so none of this can be reached.
 */
#include "mail/seen_rows.h"

#include "base/banned.h"

static mail_result
unavailable(mail_error *error)
{
    return mail_fail(error, MAIL_ERR_CONFIG, 0,
                     "this pop3 was built without SQLite");
}

mail_result
seen_rows(seen *s, seen_each_row *each, void *ctx, mail_error *error)
{
    (void)s;
    (void)each;
    (void)ctx;
    return unavailable(error);
}

mail_result
seen_add(seen *s, const seen_row *row, bool *added, mail_error *error)
{
    (void)s;
    (void)row;
    (void)added;
    return unavailable(error);
}

mail_result
seen_delete_due(seen *s, uint64_t count, bool *done, mail_error *error)
{
    (void)s;
    (void)count;
    (void)done;
    return unavailable(error);
}

mail_result
seen_forget_uid(seen *s, pop3_span uid, uint64_t *count, mail_error *error)
{
    (void)s;
    (void)uid;
    (void)count;
    return unavailable(error);
}

mail_result
seen_forget_all(seen *s, uint64_t *count, mail_error *error)
{
    (void)s;
    (void)count;
    return unavailable(error);
}
