/* SPDX-License-Identifier: MIT */
/*
 * seen_file - a path becomes an SQLite database whose schema is ours.
 *
 * A new file is made under another name, filled, synced and then linked to
 * its own: a crash never leaves an empty file there. So an empty, a cut or a
 * foreign file is damage, and is refused; it is never taken for a new memory,
 * which would fetch all mail again. A file of a newer version is refused too;
 * one of an older version is converted, in one transaction.
 *
 * WAL with synchronous=FULL: a commit is one fsync, and is durable when it
 * returns. Other processes that work on other accounts are waited for.
 */
#include "mail/seen_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mail/seen_fail.h"

#include "base/banned.h"

enum {
    APPLICATION_ID = 0x706f7033, /* "pop3" */
    SCHEMA_VERSION = 2,
    BUSY_TIMEOUT_MS = 30000
};

/* State numbers are those of seen_state; times are seconds since 1970. A row
 * is present if the last listing had it, or if it was fetched since. A batch
 * is what intents.c makes of messages. */
#define BATCH_TABLE                                     \
    "CREATE TABLE batch ("                              \
    " id INTEGER PRIMARY KEY,"                          \
    " account INTEGER NOT NULL REFERENCES account(id)," \
    " sink TEXT NOT NULL,"                              \
    " messages BLOB NOT NULL"                           \
    ");"

static const char schema[] =
    "PRAGMA application_id = 1886351411;"
    "PRAGMA user_version = 2;"
    "CREATE TABLE account ("
    " id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE,"
    " last_session INTEGER NOT NULL DEFAULT 0,"
    " lock_step_until INTEGER NOT NULL DEFAULT 0"
    ");"
    "CREATE TABLE message ("
    " account INTEGER NOT NULL REFERENCES account(id),"
    " uid BLOB NOT NULL,"
    " occurrence INTEGER NOT NULL,"
    " state INTEGER NOT NULL,"
    " octets INTEGER NOT NULL,"
    " copies INTEGER NOT NULL,"
    " done_at INTEGER,"
    " deleted_at INTEGER,"
    " present INTEGER NOT NULL DEFAULT 1,"
    " PRIMARY KEY (account, uid, occurrence)"
    ") WITHOUT ROWID;" BATCH_TABLE;

/* Version 1 had a row of `message` for each intent, with its key and sink, and
 * an index of either name. */
static const char from_1[] = BATCH_TABLE
    "INSERT INTO batch (account, messages, sink) SELECT account,"
    " CAST(key || ' ' || occurrence || ' ' || octets || ' ' || copies ||"
    " ' ' || length(uid) || ' ' || uid AS BLOB), sink"
    " FROM message WHERE state = 1;"
    "DELETE FROM message WHERE state = 1;"
    "DROP INDEX IF EXISTS message_state;"
    "DROP INDEX IF EXISTS message_intent;"
    "ALTER TABLE message DROP COLUMN key;"
    "ALTER TABLE message DROP COLUMN sink;"
    "ALTER TABLE message DROP COLUMN intent_at;"
    "PRAGMA user_version = 2;";

static mail_result
pragma_number(sqlite3 *db, const char *path, const char *sql, int *value,
              mail_error *error)
{
    sqlite3_stmt *statement;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *value = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return rc == SQLITE_ROW ? MAIL_OK : seen_fail(db, path, error);
}

static mail_result
check_schema(sqlite3 *db, const char *path, int *format, mail_error *error)
{
    int id = 0;
    int version = 0;
    mail_result result =
        pragma_number(db, path, "PRAGMA application_id", &id, error);

    if (result == MAIL_OK)
        result =
            pragma_number(db, path, "PRAGMA user_version", &version, error);
    if (result != MAIL_OK)
        return result;
    *format = version;
    if (id != APPLICATION_ID || version < 1)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "%.200s is not a state file of pop3: name another "
                         "with --state",
                         path);
    if (version > SCHEMA_VERSION)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "the state file %.200s was made by a newer pop3 "
                         "(format %d, this one knows %d): use that one",
                         path, version, SCHEMA_VERSION);
    return MAIL_OK;
}

/* What it finds comes under a heading. */
static const char *
last_line(const char *text)
{
    const char *end = strrchr(text, '\n');

    return end == NULL ? text : end + 1;
}

static mail_result
check_pages(sqlite3 *db, const char *path, mail_error *error)
{
    sqlite3_stmt *statement;
    mail_result result = MAIL_OK;
    const char *text;

    if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &statement,
                           NULL) != SQLITE_OK)
        return seen_fail(db, path, error);
    if (sqlite3_step(statement) != SQLITE_ROW) {
        result = seen_fail(db, path, error);
    } else {
        text = (const char *)sqlite3_column_text(statement, 0);
        if (text == NULL)
            result = mail_fail_nomem(error);
        else if (strcmp(text, "ok") != 0)
            result = seen_fail_content(db, path, last_line(text), error);
    }
    sqlite3_finalize(statement);
    return result;
}

static mail_result
execute(sqlite3 *db, const char *path, const char *sql, mail_error *error)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return seen_fail(db, path, error);
    return MAIL_OK;
}

/* `name` is the path, or a URI of it. */
static mail_result
open_database(sqlite3 **db, const char *name, int flags, const char *path,
              mail_error *error)
{
    int rc = sqlite3_open_v2(name, db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    mail_result result = MAIL_OK;

    if (*db == NULL)
        return mail_fail_nomem(error);
    sqlite3_extended_result_codes(*db, 0);
    if (rc != SQLITE_OK ||
        sqlite3_busy_timeout(*db, BUSY_TIMEOUT_MS) != SQLITE_OK)
        result = seen_fail(*db, path, error);
    if (result != MAIL_OK) {
        sqlite3_close(*db);
        *db = NULL;
    }
    return result;
}

static mail_result
sync_file(const char *name, int flags, const char *path, mail_error *error)
{
    int fd = open(name, flags | O_CLOEXEC);
    mail_result result = MAIL_OK;

    if (fd == -1 || fsync(fd) == -1)
        result = mail_fail_sys(
            error, errno, "cannot sync the state file %.200s or its directory",
            path);
    if (fd != -1)
        close(fd);
    return result;
}

/* Makes the file's name durable. */
static mail_result
sync_parent(const char *path, mail_error *error)
{
    char *copy = strdup(path);
    mail_result result;

    if (copy == NULL)
        return mail_fail_nomem(error);
    result = sync_file(dirname(copy), O_RDONLY | O_DIRECTORY, path, error);
    free(copy);
    return result;
}

/* Nothing is synced on the way: make_file() does that once, at the end. */
static mail_result
fill(const char *draft, const char *path, mail_error *error)
{
    sqlite3 *db;
    mail_result result;
    int fd =
        open(draft, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd == -1)
        return mail_fail_sys(error, errno, "cannot make the state file %.200s",
                             path);
    close(fd);
    result = open_database(&db, draft, SQLITE_OPEN_READWRITE, draft, error);
    if (result != MAIL_OK)
        return result;
    result = execute(db, path,
                     "PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL;"
                     "BEGIN IMMEDIATE;",
                     error);
    if (result == MAIL_OK)
        result = execute(db, path, schema, error);
    /* The log goes into the file here, for where close() does that, nobody
     * hears that it failed. */
    if (result == MAIL_OK)
        result = execute(db, path, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE);",
                         error);
    if (sqlite3_close(db) != SQLITE_OK && result == MAIL_OK)
        result =
            seen_fail_content(NULL, path, "it could not be closed", error);
    return result;
}

/* Never replaces a file, which may be another process's memory. Not every
 * file system has links. */
static int
give_name(const char *draft, const char *path)
{
    if (link(draft, path) == 0)
        return 0;
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS &&
        errno != EMLINK)
        return -1;
    return renameat2(AT_FDCWD, draft, AT_FDCWD, path, RENAME_NOREPLACE);
}

/* With what SQLite may have left beside it. */
static void
remove_draft(const char *draft)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char *name;
    size_t i;

    for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (asprintf(&name, "%s%s", draft, ends[i]) == -1)
            return;
        (void)unlink(name);
        free(name);
    }
}

static mail_result
make_file(const char *path, mail_error *error)
{
    mail_result result;
    char *draft;

    if (asprintf(&draft, "%s.new-%ld", path, (long)getpid()) == -1)
        return mail_fail_nomem(error);
    remove_draft(draft); /* of a process that had this number and died */
    result = fill(draft, path, error);
    if (result == MAIL_OK)
        result = sync_file(draft, O_RDWR, path, error);
    /* EEXIST: another process made it just now; that one is as good. */
    if (result == MAIL_OK && give_name(draft, path) == -1 && errno != EEXIST)
        result = mail_fail_sys(error, errno,
                               "cannot make the state file "
                               "%.200s",
                               path);
    remove_draft(draft);
    free(draft);
    if (result == MAIL_OK)
        result = sync_parent(path, error);
    return result;
}

static mail_result
check_file(const char *path, bool create, bool *missing, mail_error *error)
{
    struct stat st;

    *missing = false;
    if (stat(path, &st) == -1) {
        if (errno != ENOENT)
            return mail_fail_sys(error, errno,
                                 "cannot open the state file %.200s", path);
        *missing = true;
        return create ? make_file(path, error) : MAIL_OK;
    }
    if (!S_ISREG(st.st_mode))
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "the state file %.200s is not a regular file", path);
    if (st.st_size == 0)
        return seen_fail_content(NULL, path, "it is empty", error);
    return MAIL_OK;
}

/* Another process may do the same, so the version is asked for again. */
static mail_result
convert(sqlite3 *db, const char *path, mail_error *error)
{
    int version = 0;
    mail_result result = execute(db, path, "BEGIN IMMEDIATE;", error);

    if (result != MAIL_OK)
        return result;
    result = pragma_number(db, path, "PRAGMA user_version", &version, error);
    if (result == MAIL_OK && version == 1)
        result = execute(db, path, from_1, error);
    if (result == MAIL_OK)
        result = execute(db, path, "COMMIT;", error);
    if (result != MAIL_OK)
        (void)sqlite3_exec(db, "ROLLBACK;", NULL, NULL, NULL);
    return result;
}

static mail_result
check_database(sqlite3 *db, const char *path, int *version, mail_error *error)
{
    mail_result result = check_schema(db, path, version, error);

    if (result == MAIL_OK)
        result = check_pages(db, path, error);
    if (result == MAIL_OK)
        result = execute(db, path,
                         "PRAGMA synchronous = FULL;"
                         "PRAGMA temp_store = MEMORY;",
                         error);
    return result;
}

/* "file:...?immutable=1"; to be freed. */
static char *
immutable_uri(const char *path)
{
    char *uri = malloc(3 * strlen(path) + 32);
    size_t len = 5;

    if (uri == NULL)
        return NULL;
    memcpy(uri, "file:", len);
    for (; *path != '\0'; path++) {
        if (strchr("%?#", *path) == NULL)
            uri[len++] = *path;
        else
            len += (size_t)snprintf(uri + len, 4, "%%%02X",
                                    (unsigned)(unsigned char)*path);
    }
    (void)snprintf(uri + len, 16, "?immutable=1");
    return uri;
}

/* Whether the log beside the file holds what the file does not. */
static bool
has_log(const char *path)
{
    struct stat st;
    char *log;
    bool has = true;

    if (asprintf(&log, "%s-wal", path) == -1)
        return true;
    if (stat(log, &st) == -1)
        has = errno != ENOENT;
    else
        has = st.st_size > 0;
    free(log);
    return has;
}

/* For good. Where that only failed for now, others may be changing the file,
 * and what is read without their knowledge may look damaged. */
static bool
cannot_make_files(sqlite3 *db, const mail_error *error)
{
    int rc = sqlite3_errcode(db) & 0xff;

    return (rc == SQLITE_READONLY && error->result != MAIL_ERR_BUSY) ||
           (rc == SQLITE_CANTOPEN &&
            (error->sys == EACCES || error->sys == EPERM ||
             error->sys == EROFS));
}

/* Where no file can be made, as on a read-only disk, SQLite cannot make what
 * it shares with other processes; but the file can be read, if all is in it.
 */
static mail_result
reopen_immutable(sqlite3 **db, const char *path, int *version,
                 mail_error *error)
{
    mail_result result = error->result;
    char *uri;

    if (!cannot_make_files(*db, error) || has_log(path))
        return result;
    uri = immutable_uri(path);
    if (uri == NULL)
        return mail_fail_nomem(error);
    sqlite3_close(*db);
    result = open_database(db, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                           path, error);
    free(uri);
    return result == MAIL_OK ? check_database(*db, path, version, error)
                             : result;
}

mail_result
seen_file_open(sqlite3 **db, const char *path, bool create, mail_error *error)
{
    bool missing;
    int version = SCHEMA_VERSION;
    mail_result result = check_file(path, create, &missing, error);

    *db = NULL;
    if (result != MAIL_OK || (missing && !create))
        return result;
    result = open_database(db, path, SQLITE_OPEN_READWRITE, path, error);
    if (result != MAIL_OK)
        return result;
    result = check_database(*db, path, &version, error);
    if (result != MAIL_OK && !create)
        result = reopen_immutable(db, path, &version, error);
    /* Who may not make a file only reads, and can read old ones. */
    if (result == MAIL_OK && create && version < SCHEMA_VERSION)
        result = convert(*db, path, error);
    if (result != MAIL_OK) {
        sqlite3_close(*db);
        *db = NULL;
    }
    return result;
}
