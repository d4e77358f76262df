/* SPDX-License-Identifier: MIT */
/*
 * guard_test - many ids of a mailbox change, or only seem to.
 */
#include <mail/plan.h>

#include "harness/test.h"
#include "scratch.h"

static mail_error error;

/* Messages first .. first + count - 1: ids with the prefix, and the sizes that
 * `size` tells for each number. */
typedef struct part {
    const char *prefix;
    unsigned first;
    unsigned count;
    unsigned (*size)(unsigned number);
} part;

static unsigned
diverse(unsigned number)
{
    return 1000 + number * 37;
}

static unsigned
other(unsigned number)
{
    return 500001 + number * 41;
}

static unsigned
equal(unsigned number)
{
    (void)number;
    return 700;
}

static unsigned
unknown(unsigned number)
{
    (void)number;
    return 0;
}

static void
list(maildrop *drop, const part *parts, size_t count)
{
    uint64_t number = 1;
    size_t i;
    unsigned n;

    *drop = (maildrop){.has_sizes = true, .has_uids = true};
    for (i = 0; i < count; i++) {
        for (n = parts[i].first; n < parts[i].first + parts[i].count; n++) {
            char uid[32];
            pop3_item item = {.number = number++, .octets = parts[i].size(n)};

            (void)snprintf(uid, sizeof(uid), "%s%u", parts[i].prefix, n);
            item.uid = (pop3_span){uid, strlen(uid)};
            CHECK(maildrop_add_size(drop, &item));
            CHECK(maildrop_add_uid(drop, &item));
        }
    }
    maildrop_join(drop);
}

static void
deliver_all(seen *s, const maildrop *drop)
{
    size_t i;

    CHECK_INT(seen_begin(s, &error), MAIL_OK);
    for (i = 0; i < maildrop_count(drop); i++) {
        const maildrop_message *m = maildrop_at(drop, i);
        const seen_message message = {
            .uid = maildrop_uid(drop, m), .octets = m->octets, .copies = 1};

        CHECK_INT(seen_deliver(s, &message, SEEN_DONE, &error), MAIL_OK);
    }
    CHECK_INT(seen_commit(s, &error), MAIL_OK);
}

/* What the plan says of `now`, when `before` was fetched. */
static mail_result
ask(const part *before, size_t before_count, const part *now, size_t now_count,
    bool accept)
{
    static unsigned number;
    const plan_policy policy = {.accept_new_ids = accept,
                                .max_messages = UINT64_MAX,
                                .max_octets = UINT64_MAX,
                                .max_size = UINT64_MAX};
    mail_result result;
    maildrop drop;
    char name[32];
    seen *s;
    plan p;

    (void)snprintf(name, sizeof(name), "guard%u.db", number++);
    CHECK_INT(seen_open(&s, scratch_path(name), true, &error), MAIL_OK);
    CHECK_INT(seen_select(s, "me@here", true, &error), MAIL_OK);
    list(&drop, before, before_count);
    deliver_all(s, &drop);
    maildrop_clear(&drop);
    list(&drop, now, now_count);
    result = plan_make(&p, &drop, s, &policy, &error);
    plan_clear(&p);
    maildrop_clear(&drop);
    seen_close(s);
    return result;
}

#define PARTS(...) \
    (const part[]){__VA_ARGS__}, sizeof((part[]){__VA_ARGS__}) / sizeof(part)

static void
test_some_changed(void)
{
    const part all = {"a", 0, 100, diverse};

    CHECK_INT(ask(&all, 1,
                  PARTS({"a", 0, 60, diverse}, {"b", 60, 40, diverse}), false),
              MAIL_ERR_GUARD);
    CHECK_INT(ask(&all, 1,
                  PARTS({"a", 0, 60, diverse}, {"b", 60, 40, diverse}), true),
              MAIL_OK);
    /* One is left as it was, and there is new mail too. */
    CHECK_INT(ask(&all, 1,
                  PARTS({"a", 7, 1, diverse}, {"b", 8, 92, diverse},
                        {"n", 0, 20, other}),
                  false),
              MAIL_ERR_GUARD);
    /* Ids that sort before and behind all others. */
    CHECK_INT(ask(&all, 1,
                  PARTS({"", 0, 50, diverse}, {"z", 50, 49, diverse},
                        {"a", 99, 1, diverse}),
                  false),
              MAIL_ERR_GUARD);
}

static void
test_not_changed(void)
{
    const part all = {"a", 0, 100, diverse};
    const part same = {"a", 0, 100, equal};
    const part none = {"a", 0, 100, unknown};

    /* Another client deleted, and other mail came. */
    CHECK_INT(
        ask(&all, 1, PARTS({"a", 0, 60, diverse}, {"n", 0, 40, other}), false),
        MAIL_OK);
    /* All is there, and as much again came. */
    CHECK_INT(ask(&all, 1,
                  PARTS({"a", 0, 100, diverse}, {"b", 0, 100, diverse}),
                  false),
              MAIL_OK);
    /* Mail of one size, and of none. */
    CHECK_INT(
        ask(&same, 1, PARTS({"a", 0, 60, equal}, {"n", 60, 40, equal}), false),
        MAIL_OK);
    CHECK_INT(ask(&none, 1,
                  PARTS({"a", 0, 60, unknown}, {"n", 60, 40, unknown}), false),
              MAIL_OK);
    /* Few: no flood. */
    CHECK_INT(ask(&all, 1, PARTS({"a", 0, 91, diverse}, {"b", 91, 9, diverse}),
                  false),
              MAIL_OK);
}

int
main(void)
{
    scratch_make();
    test_some_changed();
    test_not_changed();
    scratch_clean();
    return test_summary();
}
