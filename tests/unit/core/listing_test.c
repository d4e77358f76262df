/* SPDX-License-Identifier: MIT */
/*
 * listing_test - numbers and rows (RFC 1939 §5, §7, R30, R31).
 */
#include "core/listing.h"

#include "alloc.h"
#include "test.h"

static const struct number_row {
    const char *in;
    bool good;
    uint64_t number;
    const char *rest;
} numbers[] = {
    {"0", true, 0, ""},
    {"7 rest", true, 7, "rest"},
    {"7   rest", true, 7, "rest"},
    {"007", true, 7, ""},
    {"18446744073709551615", true, UINT64_MAX, ""},
    {"18446744073709551616", false, 0, NULL},
    {"18446744073709551620", false, 0, NULL},
    {"99999999999999999999999", false, 0, NULL},
    {"000000000000000000000000000000001", true, 1, ""},
    {"", false, 0, NULL},
    {" 1", false, 0, NULL},
    {"-1", false, 0, NULL},
    {"+1", false, 0, NULL},
    {"1x", false, 0, NULL},
    {"0x10", false, 0, NULL},
    {"1.5", false, 0, NULL},
    {"1/", false, 0, NULL},
    {"1:", false, 0, NULL},
    {"\xb2", false, 0, NULL},
};

static const struct {
    const char *in;
    bool good;
    uint64_t count;
    uint64_t octets;
} stats[] = {
    {"2 320", true, 2, 320},
    {"0 0", true, 0, 0},
    {"  2   320  ", true, 2, 320},
    {"2 320 more", true, 2, 320},
    {"2", false, 0, 0},
    {"2 ", false, 0, 0},
    {"", false, 0, 0},
    {"x 1", false, 0, 0},
    {"1 x", false, 0, 0},
    {"1 -1", false, 0, 0},
};

static const struct {
    const char *in;
    bool good;
    uint64_t number;
    uint64_t octets;
} lists[] = {
    {"1 120", true, 1, 120}, {"1  120 x", true, 1, 120}, {"1 0", true, 1, 0},
    {"0 1", false, 0, 0},    {"1", false, 0, 0},         {"", false, 0, 0},
    {"1 x", false, 0, 0},    {"-1 5", false, 0, 0},      {"1 -5", false, 0, 0},
};

static const struct {
    const char *in;
    bool good;
    uint64_t number;
    const char *uid;
} uids[] = {
    {"1 abc", true, 1, "abc"},   {"1   abc", true, 1, "abc"},
    {"1 a b", true, 1, "a b"},   {"1", true, 1, ""},
    {"1 ", true, 1, ""},         {"0 abc", false, 0, ""},
    {"abc", false, 0, ""},       {"", false, 0, ""},
    {"1 \xff", true, 1, "\xff"},
};

static pop3_span
span(const char *text)
{
    return (pop3_span){text, strlen(text)};
}

static void
test_numbers(void)
{
    size_t i;

    for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        const struct number_row *row = &numbers[i];
        pop3_span in = span(row->in);
        uint64_t number = 4711;

        TEST_ROW("%s", row->in);
        CHECK_INT(listing_number(&in, &number), row->good);
        CHECK_INT(number, row->good ? row->number : 4711);
        CHECK_SPAN(in, row->good ? row->rest : row->in);
    }
}

/* Digit by digit; for numbers that fit. 0 octets: there is none. */
static size_t
slow_number(const char *in, size_t len, uint64_t *number)
{
    size_t at = 0;

    for (*number = 0; at < len && in[at] >= '0' && in[at] <= '9'; at++)
        *number = *number * 10 + (uint64_t)(in[at] - '0');
    return at == len || in[at] == ' ' || in[at] == '\t' ? at : 0;
}

/* Any octet at any place of numbers of any length, at the end of memory. */
static void
test_octets(void)
{
    static const char digits[] = "9081726354453627";
    size_t len;
    size_t at;
    int octet;

    for (len = 1; len < sizeof(digits); len++) {
        char *text = test_alloc(len);

        for (at = 0; at < len; at++) {
            memcpy(text, digits, len);
            for (octet = 0; octet < 256; octet++) {
                pop3_span in = {text, len};
                uint64_t got = 0;
                uint64_t want;
                size_t taken;

                text[at] = (char)octet;
                taken = slow_number(text, len, &want);
                TEST_ROW("%zu octets, %d at %zu", len, octet, at);
                CHECK_INT(listing_number(&in, &got), taken > 0);
                CHECK_INT(got, taken > 0 ? want : 0);
            }
        }
        test_free(text);
    }
}

static void
test_stats(void)
{
    size_t i;

    for (i = 0; i < sizeof(stats) / sizeof(*stats); i++) {
        pop3_stat stat = {0};

        TEST_ROW("%s", stats[i].in);
        CHECK_INT(listing_stat(span(stats[i].in), &stat), stats[i].good);
        CHECK_INT(stat.count, stats[i].count);
        CHECK_INT(stat.octets, stats[i].octets);
    }
}

static void
test_rows(void)
{
    size_t i;

    for (i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        pop3_item item = {0};

        TEST_ROW("LIST %s", lists[i].in);
        CHECK_INT(listing_list_row(span(lists[i].in), &item), lists[i].good);
        CHECK_INT(item.number, lists[i].number);
        CHECK_INT(item.octets, lists[i].octets);
        CHECK_INT(item.uid.len, 0);
    }
    for (i = 0; i < sizeof(uids) / sizeof(*uids); i++) {
        pop3_item item = {0};

        TEST_ROW("UIDL %s", uids[i].in);
        CHECK_INT(listing_uidl_row(span(uids[i].in), &item), uids[i].good);
        CHECK_INT(item.number, uids[i].number);
        CHECK_SPAN(item.uid, uids[i].uid);
        CHECK_INT(item.octets, 0);
    }
}

/* Ids up to 1,024 octets are taken whole; a longer one is none (R30). */
static void
test_long_uids(void)
{
    char row[1100];
    size_t len;

    memset(row, 'u', sizeof(row));
    memcpy(row, "5 ", 2);
    for (len = 1020; len < 1030; len++) {
        pop3_item item = {0};

        TEST_ROW("%zu", len);
        CHECK(listing_uidl_row((pop3_span){row, len + 2}, &item));
        CHECK_INT(item.number, 5);
        CHECK_INT(item.uid.len, len <= 1024 ? len : 0);
    }
}

int
main(void)
{
    test_numbers();
    test_octets();
    test_stats();
    test_rows();
    test_long_uids();
    return test_summary();
}
