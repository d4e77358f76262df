/* SPDX-License-Identifier: MIT */
/*
 * whole - a message that has come whole, taken in one step.
 *
 * Of many small messages the events cost more than their octets. Here the
 * plainest form of an answer is looked for: "+OK" and text without a response
 * code, CR LF, lines of which none begins with a dot, and the end. Whatever
 * looks different in any way is left to answer.c and body.c, which alone say
 * what it is; nothing has changed by then.
 */
#include "core/whole.h"

#include <string.h>

#include "core/event.h"
#include "core/receive.h"
#include "core/send.h"

/* Whether a message is due, of which nothing was taken, and nobody watches
 * each line. A message that is expected to be longer than what is here would
 * be searched in vain. */
static bool
is_due(const pop3_core *core, const queue_entry *first, size_t len)
{
    return first != NULL && first->body == BODY_DATA &&
           core->phase == PHASE_STATUS && !core_is_over(core) &&
           core->options.trace.fn == NULL && first->expected <= len &&
           send_reply_is_due(core);
}

/* Sets the line and its text; NULL: it is not plain. */
static const char *
take_status(pop3_span in, size_t limit, whole_message *message)
{
    static const char begin[] = {'+', 'O', 'K'};
    const char *lf = scan_newline(in.ptr, in.ptr + in.len);
    size_t len = lf == NULL ? 0 : (size_t)(lf - in.ptr);
    size_t skip = sizeof(begin);

    if (len <= sizeof(begin) || len >= limit || lf[-1] != '\r' ||
        memcmp(in.ptr, begin, sizeof(begin)) != 0)
        return NULL;
    message->line = (pop3_span){in.ptr, --len};
    if (len > skip) {
        char next = len > skip + 1 ? in.ptr[skip + 1] : 'x';

        if (in.ptr[skip] != ' ' || next == ' ' || next == '\t' || next == '[')
            return NULL;
        skip++;
    }
    message->text = (pop3_span){in.ptr + skip, len - skip};
    return lf;
}

/* Sets the data, which begins behind `lf`; NULL: its end is not here, or a
 * dot stands at the start of a line before. Else behind the end. */
static const char *
take_data(const scan *by, const char *lf, const char *end,
          whole_message *message)
{
    const char *dot_line = by->newline_dot(lf, end);

    if (dot_line == NULL || dot_line[-1] != '\r' || end - dot_line < 4 ||
        dot_line[2] != '\r' || dot_line[3] != '\n')
        return NULL;
    message->data = (pop3_span){lf + 1, (size_t)(dot_line - lf)};
    return dot_line + 4;
}

static bool
is_too_large(const pop3_core *core, size_t octets)
{
    uint64_t limit = core->options.limits.body_octets;

    return limit != 0 && octets > limit;
}

bool
whole_take(pop3_core *core, whole_message *message)
{
    pop3_span in = receive_octets(core);
    const char *end = in.ptr + in.len;
    const char *at;

    if (!is_due(core, queue_at(&core->queue, 0), in.len))
        return false;
    at = take_status(in, core->options.limits.reply_line, message);
    if (at != NULL)
        at = take_data(core->scan, at, end, message);
    if (at == NULL || is_too_large(core, message->data.len))
        return false;
    core->reader = (line_reader){0};
    core->body_octets = message->data.len;
    bytes_consume(&core->rx, (size_t)(at - in.ptr));
    event_clear(&message->done);
    return receive_done(core, &message->done, POP3_OK);
}
