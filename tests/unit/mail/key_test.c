/* SPDX-License-Identifier: MIT */
/*
 * key_test - keys that hold all of their random octets and of their number.
 */
#include <string.h>

#include <mail/key.h>

#include "harness/test.h"

static const unsigned char octets[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0xa5,
                                       0x10, 0x20, 0x30, 0x40, 0x50, 0x60};

static mail_key
key(const unsigned char random[MAIL_KEY_RANDOM], uint32_t number)
{
    mail_key made;

    memset(&made, 'x', sizeof(made));
    mail_key_make(&made, random, number);
    CHECK_INT(strlen(made.text), MAIL_KEY_LEN);
    CHECK(mail_key_at(made.text));
    return made;
}

/* Keys stand in file names, where later versions look for them. */
static void
test_known_keys(void)
{
    CHECK_STR(key(octets, 0).text, "00017f80ffa510203040506000000000");
    CHECK_STR(key(octets, 0x89abcdef).text,
              "00017f80ffa510203040506089abcdef");
}

static void
test_all_octets_count(void)
{
    size_t i;

    for (i = 0; i < MAIL_KEY_RANDOM; i++) {
        unsigned char other[MAIL_KEY_RANDOM];

        memcpy(other, octets, sizeof(other));
        other[i] ^= 1;
        CHECK(strcmp(key(other, 7).text, key(octets, 7).text) != 0);
    }
    for (i = 0; i < 32; i++)
        CHECK(strcmp(key(octets, UINT32_C(1) << i).text,
                     key(octets, 0).text) != 0);
}

static void
test_what_is_none(void)
{
    CHECK(!mail_key_at(""));
    CHECK(!mail_key_at("00017f80ffa51020304050600000000"));
    CHECK(!mail_key_at("00017f80ffa5102030405060A0000000"));
    CHECK(!mail_key_at("00017f80ffa510203040506 00000000"));
}

static const char *
stable(const char *account, const char *uid, size_t len, uint64_t occurrence)
{
    static mail_key made[2];
    static unsigned at;
    mail_key *key = &made[at++ % 2];

    mail_key_stable(key, account, uid, len, occurrence);
    return key->text;
}

/* Receivers may know messages by them for years. */
static void
test_stable_keys(void)
{
    CHECK_STR(stable("me@mail.example", "u\0id", 4, 2),
              "dde93a3cf1bcea54d5bd9e6140d64808");
    CHECK(strcmp(stable("a", "b", 1, 1), stable("a", "b", 1, 2)) != 0);
    CHECK(strcmp(stable("a", "b", 1, 1), stable("a", "c", 1, 1)) != 0);
    CHECK(strcmp(stable("a", "b", 1, 1), stable("ab", "", 0, 1)) != 0);
    CHECK(strcmp(stable("a", "1", 1, 1), stable("a", "", 0, 11)) != 0);
}

int
main(void)
{
    test_known_keys();
    test_all_octets_count();
    test_what_is_none();
    test_stable_keys();
    return test_summary();
}
