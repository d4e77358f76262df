/* SPDX-License-Identifier: MIT */
/*
 * key_test - keys that stay what they are, and differ whenever one of their
 * parts does.
 */
#include <mail/key.h>

#include "harness/test.h"

static mail_key
key(const char *account, const char *uid, size_t uid_len, uint64_t occurrence,
    uint64_t nonce)
{
    mail_key made = {0};

    CHECK(mail_key_of(account, (pop3_span){uid, uid_len}, occurrence, nonce,
                      &made));
    return made;
}

/* Keys stand in file names and must not change from version to version. The
 * parts by hand: "a@b" 3 "cid" 3 0 10, numbers as eight octets, the smallest
 * first; then SHA-256 by another program. */
static void
test_known_key(void)
{
    CHECK_STR(key("a@b", "cid", 3, 0, 10).text,
              "1ac1ba4cd8cb14b223366eeb6514cd60");
}

static void
test_keys(void)
{
    const mail_key base = key("a@b", "cid", 3, 0, 10);
    const mail_key others[] = {
        key("a@c", "cid", 3, 0, 10), key("a@bc", "id", 2, 0, 10),
        key("a@b", "cid", 2, 0, 10), key("a@b", "ci\0", 3, 0, 10),
        key("a@b", "cid", 3, 1, 10), key("a@b", "cid", 3, 0, 11),
        key("a@b", "", 0, 0, 10),
    };
    size_t i;

    CHECK_INT(strlen(base.text), MAIL_KEY_LEN);
    CHECK_STR(key("a@b", "cid", 3, 0, 10).text, base.text);
    CHECK(mail_key_at(base.text));
    CHECK(!mail_key_at("abc"));
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        CHECK(strcmp(others[i].text, base.text) != 0);
}

int
main(void)
{
    test_known_key();
    test_keys();
    return test_summary();
}
