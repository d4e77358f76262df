/* SPDX-License-Identifier: MIT */
/*
 * bytes_test - the queue of octets against a plain array, at random, and with
 * memory that runs out.
 */
#include "base/bytes.h"

#include "alloc.h"
#include "plan.h"
#include "test.h"

static void
test_plain(void)
{
    bytes b = {0};

    CHECK_INT(bytes_len(&b), 0);
    CHECK_STR(bytes_ptr(&b), "");
    CHECK(bytes_append(&b, NULL, 0));
    CHECK(bytes_append(&b, "hello", 5));
    CHECK_MEM(bytes_ptr(&b), bytes_len(&b), "hello", 5);
    CHECK(bytes_insert(&b, 0, ">> ", 3));
    CHECK(bytes_insert(&b, 8, "!", 1));
    CHECK(bytes_insert(&b, 4, "", 0));
    CHECK_MEM(bytes_ptr(&b), bytes_len(&b), ">> hello!", 9);
    bytes_remove(&b, 3, 5);
    bytes_remove(&b, 3, 0);
    CHECK_MEM(bytes_ptr(&b), bytes_len(&b), ">> !", 4);
    bytes_consume(&b, 1);
    bytes_consume_wiped(&b, 2);
    CHECK_MEM(bytes_ptr(&b), bytes_len(&b), "!", 1);
    bytes_compact(&b);
    bytes_compact(&b);
    CHECK_MEM(bytes_ptr(&b), bytes_len(&b), "!", 1);
    bytes_consume_wiped(&b, 0);
    bytes_clear(&b);
    CHECK_INT(bytes_len(&b), 0);
    CHECK(b.data == NULL);
    bytes_clear(&b);
}

/* What was taken out leaves no trace in the memory that stays. */
static void
test_wiped(void)
{
    bytes b = {0};

    CHECK(bytes_append(&b, "PASS sesame", 11));
    bytes_consume_wiped(&b, 5);
    CHECK(memcmp(b.data, "\0\0\0\0\0", 5) == 0);
    bytes_remove(&b, 0, 6);
    CHECK(memmem(b.data, 11, "sesam", 5) == NULL);
    CHECK(bytes_append(&b, "sesame", 6));
    bytes_consume(&b, 6);
    bytes_wipe(&b, 6);
    CHECK(memmem(b.data, 11, "ses", 3) == NULL);
    bytes_release(&b);
    CHECK(b.data == NULL && b.capacity == 0);
    bytes_wipe(&b, 0);
}

static void
test_random(void)
{
    struct plan plan = {.kind = PLAN_RANDOM, .random = plan_seed()};
    char model[20000];
    size_t len = 0;
    bytes b = {0};
    int i;

    for (i = 0; i < 20000; i++) {
        char some[300];
        size_t n = plan_random(&plan, sizeof(some));
        size_t at = plan_random(&plan, len + 1);

        memset(some, 'a' + i % 26, sizeof(some));
        if (plan_coin(&plan) && len + n <= sizeof(model)) {
            CHECK(bytes_insert(&b, at, some, n));
            memmove(model + at + n, model + at, len - at);
            memcpy(model + at, some, n);
            len += n;
        } else if (plan_coin(&plan)) {
            n = n < len - at ? n : len - at;
            bytes_remove(&b, at, n);
            memmove(model + at, model + at + n, len - at - n);
            len -= n;
        } else {
            n = plan_coin(&plan) ? len : n < len ? n : len;
            bytes_consume(&b, n);
            memmove(model, model + n, len - n);
            len -= n;
        }
        CHECK(b.start <= b.end && b.end <= b.capacity);
        CHECK_MEM(bytes_ptr(&b), bytes_len(&b), model, len);
    }
    bytes_clear(&b);
}

static void
test_no_memory(void)
{
    bytes b = {0};
    char big[5000] = {0};

    alloc_arm(1);
    CHECK(!bytes_append(&b, "x", 1));
    CHECK_INT(bytes_len(&b), 0);
    CHECK(bytes_append(&b, "x", 1));
    alloc_arm(1);
    CHECK(!bytes_append(&b, big, sizeof(big)));
    CHECK_MEM(bytes_ptr(&b), bytes_len(&b), "x", 1);
    CHECK(!bytes_reserve(&b, SIZE_MAX));
    CHECK(!bytes_reserve(&b, SIZE_MAX - 1));
    CHECK(!bytes_reserve(&b, SIZE_MAX / 2 + 2));
    CHECK_MEM(bytes_ptr(&b), bytes_len(&b), "x", 1);
    bytes_clear(&b);
}

/* A buffer that is emptied as fast as it is filled allocates once. */
static void
test_steady(void)
{
    char some[1000] = {0};
    bytes b = {0};
    int i;

    alloc_arm(0);
    CHECK(bytes_reserve(&b, 4096));
    for (i = 0; i < 1000; i++) {
        CHECK(bytes_append(&b, some, sizeof(some)));
        bytes_consume(&b, sizeof(some) - (i == 0));
    }
    CHECK_INT(alloc_count(), 1);
    bytes_clear(&b);
    CHECK_INT(alloc_live(), 0);
}

int
main(void)
{
    test_plain();
    test_wiped();
    test_random();
    test_no_memory();
    test_steady();
    return test_summary();
}
