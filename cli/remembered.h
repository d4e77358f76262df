/* SPDX-License-Identifier: MIT */
/*
 * remembered - what `pop3 seen` works on: the memory of one account.
 */
#ifndef CLI_REMEMBERED_H
#define CLI_REMEMBERED_H

#include "cli/json.h"
#include "cli/session.h"
#include "mail/seen_rows.h"

typedef struct remembered {
    session *s;   /* prepared, not connected */
    seen *memory; /* NULL: there is no state file yet */
    char *path;   /* of the state file */
    int lock;     /* -1: none */
} remembered;

/* Opens the memory of the account; `change`: to change it, so the account is
 * locked, and a file is made when there is none. False: reported. Close it in
 * any case. */
bool remembered_open(remembered *r, session *s, bool change);
void remembered_close(remembered *r);

/* Reports. Always false. */
bool remembered_fail(const remembered *r, const mail_error *error);

/* "done", "delete-pending", ... */
const char *remembered_word(seen_state state);
/* NULL, or the state of that name. */
const seen_state *remembered_state(const char *word, size_t len);

/* The verbs. All return false when they failed; that was reported. */
bool seen_export(remembered *r);
bool seen_import(remembered *r, const char *path);

#endif
