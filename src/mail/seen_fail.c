/* SPDX-License-Identifier: MIT */
/*
 * seen_fail - damaged, or only not to be read?
 *
 * Who hears that the state file is damaged may move it away, and then all mail
 * comes again. So it is called that only if its octets were read and are
 * wrong. SQLite does not tell that apart: a read that ends with EIO becomes
 * SQLITE_CORRUPT on its way up (os_unix.c calls it IOERR_CORRUPTFS, vdbe.c
 * CORRUPT), and quick_check reports pages that it could not get like those
 * that are wrong. But the open file keeps the errno of what failed last.
 *
 * The kind of that errno decides what the program does next: a disk that fails
 * is DISK; what passes by, as EMFILE, is BUSY; what a person must mend, as
 * EACCES, is CONFIG.
 */
#include "mail/seen_fail.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

/* The errno of the last call about the file or its log that failed; 0: none
 * did. */
static int
failed_call(sqlite3 *db)
{
    sqlite3_file *log = NULL;
    int sys = 0;

    (void)sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &sys);
    if (sys == 0)
        (void)sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER,
                                   &log);
    if (log != NULL && log->pMethods != NULL)
        (void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &sys);
    return sys;
}

static const char *
advice(mail_result kind)
{
    switch (kind) {
    case MAIL_ERR_DISK:
        return "see to its disk and run this again; the file may be whole";
    case MAIL_ERR_CONFIG:
        return "see to the rights of the file and of its directory";
    case MAIL_OK:
    case MAIL_ERR_NOMEM:
    case MAIL_ERR_BUSY:
    case MAIL_ERR_GUARD:
        break;
    }
    return "try again later";
}

/* `done` is what could not be: "read". */
static mail_result
fail_call(const char *path, const char *done, int sys, mail_error *error)
{
    mail_result kind = mail_kind_of(sys);

    return mail_fail(error, kind, sys,
                     "the state file %.200s could not be %s: %.100s: %s", path,
                     done, strerror(sys), advice(kind));
}

mail_result
seen_fail_content(sqlite3 *db, const char *path, const char *why,
                  mail_error *error)
{
    int sys = db == NULL ? 0 : failed_call(db);

    if (sys != 0)
        return fail_call(path, "read", sys, error);
    return mail_fail(error, MAIL_ERR_CONFIG, 0,
                     "the state file %.200s is damaged (%.100s): restore it, "
                     "or move it away, and then all mail that is on the "
                     "server counts as new",
                     path, why);
}

static const char *
what_was_done(int code)
{
    switch (code) {
    case SQLITE_IOERR_READ:
    case SQLITE_IOERR_SHORT_READ:
    case SQLITE_IOERR_CORRUPTFS:
    case SQLITE_IOERR_FSTAT:
    case SQLITE_IOERR_ACCESS:
        return "read";
    case SQLITE_IOERR_LOCK:
    case SQLITE_IOERR_RDLOCK:
    case SQLITE_IOERR_UNLOCK:
    case SQLITE_IOERR_CHECKRESERVEDLOCK:
    case SQLITE_IOERR_SHMLOCK:
        return "locked";
    default: /* an int, and all others are about changes */
        return "written";
    }
}

static mail_result
fail_io(sqlite3 *db, const char *path, mail_error *error)
{
    const char *done = what_was_done(sqlite3_extended_errcode(db));
    int sys = failed_call(db);

    if (sys == 0)
        sys = sqlite3_system_errno(db);
    return fail_call(path, done, sys == 0 ? EIO : sys, error);
}

/* What keeps this user from writing the file, or from making others beside it;
 * 0: nothing does now. */
static int
obstacle(const char *path)
{
    char *copy;
    int sys;

    if (access(path, R_OK | W_OK) == -1)
        return errno;
    copy = strdup(path);
    if (copy == NULL)
        return ENOMEM;
    sys = access(dirname(copy), W_OK | X_OK) == -1 ? errno : 0;
    free(copy);
    return sys;
}

/* SQLite opens once more, only to read, what cannot be opened to be written,
 * and then knows no more why: of a file beside ours, which it would have made,
 * ENOENT is left of any error; of ours, READONLY once it is written to. */
static mail_result
fail_open(sqlite3 *db, const char *path, mail_error *error)
{
    int code = sqlite3_extended_errcode(db);
    int sys = 0;

    if ((code & 0xff) == SQLITE_CANTOPEN)
        sys = sqlite3_system_errno(db);
    if (sys == 0 || sys == ENOENT)
        sys = obstacle(path);
    if (sys != 0)
        return fail_call(path, "opened", sys, error);
    if (code == SQLITE_READONLY || (code & 0xff) == SQLITE_CANTOPEN)
        return mail_fail(error, MAIL_ERR_BUSY, 0,
                         "the state file %.200s could not be opened (%.100s), "
                         "and now it might: try again later",
                         path, sqlite3_errmsg(db));
    return mail_fail(error, MAIL_ERR_CONFIG, 0,
                     "the state file %.200s could not be opened: %.100s: %s",
                     path, sqlite3_errmsg(db), advice(MAIL_ERR_CONFIG));
}

mail_result
seen_fail(sqlite3 *db, const char *path, mail_error *error)
{
    const char *why = sqlite3_errmsg(db);

    switch (sqlite3_errcode(db) & 0xff) {
    case SQLITE_NOMEM:
        return mail_fail_nomem(error);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: /* others took turns at it all the time */
        return mail_fail(error, MAIL_ERR_BUSY, 0,
                         "the state file %.200s is in use: try again later",
                         path);
    case SQLITE_FULL:
        return fail_call(path, "written", ENOSPC, error);
    case SQLITE_IOERR:
        return fail_io(db, path, error);
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
        return fail_open(db, path, error);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* a table or a column of ours is missing */
        return seen_fail_content(db, path, why, error);
    default:
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "cannot use the state file %.200s: %.150s", path,
                         why);
    }
}
