/* SPDX-License-Identifier: MIT */
/*
 * seen_rows_test - rows of the memory are listed, added once, and forgotten.
 */
#include <mail/seen_rows.h>

#include "harness/test.h"
#include "scratch.h"

static mail_error error;

static pop3_span
span(const char *text)
{
    return (pop3_span){text, strlen(text)};
}

static seen *
open_memory(const char *name, const char *account)
{
    seen *s = NULL;

    CHECK_INT(seen_open(&s, scratch_path(name), true, &error), MAIL_OK);
    if (s == NULL)
        exit(1);
    CHECK_INT(seen_select(s, account, true, &error), MAIL_OK);
    return s;
}

static bool
add(seen *s, const char *uid, seen_state state, int64_t done_s)
{
    const seen_row row = {.uid = span(uid),
                          .copies = 1,
                          .octets = 9,
                          .state = state,
                          .done_s = done_s,
                          .present = true};
    bool added = false;

    CHECK_INT(seen_add(s, &row, &added, &error), MAIL_OK);
    return added;
}

typedef struct text {
    char all[400];
    size_t stop_at; /* rows; 0: never */
    size_t count;
} text;

static mail_result
write_row(void *ctx, const seen_row *row)
{
    text *t = ctx;
    size_t len = strlen(t->all);

    (void)snprintf(t->all + len, sizeof(t->all) - len, "%.*s#%d=%d:%d ",
                   (int)row->uid.len, row->uid.ptr, (int)row->occurrence,
                   (int)row->state, (int)row->done_s);
    return ++t->count == t->stop_at ? MAIL_ERR_GUARD : MAIL_OK;
}

static const char *
rows(seen *s)
{
    static text t;

    t = (text){.stop_at = 0};
    CHECK_INT(seen_rows(s, write_row, &t, &error), MAIL_OK);
    return t.all;
}

static void
test_add(void)
{
    seen *s = open_memory("add.db", "me@here");
    const seen_message message = {
        .uid = span("c"), .occurrence = 1, .octets = 5, .copies = 2};

    CHECK(add(s, "b", SEEN_DONE, 7));
    CHECK(!add(s, "b", SEEN_DELETED, 8)); /* what is known stays */
    CHECK(add(s, "a", SEEN_DONE, 0));
    CHECK_INT(seen_broke(s, span("d"), 0, 3, &error), MAIL_OK);
    CHECK(add(s, "d", SEEN_DELETE_DUE, 4)); /* it was not delivered */
    CHECK_INT(seen_deliver(s, &message, SEEN_DONE, &error), MAIL_OK);
    CHECK(add(s, "c", SEEN_DELETED, 6));
    CHECK_INT(seen_set(s, span("c"), 1, SEEN_DELETED, &error), MAIL_OK);
    CHECK(strstr(rows(s), "a#0=2:0 b#0=2:7 c#0=4:6 c#1=4:") == rows(s));
    CHECK(strstr(rows(s), " d#0=3:4 ") != NULL);
    seen_close(s);
}

static void
test_stop(void)
{
    seen *s = open_memory("stop.db", "me@here");
    text t = {.stop_at = 2};

    (void)add(s, "a", SEEN_DONE, 1);
    (void)add(s, "b", SEEN_DONE, 1);
    (void)add(s, "c", SEEN_DONE, 1);
    CHECK_INT(seen_rows(s, write_row, &t, &error), MAIL_ERR_GUARD);
    CHECK_INT(t.count, 2);
    CHECK_STR(rows(s), "a#0=2:1 b#0=2:1 c#0=2:1 ");
    seen_close(s);
}

static void
test_forget(void)
{
    seen *s = open_memory("forget.db", "me@here");
    const seen_message second = {
        .uid = span("a"), .occurrence = 1, .octets = 5, .copies = 2};
    seen *other;
    uint64_t count = 9;

    (void)add(s, "a", SEEN_DONE, 1);
    CHECK_INT(seen_deliver(s, &second, SEEN_DONE, &error), MAIL_OK);
    (void)add(s, "b", SEEN_DONE, 1);
    CHECK_INT(seen_intend(s, &second, 1, "maildir:/x", &error), MAIL_OK);
    other = open_memory("forget.db", "you@here");
    (void)add(other, "a", SEEN_DONE, 1);

    CHECK_INT(seen_forget_uid(s, span("c"), &count, &error), MAIL_OK);
    CHECK_INT(count, 0);
    CHECK_INT(seen_forget_uid(s, span("a"), &count, &error), MAIL_OK);
    CHECK_INT(count, 2);
    CHECK_STR(rows(s), "b#0=2:1 ");
    CHECK_INT(seen_forget_all(s, &count, &error), MAIL_OK);
    CHECK_INT(count, 1);
    CHECK_STR(rows(s), "");
    CHECK_STR(rows(other), "a#0=2:1 ");
    seen_close(other);
    seen_close(s);
}

static void
test_delete_due(void)
{
    seen *s = open_memory("due.db", "me@here");
    const seen_row gone = {
        .uid = span("x"), .copies = 1, .state = SEEN_DELETE_DUE, .done_s = 1};
    bool done = true;
    bool added;

    (void)add(s, "a", SEEN_DELETE_DUE, 1);
    (void)add(s, "b", SEEN_DELETE_DUE, 1);
    (void)add(s, "c", SEEN_DONE, 1);
    CHECK_INT(seen_add(s, &gone, &added, &error), MAIL_OK); /* not listed */
    CHECK_INT(seen_delete_due(s, 1, &done, &error), MAIL_OK);
    CHECK(!done); /* one was refused: which is not known here */
    CHECK_INT(seen_delete_due(s, 3, &done, &error), MAIL_OK);
    CHECK(!done);
    CHECK_STR(rows(s), "a#0=3:1 b#0=3:1 c#0=2:1 x#0=3:1 ");
    CHECK_INT(seen_delete_due(s, 2, &done, &error), MAIL_OK);
    CHECK(done);
    CHECK_STR(rows(s), "a#0=4:1 b#0=4:1 c#0=2:1 x#0=3:1 ");
    seen_close(s);
}

static mail_result
no_intent(void *ctx, const seen_message *message, const char *sink)
{
    (void)ctx;
    (void)message;
    (void)sink;
    CHECK(false);
    return MAIL_OK;
}

static void
test_forget_intents(void)
{
    seen *s = open_memory("forget.db", "me@here");

    CHECK_INT(seen_intents(s, no_intent, NULL, &error), MAIL_OK);
    seen_close(s);
}

int
main(void)
{
    scratch_make();
    test_add();
    test_stop();
    test_delete_due();
    test_forget();
    test_forget_intents();
    scratch_clean();
    return test_summary();
}
