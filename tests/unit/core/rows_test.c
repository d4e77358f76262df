/* SPDX-License-Identifier: MIT */
/*
 * rows_test - what is taken without a look at each line is what a row says,
 * nothing else is taken, and no octet outside is touched.
 *
 * Rows end at a page that cannot be read, or begin behind one. With each
 * instruction set; items_test has rows of all forms.
 */
#include "core/rows.h"

#include "core/listing.h"

#include "guards.h"
#include "test.h"

enum {
    MANY = 64,
    PLENTY = 20 /* rows behind which nothing counts */
};

static struct {
    const scan *scan;
    char *first; /* behind the lower guard */
    char *guard; /* the upper one */
} world;

static size_t
take(pop3_verb verb, size_t limit, pop3_span *in, pop3_item *items)
{
    const rows_form form = {.crlf = true, .limit = limit};
    line_index ends = {0};

    return verb == POP3_CMD_LIST
               ? rows_take_list(&ends, world.scan, form, in, items, MANY)
               : rows_take_uidl(&ends, world.scan, form, in, items, MANY);
}

/* The rows at the front of `text`, each of them, against listing.c. */
static void
check_rows(pop3_verb verb, pop3_span text, const pop3_item *items,
           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *lf = memchr(text.ptr, '\n', text.len);
        pop3_span row = {text.ptr, lf == NULL ? 0 : (size_t)(lf - text.ptr)};
        pop3_item want = {0};

        CHECK(row.len > 0 && row.ptr[row.len - 1] == '\r');
        row.len--;
        CHECK(verb == POP3_CMD_LIST ? listing_list_row(row, &want)
                                    : listing_uidl_row(row, &want));
        CHECK_INT(items[i].number, want.number);
        CHECK_INT(items[i].octets, want.octets);
        CHECK(items[i].uid.ptr == want.uid.ptr);
        CHECK_INT(items[i].uid.len, want.uid.len);
        text.ptr += row.len + 2;
        text.len -= row.len + 2;
    }
}

/* Takes what can be taken of `text`, which lies at `at`. */
static size_t
take_at(char *at, pop3_verb verb, const char *text, size_t len)
{
    pop3_span in = {at, len};
    pop3_item items[MANY];
    size_t count;

    memcpy(at, text, len);
    count = take(verb, 4096, &in, items);
    CHECK(in.ptr + in.len == at + len);
    check_rows(verb, (pop3_span){at, len}, items, count);
    return count;
}

static size_t
make_rows(char *out, pop3_verb verb, size_t first, size_t count)
{
    const char *prefix = verb == POP3_CMD_LIST ? "" : "u";
    size_t len = 0;

    for (size_t i = 0; i < count; i++)
        len += (size_t)sprintf(out + len, "%zu %s%zu\r\n", first + i, prefix,
                               7 * (first + i));
    return len;
}

/* Cut behind each octet, so that all that may end there does. */
static void
test_borders(pop3_verb verb, size_t first)
{
    char text[2048];
    size_t len = make_rows(text, verb, first, PLENTY);

    for (size_t cut = 0; cut <= len; cut++) {
        TEST_ROW("%s, from %zu, %zu octets", world.scan->name, first, cut);
        (void)take_at(world.first, verb, text, cut);
        (void)take_at(world.guard - cut, verb, text, cut);
    }
    CHECK(take_at(world.guard - len, verb, text, len) >= PLENTY - 6);
}

/* Behind `good` rows there is one that is to be left: it is not taken, and all
 * before it are. */
static void
test_odd(pop3_verb verb, const char *odd, size_t limit)
{
    char *text = world.first;

    for (size_t good = 0; good < PLENTY; good++) {
        size_t len = make_rows(text, verb, 101, good);
        pop3_item items[MANY];
        pop3_span in;

        len += (size_t)sprintf(text + len, "%s\r\n", odd);
        len += make_rows(text + len, verb, 102 + good, PLENTY);
        in = (pop3_span){text, len};
        TEST_ROW("%s, %.20s behind %zu", world.scan->name, odd, good);
        CHECK_INT(take(verb, limit, &in, items),
                  limit < 4096 && verb == POP3_CMD_UIDL ? 0 : good);
    }
}

static void
test_odd_rows(void)
{
    static const char *const sizes[] = {
        "0 1",         "00 1",  "1",     "1 ",   "1  1", "1\t1",
        "x 1",         "1x 1",  "1 x",   "1 1x", "1 1 ", "1 123456789",
        "123456789 1", "1 12/", "1 12:", ".",    "",     " 1 1",
        "-1 1",        "1 -1",  "1 1\r", "/ 1",  ": 1",
    };
    static const char *const uids[] = {
        "0 abc",  "1", "1 ", "1  abc", "1\tabc", "x abc",
        "1x abc", ".", "",   " 1 abc", "-1 abc", "123456789 abc",
    };
    char uid[LISTING_UID_MAX + 16];
    size_t i;

    for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        test_odd(POP3_CMD_LIST, sizes[i], 4096);
    for (i = 0; i < sizeof(uids) / sizeof(*uids); i++)
        test_odd(POP3_CMD_UIDL, uids[i], 4096);
    (void)sprintf(uid, "1 %0*d", LISTING_UID_MAX + 1, 1);
    test_odd(POP3_CMD_UIDL, uid, 4096);
    (void)sprintf(uid, "1 %0*d", 600, 1);
    test_odd(POP3_CMD_UIDL, uid, 512);
}

/* The longest that is taken, and octets that are no ASCII. */
static void
test_good_uids(void)
{
    char text[4096];
    size_t len;

    TEST_ROW("%s", world.scan->name);
    len =
        (size_t)sprintf(text, "1 %0*d\r\n2 \xc2\xa0\r\n", LISTING_UID_MAX, 1);
    len += make_rows(text + len, POP3_CMD_UIDL, 3, PLENTY);
    CHECK(take_at(world.first, POP3_CMD_UIDL, text, len) >= PLENTY);
}

int
main(void)
{
    static const size_t firsts[] = {1, 5, 95, 995, 99995, 999990, 9999990};

    world.first = guards_open(4, &world.guard);
    for (size_t i = 0; scan_built(i) != NULL; i++) {
        world.scan = scan_built(i);
        if (!world.scan->runs())
            continue;
        for (size_t j = 0; j < sizeof(firsts) / sizeof(*firsts); j++) {
            test_borders(POP3_CMD_LIST, firsts[j]);
            test_borders(POP3_CMD_UIDL, firsts[j]);
        }
        test_odd_rows();
        test_good_uids();
    }
    return test_summary();
}
