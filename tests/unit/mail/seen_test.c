/* SPDX-License-Identifier: MIT */
/*
 * seen_test - the memory outlives its process, forgets what it should, and is
 * refused when it is damaged, empty, foreign or newer.
 */
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mail/lock.h>
#include <mail/seen.h>

#include "harness/test.h"
#include "scratch.h"

static mail_error error;

static seen *
open_memory(const char *name)
{
    seen *s = NULL;

    CHECK_INT(seen_open(&s, scratch_path(name), true, &error), MAIL_OK);
    if (s == NULL) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    CHECK_INT(seen_select(s, "me@here", true, &error), MAIL_OK);
    return s;
}

static pop3_span
span(const char *text)
{
    return (pop3_span){text, strlen(text)};
}

static void
intend(seen *s, pop3_span uid, uint64_t occurrence, uint64_t octets)
{
    seen_message message = {
        .uid = uid, .occurrence = occurrence, .octets = octets, .copies = 1};

    CHECK(mail_key_of("me@here", uid, occurrence, octets, &message.key));
    CHECK_INT(seen_intend(s, &message, "maildir:/x", &error), MAIL_OK);
}

static seen_entry
look(seen *s, pop3_span uid)
{
    seen_entry entry;
    seen_group group;

    CHECK_INT(seen_lookup(s, uid, &entry, 1, &group, &error), MAIL_OK);
    return entry;
}

static void
test_states(void)
{
    seen *s = open_memory("states.db");
    const pop3_span binary = {"\0\xff'\"", 4};

    CHECK_INT(look(s, binary).state, SEEN_NEW);
    CHECK_INT(seen_begin(s, &error), MAIL_OK);
    intend(s, binary, 0, 77);
    intend(s, span("dropped"), 0, 1);
    CHECK_INT(seen_commit(s, &error), MAIL_OK);
    seen_close(s);

    s = open_memory("states.db");
    CHECK_INT(look(s, binary).state, SEEN_INTENT);
    CHECK_INT(look(s, binary).octets, 77);
    CHECK_INT(look(s, (pop3_span){"\0", 1}).state, SEEN_NEW);
    CHECK_INT(seen_set(s, binary, 0, SEEN_DELETE_DUE, &error), MAIL_OK);
    CHECK_INT(seen_forget(s, span("dropped"), 0, &error), MAIL_OK);
    CHECK_INT(look(s, binary).state, SEEN_DELETE_DUE);
    CHECK_INT(look(s, span("dropped")).state, SEEN_NEW);
    CHECK_INT(seen_set(s, binary, 0, SEEN_DELETED, &error), MAIL_OK);
    CHECK_INT(look(s, binary).state, SEEN_DELETED);
    seen_close(s);
}

static void
test_rollback(void)
{
    seen *s = open_memory("rollback.db");

    CHECK_INT(seen_begin(s, &error), MAIL_OK);
    intend(s, span("a"), 0, 1);
    seen_rollback(s);
    CHECK_INT(look(s, span("a")).state, SEEN_NEW);
    CHECK_INT(seen_begin(s, &error), MAIL_OK);
    intend(s, span("b"), 0, 1);
    seen_close(s); /* as a crash: nothing was committed */
    s = open_memory("rollback.db");
    CHECK_INT(look(s, span("b")).state, SEEN_NEW);
    seen_close(s);
}

static void
test_accounts(void)
{
    seen *s = open_memory("accounts.db");
    uint64_t count;

    intend(s, span("a"), 0, 5);
    CHECK_INT(seen_set(s, span("a"), 0, SEEN_DONE, &error), MAIL_OK);
    CHECK_INT(seen_present(s, &count, &error), MAIL_OK);
    CHECK_INT(count, 1);
    CHECK_INT(seen_select(s, "you@here", true, &error), MAIL_OK);
    CHECK_INT(look(s, span("a")).state, SEEN_NEW);
    CHECK_INT(seen_present(s, &count, &error), MAIL_OK);
    CHECK_INT(count, 0);
    CHECK_INT(seen_select(s, "nobody@here", false, &error), MAIL_OK);
    CHECK_INT(look(s, span("a")).state, SEEN_NEW);
    seen_close(s);
}

static void
test_group(void)
{
    seen *s = open_memory("group.db");
    seen_entry entries[3];
    seen_group group;
    seen_message message = {.uid = span("twin"), .octets = 9, .copies = 3};

    CHECK(mail_key_of("me@here", message.uid, 0, 9, &message.key));
    CHECK_INT(seen_intend(s, &message, "maildir:/x", &error), MAIL_OK);
    message.occurrence = 2;
    CHECK_INT(seen_intend(s, &message, "maildir:/x", &error), MAIL_OK);
    CHECK_INT(seen_set(s, span("twin"), 2, SEEN_DONE, &error), MAIL_OK);
    CHECK_INT(seen_lookup(s, span("twin"), entries, 3, &group, &error),
              MAIL_OK);
    CHECK_INT(entries[0].state, SEEN_INTENT);
    CHECK_INT(entries[1].state, SEEN_NEW);
    CHECK_INT(entries[2].state, SEEN_DONE);
    CHECK_INT(group.known, 2);
    CHECK_INT(group.delivered, 1);
    CHECK_INT(group.copies, 3);
    CHECK_INT(seen_lookup(s, span("twin"), entries, 1, &group, &error),
              MAIL_OK);
    CHECK_INT(group.known, 2);
    CHECK_INT(group.next, 3);
    CHECK_INT(seen_set(s, span("twin"), 0, SEEN_DELETED, &error), MAIL_OK);
    CHECK_INT(seen_lookup(s, span("twin"), entries, 3, &group, &error),
              MAIL_OK);
    CHECK_INT(entries[0].occurrence, 2);
    CHECK_INT(entries[0].state, SEEN_DONE);
    CHECK_INT(entries[1].occurrence, 0);
    CHECK_INT(entries[1].state, SEEN_DELETED);
    CHECK_INT(entries[2].occurrence, 3);
    CHECK_INT(entries[2].state, SEEN_NEW);
    seen_close(s);
}

static mail_result
count_intent(void *ctx, const seen_message *message, const char *sink)
{
    unsigned *count = ctx;
    mail_key key;

    CHECK_SPAN(message->uid, "pending");
    CHECK_INT(message->octets, 4);
    CHECK_STR(sink, "maildir:/x");
    CHECK(mail_key_of("me@here", span("pending"), 0, 4, &key));
    CHECK_STR(message->key.text, key.text);
    ++*count;
    return MAIL_OK;
}

static void
test_intents_and_sizes(void)
{
    static const uint64_t sizes[] = {0, 1, 4, 5, 5, 7, 8, 9};
    seen *s = open_memory("intents.db");
    unsigned count = 0;
    uint64_t matches;

    intend(s, span("pending"), 0, 4);
    intend(s, span("done"), 0, 5);
    CHECK_INT(seen_set(s, span("done"), 0, SEEN_DONE, &error), MAIL_OK);
    intend(s, span("gone"), 0, 9);
    CHECK_INT(seen_set(s, span("gone"), 0, SEEN_DELETED, &error), MAIL_OK);
    CHECK_INT(seen_intents(s, count_intent, &count, &error), MAIL_OK);
    CHECK_INT(count, 1);
    intend(s, span("due"), 0, 8);
    CHECK_INT(seen_set(s, span("due"), 0, SEEN_DELETE_DUE, &error), MAIL_OK);
    intend(s, span("no size"), 0, 0);
    CHECK_INT(seen_set(s, span("no size"), 0, SEEN_DONE, &error), MAIL_OK);
    /* Two of size 5 are listed, and one is known. */
    CHECK_INT(seen_match_sizes(s, sizes, 8, &matches, &error), MAIL_OK);
    CHECK_INT(matches, 1);
    seen_close(s);
}

/* Notes a listing of one message; with "" it has none. */
static void
note(seen *s, const char *uid, bool has_uids)
{
    pop3_item item = {.number = 1, .uid = span(uid)};
    maildrop drop = {.has_sizes = true, .has_uids = has_uids};

    if (uid[0] != '\0') {
        CHECK(maildrop_add_size(&drop, &item));
        if (has_uids)
            CHECK(maildrop_add_uid(&drop, &item));
    }
    maildrop_join(&drop);
    CHECK_INT(seen_begin(s, &error), MAIL_OK);
    CHECK_INT(seen_note_listing(s, &drop, &error), MAIL_OK);
    CHECK_INT(seen_commit(s, &error), MAIL_OK);
    maildrop_clear(&drop);
}

static uint64_t
present(seen *s)
{
    uint64_t count = 99;

    CHECK_INT(seen_present(s, &count, &error), MAIL_OK);
    return count;
}

/* What is not listed is not there, and yet never forgotten. */
static void
test_present(void)
{
    static const uint64_t sizes[] = {5, 6};
    seen *s = open_memory("present.db");
    uint64_t matches;

    intend(s, span("a"), 0, 5);
    CHECK_INT(present(s), 0);
    CHECK_INT(seen_set(s, span("a"), 0, SEEN_DONE, &error), MAIL_OK);
    intend(s, span("b"), 0, 6);
    CHECK_INT(seen_set(s, span("b"), 0, SEEN_DONE, &error), MAIL_OK);
    CHECK_INT(present(s), 2);
    note(s, "", true);
    note(s, "x", false);
    CHECK_INT(present(s), 2);
    note(s, "b", true);
    CHECK_INT(present(s), 1);
    CHECK_INT(seen_match_sizes(s, sizes, 2, &matches, &error), MAIL_OK);
    CHECK_INT(matches, 1);
    CHECK_INT(look(s, span("a")).state, SEEN_DONE);
    note(s, "a", true);
    CHECK_INT(present(s), 1);
    note(s, "stranger", true);
    CHECK_INT(present(s), 0);
    CHECK_INT(look(s, span("a")).state, SEEN_DONE);
    CHECK_INT(look(s, span("b")).state, SEEN_DONE);
    CHECK_INT(seen_select(s, "you@here", true, &error), MAIL_OK);
    intend(s, span("b"), 0, 6);
    CHECK_INT(seen_set(s, span("b"), 0, SEEN_DONE, &error), MAIL_OK);
    CHECK_INT(seen_select(s, "me@here", true, &error), MAIL_OK);
    note(s, "b", true);
    note(s, "stranger", true);
    CHECK_INT(seen_select(s, "you@here", true, &error), MAIL_OK);
    CHECK_INT(present(s), 1);
    CHECK_INT(seen_set(s, span("b"), 0, SEEN_DELETE_DUE, &error), MAIL_OK);
    CHECK_INT(present(s), 0);
    seen_close(s);
}

static void
sql(const char *name, const char *text)
{
    sqlite3 *db;

    CHECK_INT(sqlite3_open(scratch_path(name), &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* What was deleted 31 days ago is forgotten, but not while it is listed, as it
 * would come again; by a clock that went back by as much nothing is. */
static void
test_purge(void)
{
    seen *s = open_memory("purge.db");

    intend(s, span("old"), 0, 1);
    CHECK_INT(seen_set(s, span("old"), 0, SEEN_DELETED, &error), MAIL_OK);
    intend(s, span("future"), 0, 1);
    CHECK_INT(seen_set(s, span("future"), 0, SEEN_DELETED, &error), MAIL_OK);
    intend(s, span("kept"), 0, 1);
    CHECK_INT(seen_set(s, span("kept"), 0, SEEN_DONE, &error), MAIL_OK);
    seen_close(s);
    sql("purge.db",
        "UPDATE message SET deleted_at = deleted_at - 2678400"
        " WHERE uid = CAST('old' AS BLOB);"
        "UPDATE message SET deleted_at = deleted_at + 2678400"
        " WHERE uid = CAST('future' AS BLOB);"
        "UPDATE message SET done_at = 1 WHERE uid = CAST('kept' AS BLOB);");
    s = open_memory("purge.db");
    note(s, "old", true);
    CHECK_INT(look(s, span("old")).state, SEEN_DELETED);
    note(s, "kept", true);
    CHECK_INT(look(s, span("old")).state, SEEN_NEW);
    CHECK_INT(look(s, span("future")).state, SEEN_DELETED);
    CHECK_INT(look(s, span("kept")).state, SEEN_DONE);
    seen_close(s);
}

static void
check_refused(const char *name, const char *words)
{
    seen *s = NULL;

    TEST_ROW("%s", name);
    CHECK_INT(seen_open(&s, scratch_path(name), true, &error),
              MAIL_ERR_CONFIG);
    CHECK(s == NULL);
    CHECK(strstr(error.text, words) != NULL);
    seen_close(s);
    TEST_ROW("%s", "");
}

static void
test_refused(void)
{
    static const char junk[5000] = "SQLite format 3, or not at all";
    seen *s;

    scratch_write("empty.db", "", 0);
    check_refused("empty.db", "damaged");
    scratch_write("junk.db", junk, sizeof(junk));
    check_refused("junk.db", "damaged");
    sql("foreign.db", "CREATE TABLE t (x)");
    check_refused("foreign.db", "not a state file");
    seen_close(open_memory("newer.db"));
    sql("newer.db", "PRAGMA user_version = 2");
    check_refused("newer.db", "newer");
    CHECK_INT(mkdir(scratch_path("directory.db"), 0700), 0);
    check_refused("directory.db", "not a regular file");

    s = open_memory("cut.db");
    intend(s, span("a"), 0, 1);
    seen_close(s);
    CHECK_INT(truncate(scratch_path("cut.db"), 6000), 0);
    check_refused("cut.db", "damaged");
    seen_close(open_memory("no-table.db"));
    sql("no-table.db", "DROP TABLE message");
    s = NULL;
    CHECK_INT(seen_open(&s, scratch_path("no-table.db"), true, &error),
              MAIL_OK);
    if (s != NULL) {
        uint64_t count;

        CHECK_INT(seen_present(s, &count, &error), MAIL_ERR_CONFIG);
    }
    seen_close(s);
}

static void
test_files(void)
{
    struct stat st;
    seen *s = NULL;

    CHECK_INT(seen_open(&s, scratch_path("not-there.db"), false, &error),
              MAIL_OK);
    CHECK(s == NULL);
    CHECK(access(scratch_path("not-there.db"), F_OK) == -1);
    CHECK_INT(seen_open(&s, scratch_path("no/dir.db"), true, &error),
              MAIL_ERR_CONFIG);
    CHECK_INT(stat(scratch_path("states.db"), &st), 0);
    CHECK_INT(st.st_mode & 07777, 0600);
}

static void
test_lock(void)
{
    int first = -1;
    int second = -1;
    int other = -1;

    CHECK_INT(lock_account(&first, scratch_path("l.db"), "a@b", &error),
              MAIL_OK);
    CHECK_INT(lock_account(&second, scratch_path("l.db"), "a@b", &error),
              MAIL_ERR_BUSY);
    CHECK_INT(lock_account(&other, scratch_path("l.db"), "c@b", &error),
              MAIL_OK);
    close(first);
    CHECK_INT(lock_account(&second, scratch_path("l.db"), "a@b", &error),
              MAIL_OK);
    close(second);
    close(other);
}

int
main(void)
{
    scratch_make();
    test_states();
    test_rollback();
    test_accounts();
    test_group();
    test_intents_and_sizes();
    test_present();
    test_purge();
    test_refused();
    test_files();
    test_lock();
    scratch_clean();
    return test_summary();
}
