/* SPDX-License-Identifier: MIT */
/*
 * secret_test - secrets are copied, compared in full, and wiped.
 */
#include "base/secret.h"

#include "alloc.h"
#include "test.h"

int
main(void)
{
    secret s = {0};
    char text[] = "opensesame";

    secret_clear(&s);
    CHECK(secret_set(&s, text, 10));
    CHECK(s.data != text);
    CHECK_MEM(s.data, s.len, "opensesame", 10);
    CHECK(secret_set(&s, "a\0b", 3));
    CHECK_MEM(s.data, s.len, "a\0b", 3);
    CHECK(secret_set(&s, "", 0));
    CHECK_INT(s.len, 0);
    CHECK(secret_set(&s, "again", 5));
    alloc_arm(1);
    CHECK(!secret_set(&s, "no memory", 9));
    CHECK_INT(s.len, 0);
    secret_clear(&s);
    CHECK(s.data == NULL);

    secret_wipe(text, 4);
    CHECK_MEM(text, 10, "\0\0\0\0sesame", 10);
    secret_wipe(text, 0);
    secret_wipe(NULL, 0);

    CHECK(secret_equal("abc", "abc", 3));
    CHECK(secret_equal("abc", "abd", 2));
    CHECK(!secret_equal("abc", "abd", 3));
    CHECK(!secret_equal("\x01", "\x81", 1));
    CHECK(secret_equal("", "x", 0));
    return test_summary();
}
