/* SPDX-License-Identifier: MIT */
/*
 * line - BYTES → LINES.
 *
 * A line that arrives octet by octet must not cost a search from its start
 * for each of them, so the reader remembers how far it has looked; a hostile
 * server gains nothing by dripping. Limit: octets of a line with its end.
 *
 * Rows of a listing are short and many: a search a row would cost more than
 * the row. Their reader keeps the places of line ends that one pass found.
 */
#include "core/line.h"

static bool
is_crlf(pop3_span in, const char *lf)
{
    return lf > in.ptr && lf[-1] == '\r';
}

/* The LF that ends the line, looking from `from` on; NULL if there is none. */
static const char *
find_end(pop3_span in, size_t from, line_end end)
{
    const char *stop = in.ptr + in.len;
    const char *lf = scan_newline(in.ptr + from, stop);

    while (lf != NULL && end == LINE_END_CRLF && !is_crlf(in, lf))
        lf = scan_newline(lf + 1, stop);
    return lf;
}

/* The line that ends at `lf`; NULL: it does not end in `in`. */
static line_status
give(pop3_span in, const char *lf, line_end end, size_t limit,
     line_result *out)
{
    if (lf == NULL)
        return in.len < limit ? LINE_MORE : LINE_TOO_LONG;
    return line_give(in, lf, end, limit, out);
}

line_status
line_next(line_reader *reader, pop3_span in, line_end end, size_t limit,
          line_result *out)
{
    const char *lf;

    if (in.len == 0)
        return LINE_MORE;
    lf = find_end(in, reader->searched, end);
    reader->searched = lf == NULL ? in.len : 0;
    return give(in, lf, end, limit, out);
}

/* ---- many lines ---- */

void
line_index_reset(line_index *index)
{
    index->found.count = 0;
    index->found.looked = 0;
    index->next = 0;
    index->shift = 0;
}

/* Looks behind what was looked at. False: there is nothing. */
static bool
look_on(line_index *index, const scan *by, pop3_span in)
{
    size_t known = index->found.looked + index->shift;

    if (known >= in.len)
        return false;
    by->newlines(in.ptr + known, in.ptr + in.len, &index->found);
    index->next = 0;
    index->shift = known;
    return true;
}

/* The first LF that was found and not taken; NULL if that needs more octets.
 */
static const char *
first_found(line_index *index, const scan *by, pop3_span in)
{
    if (index->next == index->found.count && !look_on(index, by, in))
        return NULL;
    if (index->found.count == 0)
        return NULL;
    return in.ptr + (index->found.at[index->next] + index->shift);
}

line_status
line_search(line_index *index, const scan *by, pop3_span in, line_end end,
            size_t limit, line_result *out)
{
    const char *lf = first_found(index, by, in);

    while (lf != NULL && end == LINE_END_CRLF && !is_crlf(in, lf)) {
        index->next++;
        lf = first_found(index, by, in);
    }
    return give(in, lf, end, limit, out);
}
