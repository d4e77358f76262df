/* SPDX-License-Identifier: MIT */
/*
 * plan_test - listings and a memory against the actions that must follow.
 *
 * A listing is text, a row for each message: "number octets uid". What was
 * done before is set up in the memory by the same rows with a state.
 */
#include <time.h>

#include <mail/plan.h>

#include "harness/test.h"
#include "scratch.h"

typedef struct row {
    uint64_t number;
    uint64_t octets;
    const char *uid;
} row;

static mail_error error;
static seen *memory;

static void
fill(maildrop *drop, const row *rows, size_t count, bool with_uids)
{
    size_t i;

    *drop = (maildrop){.has_sizes = true, .has_uids = with_uids};
    for (i = 0; i < count; i++) {
        pop3_item item = {.number = rows[i].number,
                          .octets = rows[i].octets,
                          .uid = {rows[i].uid, strlen(rows[i].uid)}};

        CHECK(maildrop_add_size(drop, &item));
        if (with_uids)
            CHECK(maildrop_add_uid(drop, &item));
    }
    maildrop_join(drop);
}

static void
fresh_memory(void)
{
    static unsigned number;
    char name[32];

    seen_close(memory);
    memory = NULL;
    (void)snprintf(name, sizeof(name), "plan%u.db", number++);
    CHECK_INT(seen_open(&memory, scratch_path(name), true, &error), MAIL_OK);
    if (memory == NULL)
        exit(1);
    CHECK_INT(seen_select(memory, "me@here", true, &error), MAIL_OK);
}

static void
know(const char *uid, uint64_t occurrence, uint64_t copies, uint64_t octets,
     seen_state state)
{
    seen_message message = {.uid = {uid, strlen(uid)},
                            .occurrence = occurrence,
                            .octets = octets,
                            .copies = copies};

    CHECK_INT(seen_deliver(memory, &message, SEEN_DONE, &error), MAIL_OK);
    CHECK_INT(seen_set(memory, message.uid, occurrence, state, &error),
              MAIL_OK);
}

static plan_policy
policy(bool delete_delivered)
{
    return (plan_policy){.delete_delivered = delete_delivered,
                         .max_messages = UINT64_MAX,
                         .max_octets = UINT64_MAX,
                         .max_size = UINT64_MAX};
}

static char
letter(plan_action action)
{
    return "kfdtlnghx"[action];
}

/* The actions, a letter for each message; or "!" and the error's number. */
static const char *
actions(const row *rows, size_t count, bool with_uids, plan_policy p)
{
    static char text[64];
    maildrop drop;
    plan made;
    mail_result result;
    size_t i;

    fill(&drop, rows, count, with_uids);
    result = plan_make(&made, &drop, memory, &p, &error);
    (void)snprintf(text, sizeof(text), "!%d", (int)result);
    if (result == MAIL_OK) {
        plan_limit(&made, &p);
        for (i = 0; i < made.count; i++)
            text[i] = letter(made.items[i].action);
        text[made.count] = '\0';
    }
    plan_clear(&made);
    maildrop_clear(&drop);
    return text;
}

#define ROWS(...) \
    (const row[]){__VA_ARGS__}, sizeof((row[]){__VA_ARGS__}) / sizeof(row)

static void
test_states(void)
{
    fresh_memory();
    know("intent", 0, 1, 5, SEEN_INTENT);
    know("done", 0, 1, 5, SEEN_DONE);
    know("due", 0, 1, 5, SEEN_DELETE_DUE);
    know("deleted", 0, 1, 5, SEEN_DELETED);
    CHECK_STR(actions(ROWS({1, 5, "new"}, {2, 5, "intent"}, {3, 5, "done"},
                           {4, 5, "due"}, {5, 5, "deleted"}),
                      true, policy(false)),
              "ffkkg");
    CHECK_STR(actions(ROWS({1, 5, "new"}, {2, 5, "intent"}, {3, 5, "done"},
                           {4, 5, "due"}, {5, 5, "deleted"}),
                      true, policy(true)),
              "ffddg");
    /* Another size: an id that is used again, or a server that counts
     * otherwise. Nothing is deleted unseen. */
    CHECK_STR(actions(ROWS({1, 9, "done"}, {2, 9, "due"}, {3, 9, "deleted"}),
                      true, policy(true)),
              "kff");
    CHECK_STR(actions(ROWS({1, 0, "done"}, {2, 0, "due"}, {3, 0, "deleted"}),
                      true, policy(true)),
              "ddg");
}

static void
test_keep_for_a_time(void)
{
    int64_t now = (int64_t)time(NULL);
    const row listing[] = {
        {1, 5, "new"}, {2, 5, "done"}, {3, 5, "due"}, {4, 5, "deleted"}};
    plan_policy p = policy(false);

    fresh_memory();
    know("done", 0, 1, 5, SEEN_DONE);
    know("due", 0, 1, 5, SEEN_DELETE_DUE);
    know("deleted", 0, 1, 5, SEEN_DELETED);
    p.keep_s = 3600;
    p.now_s = now + 3000;
    CHECK_STR(actions(listing, 4, true, p), "fkkg");
    p.now_s = now + 4000;
    CHECK_STR(actions(listing, 4, true, p), "fddg");
    p.keep_s = 5000;
    CHECK_STR(actions(listing, 4, true, p), "fkkg");
    /* A clock that went back, by a little or by all of it. */
    p.keep_s = 1;
    p.now_s = now - 100;
    CHECK_STR(actions(listing, 4, true, p), "fkkg");
    p.now_s = 0;
    CHECK_STR(actions(listing, 4, true, p), "fkkg");
    p.now_s = -1;
    CHECK_STR(actions(listing, 4, true, p), "fkkg");
    /* Without unique-ids there is no time of delivery. */
    CHECK_STR(actions((const row[]){{1, 5, ""}}, 1, true, p), "n");
    /* Another size: never deleted unseen. */
    p.now_s = now + 4000;
    CHECK_STR(actions((const row[]){{1, 9, "done"}}, 1, true, p), "k");
}

static void
test_duplicates(void)
{
    fresh_memory();
    CHECK_STR(actions(ROWS({1, 5, "x"}, {2, 5, "x"}, {3, 5, "y"}), true,
                      policy(false)),
              "fff");
    know("x", 0, 2, 5, SEEN_DONE);
    CHECK_STR(actions(ROWS({1, 5, "x"}, {2, 5, "x"}), true, policy(false)),
              "kf");
    /* One copy is missing: the other one waits for it. */
    CHECK_STR(actions(ROWS({1, 5, "x"}, {2, 5, "x"}), true, policy(true)),
              "df");
    /* Which copy is left? Nobody knows. */
    CHECK_STR(actions(ROWS({1, 5, "x"}), true, policy(true)), "f");
    know("x", 1, 2, 5, SEEN_DONE);
    CHECK_STR(actions(ROWS({1, 5, "x"}, {2, 5, "x"}), true, policy(true)),
              "dd");
    CHECK_STR(actions(ROWS({1, 5, "x"}), true, policy(true)), "d");
    CHECK_STR(actions(ROWS({1, 5, "x"}, {2, 5, "x"}, {3, 5, "x"}), true,
                      policy(true)),
              "ddf");
    /* One of two was deleted: the one that is listed is the other one. */
    know("x", 0, 2, 5, SEEN_DELETED);
    CHECK_STR(actions(ROWS({1, 5, "x"}), true, policy(true)), "d");
    CHECK_STR(actions(ROWS({1, 5, "x"}, {2, 5, "x"}), true, policy(true)),
              "dg");
    CHECK_STR(actions(ROWS({1, 5, "x"}, {2, 5, "x"}, {3, 5, "x"}), true,
                      policy(true)),
              "dgf");
}

static void
test_no_ids(void)
{
    fresh_memory();
    CHECK_STR(actions(ROWS({1, 5, ""}, {2, 5, ""}), false, policy(false)),
              "!5");
    CHECK(strstr(error.text, "UIDL") != NULL);
    CHECK_STR(actions(ROWS({1, 5, ""}, {2, 5, ""}), false, policy(true)),
              "ff");
    CHECK_STR(actions(NULL, 0, false, policy(false)), "");
    CHECK_STR(actions(ROWS({1, 5, ""}, {2, 5, "x"}, {3, 5, ""}), true,
                      policy(false)),
              "nfn");
}

static void
test_limits(void)
{
    plan_policy p = policy(false);

    fresh_memory();
    p.max_messages = 2;
    p.max_size = 100;
    CHECK_STR(
        actions(ROWS({1, 101, "a"}, {2, 100, "b"}, {3, 5, "c"}, {4, 5, "d"}),
                true, p),
        "tffl");
}

enum {
    MANY = 12
};

/* MANY messages that were fetched, or are listed: "<letter>0", ... */
static void
know_many(char first, uint64_t octets, seen_state state)
{
    size_t i;

    for (i = 0; i < MANY; i++) {
        const char uid[3] = {first, (char)('a' + (char)i), '\0'};

        know(uid, 0, 1, octets + i, state);
    }
}

static const char *
list_many(char first, uint64_t octets, size_t count, plan_policy p)
{
    static char uids[2 * MANY][3];
    row rows[2 * MANY];
    size_t i;

    for (i = 0; i < count; i++) {
        uids[i][0] = first;
        uids[i][1] = (char)('a' + (char)i);
        rows[i] = (row){i + 1, octets + i, uids[i]};
    }
    return actions(rows, count, true, p);
}

static void
note(const char *uid)
{
    const row rows[] = {{1, 5, uid}};
    maildrop drop;

    fill(&drop, rows, uid[0] == '\0' ? 0 : 1, true);
    CHECK_INT(seen_note_listing(memory, &drop, &error), MAIL_OK);
    maildrop_clear(&drop);
}

static void
test_guard(void)
{
    plan_policy p = policy(false);

    fresh_memory();
    know_many('a', 501, SEEN_DONE);
    /* The same sizes; as many, with other sizes; fewer, with other sizes. */
    CHECK_STR(list_many('b', 501, 11, p), "!5");
    CHECK(strstr(error.text, "--accept-new-ids") != NULL);
    CHECK_STR(list_many('b', 901, 12, p), "!5");
    CHECK_STR(list_many('b', 901, 11, p), "fffffffffff");
    /* Half of the sizes, and less than half. */
    CHECK_STR(list_many('b', 507, 11, p), "!5");
    CHECK_STR(list_many('b', 508, 11, p), "fffffffffff");
    /* A known id, a small or an empty listing: nothing to see. */
    CHECK_STR(list_many('a', 501, 13, p), "kkkkkkkkkkkkf");
    CHECK_STR(list_many('b', 501, 9, p), "fffffffff");
    CHECK_STR(actions(NULL, 0, true, p), "");
    p.accept_new_ids = true;
    CHECK_STR(list_many('b', 501, 12, p), "ffffffffffff");
}

/* One size that is known answers for one message, not for all. */
static void
test_guard_equal_sizes(void)
{
    row rows[MANY - 1];
    char uids[MANY][3];
    size_t i;

    fresh_memory();
    know_many('a', 501, SEEN_DONE);
    for (i = 0; i < MANY - 1; i++) {
        (void)snprintf(uids[i], sizeof(uids[i]), "n%c", (char)('a' + (char)i));
        rows[i] = (row){i + 1, 501, uids[i]};
    }
    CHECK_STR(actions(rows, MANY - 1, true, policy(false)), "fffffffffff");
}

/* What the server does not have any more is not missing. */
static void
test_guard_absent(void)
{
    fresh_memory();
    know_many('a', 501, SEEN_DELETE_DUE);
    CHECK_STR(list_many('b', 501, 12, policy(false)), "ffffffffffff");
    fresh_memory();
    know_many('a', 501, SEEN_DONE);
    note("");
    CHECK_STR(list_many('b', 501, 12, policy(false)), "!5");
    note("new");
    CHECK_STR(list_many('b', 501, 12, policy(false)), "ffffffffffff");
    CHECK_STR(list_many('a', 501, 12, policy(false)), "kkkkkkkkkkkk");
    fresh_memory();
    know("a", 0, 1, 501, SEEN_DONE);
    CHECK_STR(list_many('b', 501, 12, policy(false)), "ffffffffffff");
}

static void
test_join(void)
{
    static const row sizes[] = {
        {3, 30, ""}, {1, 10, ""}, {2, 20, ""}, {9, 90, ""}, {1, 11, ""}};
    static const row uids[] = {
        {2, 0, "b"}, {1, 0, "a"}, {7, 0, "g"}, {3, 0, "c"}, {3, 0, "cc"}};
    maildrop drop = {.has_sizes = true, .has_uids = true};
    size_t i;

    for (i = 0; i < 5; i++) {
        pop3_item size = {.number = sizes[i].number,
                          .octets = sizes[i].octets};
        pop3_item uid = {.number = uids[i].number,
                         .uid = {uids[i].uid, strlen(uids[i].uid)}};

        CHECK(maildrop_add_size(&drop, &size));
        CHECK(maildrop_add_uid(&drop, &uid));
    }
    maildrop_join(&drop);
    CHECK_INT(maildrop_count(&drop), 2);
    CHECK_INT(drop.doubtful, 3);
    CHECK_INT(maildrop_at(&drop, 0)->number, 1);
    CHECK_INT(maildrop_at(&drop, 0)->octets, 0);
    CHECK_SPAN(maildrop_uid(&drop, maildrop_at(&drop, 0)), "a");
    CHECK_INT(maildrop_at(&drop, 1)->octets, 20);
    CHECK_SPAN(maildrop_uid(&drop, maildrop_at(&drop, 1)), "b");
    maildrop_clear(&drop);
}

int
main(void)
{
    scratch_make();
    test_states();
    test_keep_for_a_time();
    test_duplicates();
    test_no_ids();
    test_limits();
    test_guard();
    test_guard_equal_sizes();
    test_guard_absent();
    test_join();
    seen_close(memory);
    scratch_clean();
    return test_summary();
}
