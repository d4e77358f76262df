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
deliver(seen *s, pop3_span uid, uint64_t octets)
{
    const seen_message message = {.uid = uid, .octets = octets, .copies = 1};

    CHECK_INT(seen_deliver(s, &message, SEEN_DONE, &error), MAIL_OK);
}

static seen_message
intent(const char *uid, uint64_t octets)
{
    static const unsigned char random[MAIL_KEY_RANDOM] = "some octets!";
    seen_message message = {.uid = span(uid), .octets = octets, .copies = 1};

    mail_key_make(&message.key, random, (uint32_t)octets);
    return message;
}

static void
intend(seen *s, const char *uid, uint64_t octets)
{
    const seen_message message = intent(uid, octets);

    CHECK_INT(seen_intend(s, &message, 1, "maildir:/x", &error), MAIL_OK);
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
    bool any = true;

    CHECK_INT(look(s, binary).state, SEEN_NEW);
    CHECK_INT(seen_remembers(s, &any, &error), MAIL_OK);
    CHECK(!any);
    CHECK_INT(seen_begin(s, &error), MAIL_OK);
    deliver(s, binary, 77);
    deliver(s, span("dropped"), 1);
    CHECK_INT(seen_commit(s, &error), MAIL_OK);
    seen_close(s);

    s = open_memory("states.db");
    CHECK_INT(seen_remembers(s, &any, &error), MAIL_OK);
    CHECK(any);
    CHECK_INT(look(s, binary).state, SEEN_DONE);
    CHECK_INT(look(s, binary).octets, 77);
    CHECK(look(s, binary).done_s > 0);
    CHECK_INT(look(s, (pop3_span){"\0", 1}).state, SEEN_NEW);
    CHECK_INT(seen_set(s, binary, 0, SEEN_DELETE_DUE, &error), MAIL_OK);
    CHECK_INT(seen_forget(s, span("dropped"), 0, &error), MAIL_OK);
    CHECK_INT(look(s, binary).state, SEEN_DELETE_DUE);
    CHECK_INT(look(s, span("dropped")).state, SEEN_NEW);
    CHECK_INT(seen_set(s, binary, 0, SEEN_DELETED, &error), MAIL_OK);
    CHECK_INT(look(s, binary).state, SEEN_DELETED);
    /* The id is used again, for another message. */
    deliver(s, binary, 78);
    CHECK_INT(look(s, binary).state, SEEN_DONE);
    CHECK_INT(look(s, binary).octets, 78);
    seen_close(s);
}

static void
test_rollback(void)
{
    seen *s = open_memory("rollback.db");

    CHECK_INT(seen_begin(s, &error), MAIL_OK);
    deliver(s, span("a"), 1);
    seen_rollback(s);
    CHECK_INT(look(s, span("a")).state, SEEN_NEW);
    CHECK_INT(seen_begin(s, &error), MAIL_OK);
    deliver(s, span("b"), 1);
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

    deliver(s, span("a"), 5);
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

    CHECK_INT(seen_deliver(s, &message, SEEN_DELETE_DUE, &error), MAIL_OK);
    message.occurrence = 2;
    CHECK_INT(seen_deliver(s, &message, SEEN_DONE, &error), MAIL_OK);
    CHECK_INT(seen_lookup(s, span("twin"), entries, 3, &group, &error),
              MAIL_OK);
    CHECK_INT(entries[0].state, SEEN_DELETE_DUE);
    CHECK_INT(entries[1].state, SEEN_NEW);
    CHECK_INT(entries[2].state, SEEN_DONE);
    CHECK_INT(group.known, 2);
    CHECK_INT(group.delivered, 2);
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

static void
sql(const char *name, const char *text)
{
    sqlite3 *db;

    CHECK_INT(sqlite3_open(scratch_path(name), &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
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

typedef struct tally {
    unsigned count;
    uint64_t octets;
} tally;

static mail_result
count_intent(void *ctx, const seen_message *message, const char *sink)
{
    tally *all = ctx;
    seen_message want = intent("pending", message->octets);

    CHECK_SPAN(message->uid, "pending");
    CHECK_STR(sink, "maildir:/x");
    CHECK_STR(message->key.text, want.key.text);
    all->count++;
    all->octets += message->octets;
    return MAIL_OK;
}

static tally
intents_of(seen *s)
{
    tally all = {0};

    CHECK_INT(seen_intents(s, count_intent, &all, &error), MAIL_OK);
    return all;
}

/* They outlive their process, are those of one account, and are no messages
 * that are known. */
static void
test_intents(void)
{
    const seen_message two[] = {intent("pending", 10), intent("pending", 20)};
    seen *s = open_memory("intents.db");

    CHECK_INT(intents_of(s).count, 0);
    intend(s, "pending", 4);
    CHECK_INT(seen_intend(s, two, 2, "maildir:/x", &error), MAIL_OK);
    seen_close(s);
    s = open_memory("intents.db");
    CHECK_INT(intents_of(s).count, 3);
    CHECK_INT(intents_of(s).octets, 34);
    CHECK_INT(look(s, span("pending")).state, SEEN_NEW);
    CHECK_INT(seen_select(s, "you@here", true, &error), MAIL_OK);
    CHECK_INT(intents_of(s).count, 0);
    intend(s, "pending", 1);
    CHECK_INT(seen_settle(s, &error), MAIL_OK);
    CHECK_INT(intents_of(s).count, 0);
    CHECK_INT(seen_select(s, "me@here", true, &error), MAIL_OK);
    CHECK_INT(intents_of(s).count, 3);
    CHECK_INT(seen_settle(s, &error), MAIL_OK);
    CHECK_INT(intents_of(s).count, 0);
    seen_close(s);
}

static void
test_damaged_intents(void)
{
    tally all = {0};
    seen *s = open_memory("damage.db");

    intend(s, "pending", 4);
    seen_close(s);
    sql("damage.db", "UPDATE batch SET messages = substr(messages, 1, 40)");
    s = open_memory("damage.db");
    CHECK_INT(seen_intents(s, count_intent, &all, &error), MAIL_ERR_CONFIG);
    CHECK_INT(all.count, 0);
    seen_close(s);
}

static void
test_sizes(void)
{
    static const uint64_t sizes[] = {0, 1, 4, 5, 5, 7, 8, 9};
    seen *s = open_memory("sizes.db");
    uint64_t matches;

    deliver(s, span("done"), 5);
    deliver(s, span("gone"), 9);
    CHECK_INT(seen_set(s, span("gone"), 0, SEEN_DELETED, &error), MAIL_OK);
    deliver(s, span("due"), 8);
    CHECK_INT(seen_set(s, span("due"), 0, SEEN_DELETE_DUE, &error), MAIL_OK);
    deliver(s, span("no size"), 0);
    /* Two of size 5 are listed, and one is known. */
    CHECK_INT(seen_match_sizes(s, sizes, 8, &matches, &error), MAIL_OK);
    CHECK_INT(matches, 1);
    seen_close(s);
}

/* The schema of version 1, as it was but for its index. */
static const char version_1[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA application_id = 1886351411;"
    "PRAGMA user_version = 1;"
    "CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " last_session INTEGER NOT NULL DEFAULT 0,"
    " lock_step_until INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE message (account INTEGER NOT NULL REFERENCES account(id),"
    " uid BLOB NOT NULL, occurrence INTEGER NOT NULL, state INTEGER NOT NULL,"
    " octets INTEGER NOT NULL, copies INTEGER NOT NULL, key TEXT NOT NULL,"
    " sink TEXT NOT NULL, intent_at INTEGER NOT NULL, done_at INTEGER,"
    " deleted_at INTEGER, present INTEGER NOT NULL DEFAULT 1,"
    " PRIMARY KEY (account, uid, occurrence)) WITHOUT ROWID;"
    "INSERT INTO account (id, name) VALUES (7, 'me@here'), (8, 'you@here');"
    "INSERT INTO message VALUES (7, CAST('done' AS BLOB), 0, 2, 5, 1, 'k',"
    " 'maildir:/x', 1, 1234, NULL, 1);"
    "INSERT INTO message VALUES (7, X'00FF2720', 2, 1, 6, 3,"
    " '00112233445566778899aabbccddeeff', 'maildir:/old', 1, NULL, NULL, 1);"
    "INSERT INTO message VALUES (7, X'', 0, 1, 0, 1,"
    " '00112233445566778899aabbccddee00', 'maildir:/old', 1, NULL, NULL, 1);";

static mail_result
check_old_intent(void *ctx, const seen_message *message, const char *sink)
{
    unsigned *count = ctx;

    CHECK_STR(sink, "maildir:/old");
    if (message->uid.len == 0) {
        CHECK_STR(message->key.text, "00112233445566778899aabbccddee00");
    } else {
        CHECK_INT(message->uid.len, 4);
        CHECK(memcmp(message->uid.ptr, "\0\xff' ", 4) == 0);
        CHECK_STR(message->key.text, "00112233445566778899aabbccddeeff");
        CHECK_INT(message->occurrence, 2);
        CHECK_INT(message->octets, 6);
        CHECK_INT(message->copies, 3);
    }
    ++*count;
    return MAIL_OK;
}

/* Who may only read leaves an old file as it is, and can read it. */
static void
check_old_version(const char *index)
{
    unsigned count = 0;
    seen *s = NULL;

    (void)remove(scratch_path("old.db"));
    sql("old.db", version_1);
    sql("old.db", index);
    CHECK_INT(seen_open(&s, scratch_path("old.db"), false, &error), MAIL_OK);
    CHECK_INT(seen_select(s, "me@here", false, &error), MAIL_OK);
    CHECK_INT(look(s, span("done")).state, SEEN_DONE);
    CHECK_INT(look(s, (pop3_span){"", 0}).state, SEEN_INTENT);
    seen_close(s);
    sql("old.db", "SELECT key FROM message");

    s = open_memory("old.db");
    CHECK_INT(look(s, span("done")).state, SEEN_DONE);
    CHECK_INT(look(s, span("done")).octets, 5);
    CHECK_INT(look(s, span("done")).done_s, 1234);
    CHECK_INT(look(s, (pop3_span){"", 0}).state, SEEN_NEW);
    CHECK_INT(seen_intents(s, check_old_intent, &count, &error), MAIL_OK);
    CHECK_INT(count, 2);
    CHECK_INT(seen_settle(s, &error), MAIL_OK);
    seen_close(s);
    seen_close(open_memory("old.db"));
    sql("old.db", "PRAGMA user_version = 3");
    check_refused("old.db", "newer");
}

static void
test_old_version(void)
{
    check_old_version(
        "CREATE INDEX message_state ON message (account, state)");
    check_old_version(
        "CREATE INDEX message_intent ON message (account) WHERE state = 1");
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

    intend(s, "a", 5);
    CHECK_INT(present(s), 0);
    deliver(s, span("a"), 5);
    deliver(s, span("b"), 6);
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
    deliver(s, span("b"), 6);
    CHECK_INT(seen_select(s, "me@here", true, &error), MAIL_OK);
    note(s, "b", true);
    note(s, "stranger", true);
    CHECK_INT(seen_select(s, "you@here", true, &error), MAIL_OK);
    CHECK_INT(present(s), 1);
    CHECK_INT(seen_set(s, span("b"), 0, SEEN_DELETE_DUE, &error), MAIL_OK);
    CHECK_INT(present(s), 0);
    seen_close(s);
}

/* What was deleted 31 days ago is forgotten, but not while it is listed, as it
 * would come again; by a clock that went back by as much nothing is. */
static void
test_purge(void)
{
    seen *s = open_memory("purge.db");

    deliver(s, span("old"), 1);
    CHECK_INT(seen_set(s, span("old"), 0, SEEN_DELETED, &error), MAIL_OK);
    deliver(s, span("future"), 1);
    CHECK_INT(seen_set(s, span("future"), 0, SEEN_DELETED, &error), MAIL_OK);
    deliver(s, span("kept"), 1);
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
    sql("newer.db", "PRAGMA user_version = 3");
    check_refused("newer.db", "newer");
    CHECK_INT(mkdir(scratch_path("directory.db"), 0700), 0);
    check_refused("directory.db", "not a regular file");

    s = open_memory("cut.db");
    deliver(s, span("a"), 1);
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

/* What sessions broke at stays new, and is counted as long as it is listed. */
static void
test_broke(void)
{
    seen *s = open_memory("broke.db");

    CHECK_INT(seen_broke(s, span("bad"), 0, 1, &error), MAIL_OK);
    CHECK_INT(seen_broke(s, span("bad"), 0, 2, &error), MAIL_OK);
    note(s, "bad", true);
    CHECK_INT(look(s, span("bad")).state, SEEN_NEW);
    CHECK_INT(look(s, span("bad")).done_s, 2);
    CHECK_INT(present(s), 0);
    note(s, "other", true);
    CHECK_INT(look(s, span("bad")).done_s, 0);
    CHECK_INT(seen_broke(s, span("bad"), 0, 1, &error), MAIL_OK);
    deliver(s, span("bad"), 1);
    CHECK_INT(look(s, span("bad")).state, SEEN_DONE);
    CHECK(look(s, span("bad")).done_s > 2);
    seen_close(s);
}

int
main(void)
{
    scratch_make();
    test_states();
    test_rollback();
    test_accounts();
    test_group();
    test_intents();
    test_damaged_intents();
    test_sizes();
    test_old_version();
    test_present();
    test_purge();
    test_broke();
    test_refused();
    test_files();
    test_lock();
    scratch_clean();
    return test_summary();
}
