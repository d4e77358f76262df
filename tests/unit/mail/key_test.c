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

int
main(void)
{
    test_known_keys();
    test_all_octets_count();
    test_what_is_none();
    return test_summary();
}
