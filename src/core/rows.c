/* SPDX-License-Identifier: MIT */
/*
 * rows - many rows of LIST and UIDL at once.
 *
 * A mailbox may have a million rows, and nearly all servers send them in one
 * form: digits, a space, digits or a unique-id, the line end. Such rows are
 * read here in one pass, by words of eight octets. What looks in any way
 * different, in spaces, length or digits, is left to listing.c, which alone
 * says what a row may be: what is taken here, that takes too, and alike.
 *
 * A row of LIST holds no octet that could be another line's end, so its own is
 * where its digits end. The ends of rows of UIDL are found many in one pass.
 */
#include "core/rows.h"

#include "core/digits.h"
#include "core/listing.h"

enum {
    LIST_ROW_MAX = 2 * WORD + 3 /* as read here: one space, CR LF */
};

/* Up to eight digits: *at moves behind them. There have to be nine octets. */
INLINE bool
take_digits(const char **at, uint64_t *number)
{
    uint64_t digits;
    unsigned bits = digit_bits(word_at(*at, *at + WORD), &digits);

    *number = number_of(digits);
    *at += bits / 8;
    return bits != 0;
}

/* ---- the number of a message, and one space ---- */

/* What the next row begins with, if its number is one more than the one
 * before it and differs in the last digit alone. */
typedef struct expected {
    uint64_t number; /* of the row before */
    uint64_t text;   /* digits and the space, the first octet the lowest */
    uint64_t mask;   /* of those octets */
    uint64_t one;    /* what makes the last digit one more */
    size_t octets;   /* of text */
    unsigned left;   /* numbers until another digit changes, too */
} expected;

/* The row before began with `octets` octets of `text`, the space included. */
INLINE void
expect_next(expected *next, uint64_t number, uint64_t text, size_t octets)
{
    if (octets < 2 || octets > WORD) {
        next->left = 0;
        return;
    }
    next->number = number;
    next->octets = octets;
    next->mask = UINT64_MAX >> 8 * (WORD - octets);
    next->one = (uint64_t)1 << 8 * (octets - 2);
    next->text = (text & next->mask) + next->one;
    next->left = 9 - (unsigned)(number % 10);
}

/* By its digits. */
INLINE bool
read_message(const char **at, expected *next, uint64_t *number)
{
    const char *from = *at;

    if (!take_digits(at, number) || *number == 0 || **at != ' ')
        return false;
    ++*at;
    expect_next(next, *number, word_at(from, from + WORD),
                (size_t)(*at - from));
    return true;
}

/* Nearly all rows are in order. Their numbers are compared, not read: that is
 * less work, and the place of what follows does not depend on its outcome. */
INLINE bool
take_message(const char **at, expected *next, uint64_t *number)
{
    uint64_t word = word_at(*at, *at + WORD);

    if (next->left == 0 || ((word ^ next->text) & next->mask) != 0)
        return read_message(at, next, number);
    *at += next->octets;
    *number = ++next->number;
    next->text += next->one;
    next->left--;
    return true;
}

INLINE bool
take_line_end(const char **at, bool crlf)
{
    if (crlf && *(*at)++ != '\r')
        return false;
    return *(*at)++ == '\n';
}

/* ---- LIST ---- */

INLINE bool
take_list_row(const char **at, bool crlf, expected *next, pop3_item *item)
{
    const char *p = *at;
    uint64_t number;
    uint64_t octets;

    if (!take_message(&p, next, &number) || !take_digits(&p, &octets) ||
        !take_line_end(&p, crlf))
        return false;
    *at = p;
    *item = (pop3_item){.number = number, .octets = octets};
    return true;
}

/* `lines` were taken, which have one LF each, as far as those are known. */
static void
skip_ends(line_index *ends, size_t lines, size_t octets)
{
    if (lines > ends->found.count - ends->next) {
        line_index_reset(ends);
        return;
    }
    ends->next += lines;
    ends->shift -= octets;
}

size_t
rows_take_list(line_index *ends, rows_form form, pop3_span *in,
               pop3_item *items, size_t room)
{
    const char *at = in->ptr;
    const char *end = at + in->len;
    const bool crlf = form.crlf;
    expected next = {0};
    size_t taken = 0;
    size_t octets;

    while (taken < room && end - at >= LIST_ROW_MAX &&
           take_list_row(&at, crlf, &next, &items[taken]))
        taken++;
    octets = (size_t)(at - in->ptr);
    skip_ends(ends, taken, octets);
    in->ptr = at;
    in->len -= octets;
    return taken;
}

/* ---- UIDL ---- */

/* A unique-id from `at` to the line end at `lf`. */
INLINE bool
take_uid(const char *at, const char *lf, bool crlf, pop3_span *uid)
{
    size_t len = (size_t)(lf - at);

    if (crlf) {
        len--;
        if (lf[-1] != '\r')
            return false;
    }
    *uid = (pop3_span){at, len};
    return len <= LISTING_UID_MAX;
}

/* The row that ends at `lf`, which has eight octets before it. */
INLINE bool
take_uidl_row(const char *at, const char *lf, bool crlf, expected *next,
              pop3_item *item)
{
    uint64_t number;
    pop3_span uid;

    if (!take_message(&at, next, &number) || at >= lf ||
        (unsigned char)*at <= ' ' || !take_uid(at, lf, crlf, &uid))
        return false;
    *item = (pop3_item){.number = number, .uid = uid};
    return true;
}

/* Rows whose ends are known. What changes with each is kept in variables,
 * which a compiler can keep in registers. */
INLINE size_t
take_known_uidl(line_index *ends, rows_form form, pop3_span *in,
                pop3_item *restrict items, size_t room)
{
    const char *at = in->ptr;
    expected next = {0};
    size_t end = ends->next;
    size_t shift = ends->shift;
    size_t taken = 0;

    while (taken < room && end < ends->found.count) {
        size_t len = ends->found.at[end] + shift;

        if (len < WORD || len >= form.limit ||
            !take_uidl_row(at, at + len, form.crlf, &next, &items[taken]))
            break;
        at += len + 1;
        shift -= len + 1;
        end++;
        taken++;
    }
    ends->next = end;
    ends->shift = shift;
    in->len -= (size_t)(at - in->ptr);
    in->ptr = at;
    return taken;
}

/* ---- all rows whose line end is looked for ---- */

INLINE bool
next_line(line_index *ends, const scan *by, rows_form form, pop3_span in,
          line_result *line)
{
    return line_peek(ends, by, in, form.crlf ? LINE_END_CRLF : LINE_END_LF,
                     form.limit, line) == LINE_READY;
}

INLINE void
move_on(line_index *ends, const line_result *line, pop3_span *in)
{
    line_take(ends, line);
    in->ptr += line->octets;
    in->len -= line->octets;
}

size_t
rows_take_uidl(line_index *ends, const scan *by, rows_form form, pop3_span *in,
               pop3_item *items, size_t room)
{
    size_t taken = 0;
    line_result line;

    do
        taken += take_known_uidl(ends, form, in, &items[taken], room - taken);
    while (taken < room && ends->next == ends->found.count &&
           next_line(ends, by, form, *in, &line));
    return taken;
}

size_t
rows_take_lines(line_index *ends, const scan *by, rows_form form,
                pop3_span *in, pop3_span *rows, size_t room)
{
    size_t taken = 0;
    line_result line;

    while (taken < room && next_line(ends, by, form, *in, &line) &&
           in->ptr[0] != '.') {
        rows[taken++] = line.text;
        move_on(ends, &line, in);
    }
    return taken;
}
