/* SPDX-License-Identifier: MIT */
/*
 * rows - many rows of LIST and UIDL at once.
 *
 * A mailbox may have a million rows, and nearly all servers send them in one
 * form: digits, a space, digits or a unique-id, the line end. Such rows are
 * read here in one pass, by whatever the processor has. What looks in any way
 * different, in spaces, length or digits, is left to listing.c, which alone
 * says what a row may be: what is taken here, that takes too, and alike.
 *
 * The ends of rows are found many in one pass, before they are read.
 */
#include "core/rows.h"

#include "core/listing.h"
#include "core/rows_stretch.h"

/* ---- rows whose ends are known ---- */

typedef void take_some(rows_stretch *s);

/* How many rows there are whose ends are known and have ROW_READ octets behind
 * them, at most `room`. */
static size_t
count_known(const line_index *ends, pop3_span in, size_t room)
{
    const uint32_t *end = &ends->found.at[ends->next];
    size_t count = ends->found.count - ends->next;

    if (count > room)
        count = room;
    while (count > 0 && end[count - 1] + ends->shift + ROW_READ >= in.len)
        count--;
    return count;
}

static size_t
take_known(line_index *ends, take_some *take, pop3_span *in, pop3_item *items,
           size_t room)
{
    rows_stretch s = {
        .from = in->ptr,
        .end = &ends->found.at[ends->next],
        .shift = ends->shift,
        .left = count_known(ends, *in, room),
        .item = items,
    };
    size_t taken;

    take(&s);
    taken = (size_t)(s.item - items);
    ends->next += taken;
    ends->shift -= s.at;
    in->len -= s.at;
    in->ptr += s.at;
    return taken;
}

/* ---- all rows whose line end is looked for ---- */

static inline bool
next_line(line_index *ends, const scan *by, rows_form form, pop3_span in,
          line_result *line)
{
    return line_peek(ends, by, in, form.crlf ? LINE_END_CRLF : LINE_END_LF,
                     form.limit, line) == LINE_READY;
}

static inline void
move_on(line_index *ends, const line_result *line, pop3_span *in)
{
    line_take(ends, line);
    in->ptr += line->octets;
    in->len -= line->octets;
}

/* Whether rows end as nearly all servers let them, and may have any length
 * that is looked at here. */
static bool
is_usual(rows_form form)
{
    return form.crlf && form.limit >= LISTING_UID_MAX + ROW_READ;
}

static size_t
take_rows(line_index *ends, const scan *by, rows_form form, take_some *take,
          pop3_span *in, pop3_item *items, size_t room)
{
    size_t taken = 0;
    line_result line;

    if (!is_usual(form))
        return 0;
    do
        taken += take_known(ends, take, in, &items[taken], room - taken);
    while (taken < room && ends->next == ends->found.count &&
           next_line(ends, by, form, *in, &line));
    return taken;
}

size_t
rows_take_list(line_index *ends, const scan *by, rows_form form, pop3_span *in,
               pop3_item *items, size_t room)
{
    return take_rows(ends, by, form, by->take_sizes, in, items, room);
}

size_t
rows_take_uidl(line_index *ends, const scan *by, rows_form form, pop3_span *in,
               pop3_item *items, size_t room)
{
    return take_rows(ends, by, form, by->take_uids, in, items, room);
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
