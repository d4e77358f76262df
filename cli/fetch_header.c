/* SPDX-License-Identifier: MIT */
/*
 * fetch_header - the header of a message that is too large, as a message.
 *
 * TOP n 0 sends the header and an empty line; some servers send more, or all
 * of it (server-quirks 23), or no empty line. What is delivered begins with a
 * field that says what it is, and ends with one empty line, whatever comes. A
 * header without end is cut, as the whole message was too large already.
 */
#include "cli/fetch_impl.h"
#include "cli/top.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

static mail_result
put(fetch *f, const char *text, size_t len, mail_error *error)
{
    if (len == 0)
        return MAIL_OK;
    return f->sink->ops->write(f->sink, (pop3_span){text, len}, error);
}

static mail_result
begin_header(fetch *f, mail_error *error)
{
    char field[200];
    int len;

    if (f->cut.begun)
        return MAIL_OK;
    f->cut.begun = true;
    len = snprintf(field, sizeof(field),
                   "X-Pop3-Oversize: %" PRIu64 " octets are more than "
                   "max-size, which is %" PRIu64 ";\r\n"
                   " this is the header alone\r\n",
                   f->batch[f->at].item->message->octets, f->s->opt->max_size);
    return put(f, field, (size_t)len, error);
}

/* Octets up to the end of the empty line, which is part of it. */
static size_t
take_header(header_cut *cut, pop3_span part)
{
    size_t i;

    for (i = 0; i < part.len && !cut->done; i++) {
        char c = part.ptr[i];

        if (c == '\n') {
            cut->done = !cut->in_line;
            cut->in_line = false;
        } else if (c != '\r') {
            cut->in_line = true;
        }
    }
    return i;
}

mail_result
fetch_header_data(fetch *f, pop3_span part, mail_error *error)
{
    mail_result result = begin_header(f, error);
    size_t room = TOP_HEADER_MAX - f->cut.octets;

    if (part.len > room)
        part.len = room;
    f->cut.octets += part.len;
    if (result == MAIL_OK && !f->cut.done)
        result = put(f, part.ptr, take_header(&f->cut, part), error);
    return result;
}

mail_result
fetch_header_end(fetch *f, mail_error *error)
{
    mail_result result = begin_header(f, error);

    if (result == MAIL_OK && f->cut.in_line)
        result = put(f, "\r\n", 2, error);
    if (result == MAIL_OK && !f->cut.done)
        result = put(f, "\r\n", 2, error);
    return result;
}
