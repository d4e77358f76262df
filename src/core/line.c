/* SPDX-License-Identifier: MIT */
/*
 * line - BYTES → LINES.
 *
 * A line that arrives octet by octet must not cost a search from its start
 * for each of them, so the reader remembers how far it has looked; a hostile
 * server gains nothing by dripping. Limit: octets of a line with its end.
 */
#include "core/line.h"

#include "core/scan.h"

/* The LF that ends the line, looking from `from` on; NULL if there is none. */
static const char *
find_end(pop3_span in, size_t from, line_end end)
{
    const char *stop = in.ptr + in.len;
    const char *lf = scan_newline(in.ptr + from, stop);

    while (lf != NULL && end == LINE_END_CRLF &&
           (lf == in.ptr || lf[-1] != '\r'))
        lf = scan_newline(lf + 1, stop);
    return lf;
}

line_status
line_next(line_reader *reader, pop3_span in, line_end end, size_t limit,
          line_result *out)
{
    const char *lf;
    size_t len;

    if (in.len == 0)
        return LINE_MORE;
    lf = find_end(in, reader->searched, end);
    if (lf == NULL) {
        reader->searched = in.len;
        return in.len < limit ? LINE_MORE : LINE_TOO_LONG;
    }
    reader->searched = 0;
    len = (size_t)(lf - in.ptr);
    if (len >= limit)
        return LINE_TOO_LONG;
    out->octets = len + 1;
    out->crlf = len > 0 && lf[-1] == '\r';
    if (out->crlf && end != LINE_END_LF)
        len--;
    out->text = (pop3_span){in.ptr, len};
    return LINE_READY;
}
