/* SPDX-License-Identifier: MIT */
/*
 * intents_test - what is written is read again, and damage is no list.
 */
#include <mail/intents.h>
#include <stdlib.h>
#include <string.h>

#include "harness/test.h"

static seen_message
message(const char *uid, size_t len, uint64_t number)
{
    seen_message made = {.uid = {uid, len},
                         .occurrence = number,
                         .octets = number / 2,
                         .copies = 1};

    memset(made.key.text, "0123456789abcdef"[number % 16], MAIL_KEY_LEN);
    return made;
}

static void
check_same(const seen_message *got, const seen_message *want)
{
    CHECK_STR(got->key.text, want->key.text);
    CHECK_INT(got->occurrence, want->occurrence);
    CHECK_INT(got->octets, want->octets);
    CHECK_INT(got->copies, want->copies);
    CHECK_INT(got->uid.len, want->uid.len);
    CHECK(memcmp(got->uid.ptr, want->uid.ptr, want->uid.len) == 0);
}

static void
test_round_trip(void)
{
    const seen_message messages[] = {
        message("a", 1, 0),           message("", 0, UINT64_MAX),
        message("\0\xff' 7 8", 8, 9), message("12 3", 4, 10),
        message("last", 4, 1000),
    };
    const size_t count = sizeof(messages) / sizeof(messages[0]);
    bytes list = {0};
    seen_message got;
    pop3_span rest;
    size_t i;

    for (i = 0; i < count; i++)
        CHECK(intents_append(&list, &messages[i]));
    rest = (pop3_span){bytes_ptr(&list), bytes_len(&list)};
    for (i = 0; i < count; i++) {
        CHECK(intents_take(&rest, &got));
        check_same(&got, &messages[i]);
    }
    CHECK(!intents_take(&rest, &got));
    CHECK_INT(rest.len, 0);
    bytes_clear(&list);
}

/* The form stands in files: by hand, once. */
static void
test_form(void)
{
    const seen_message one = {.key = {"00112233445566778899aabbccddeeff"},
                              .uid = {"u 1", 3},
                              .occurrence = 2,
                              .octets = 18446744073709551615U,
                              .copies = 10};
    bytes list = {0};

    CHECK(intents_append(&list, &one));
    CHECK(bytes_append(&list, "", 1));
    CHECK_STR(bytes_ptr(&list), "00112233445566778899aabbccddeeff 2 "
                                "18446744073709551615 10 3 u 1");
    bytes_clear(&list);
}

#define KEY "00112233445566778899aabbccddeeff"

static void
test_damage(void)
{
    static const char *const damaged[] = {
        "0",
        KEY,
        KEY " ",
        KEY " 1 2 3",
        KEY " 1 2 3 ",
        KEY " 1 2 3 5",
        KEY " 1 2 3 5 four",
        KEY " 1 2 3 99999999999999999999 x",
        KEY " 18446744073709551616 2 3 1 x",
        KEY " -1 2 3 1 x",
        KEY " 1  3 1 x",
        KEY "x1 2 3 1 x",
        "00112233445566778899AABBCCDDEEFF 1 2 3 1 x",
    };
    size_t i;

    for (i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        pop3_span list = {damaged[i], strlen(damaged[i])};
        seen_message got;

        TEST_ROW("%s", damaged[i]);
        CHECK(!intents_take(&list, &got));
        CHECK_INT(list.len, strlen(damaged[i]));
    }
    TEST_ROW("%s", "");
}

/* Every cut of a good list is damage, never a shorter list. */
static void
test_cuts(void)
{
    static const char good[] = KEY " 0 5 1 3 abc";
    size_t len;

    for (len = 1; len < sizeof(good) - 1; len++) {
        char *copy = malloc(len);
        pop3_span list = {copy, len};
        seen_message got;

        if (copy == NULL)
            exit(1);
        memcpy(copy, good, len);
        TEST_ROW("%zu octets", len);
        CHECK(!intents_take(&list, &got));
        CHECK_INT(list.len, len);
        free(copy);
    }
    TEST_ROW("%s", "");
}

int
main(void)
{
    test_round_trip();
    test_form();
    test_damage();
    test_cuts();
    return test_summary();
}
