/* SPDX-License-Identifier: MIT */
/*
 * body - what follows a +OK: rows of a listing, or a message.
 *
 * Rows are lines and are given one by one, the stuffed dot removed; a row that
 * makes no sense is given as MALFORMED and the listing goes on (quirk 12).
 * Rows that need no such words may also be taken many at a time. The rows of
 * CAPA are also kept, and take the place of the old capabilities when the list
 * is complete, never before. A message is given in spans, which cost no memory
 * whatever its size; one ends where a stuffed dot is left out, and of those
 * that are here many may be taken at a time, too. Bounds: rows by their number
 * and their octets (R32), as whoever lists keeps unique-ids, which may be
 * long; a message by limits.body_octets.
 */
#include <pop3/lines.h>

#include "core/core_impl.h"
#include "core/listing.h"
#include "core/receive.h"
#include "core/rows.h"
#include "core/trace.h"

/* Rows that a listing may have beyond the count that STAT told, and rows of
 * CAPA. Octets: a row of UIDL has 94 at most (RFC 1939 §7); what servers send
 * that have longer ids stays far below those that are free. */
enum {
    ROWS_MARGIN = 1000,
    CAPA_ROWS_MAX = 1000,
    ROW_OCTETS = 128,
    OCTETS_FREE = 16 << 20
};

void
body_begin(pop3_core *core, command_body body)
{
    core->body = dot_start(core->scan, core->crlf);
    core->body_octets = 0;
    line_index_reset(&core->row_ends);
    core->rows = 0;
    core->rows_octets = 0;
    core->done = POP3_OK;
    capa_clear(&core->capa_coming);
    core->phase = body == BODY_ROWS ? PHASE_ROWS : PHASE_BODY;
}

/* ---- rows ---- */

static uint64_t
rows_limit(const pop3_core *core)
{
    uint64_t limit = core->options.limits.list_items;
    uint64_t count = core->stat_count;

    if (count >= limit)
        return limit;
    count += count / 8 + ROWS_MARGIN;
    return count < limit ? count : limit;
}

/* Of all rows together. */
static uint64_t
octets_limit(const pop3_core *core, pop3_verb verb)
{
    uint64_t rows = rows_limit(core);

    if (verb == POP3_CMD_CAPA)
        return core->options.limits.capa_octets;
    if (rows > (UINT64_MAX - OCTETS_FREE) / ROW_OCTETS)
        return UINT64_MAX;
    return rows * ROW_OCTETS + OCTETS_FREE;
}

static bool
within_limits(pop3_core *core, pop3_verb verb, size_t octets)
{
    uint64_t rows = verb == POP3_CMD_CAPA ? CAPA_ROWS_MAX : rows_limit(core);

    core->rows++;
    core->rows_octets += octets;
    if (core->rows <= rows && core->rows_octets <= octets_limit(core, verb))
        return true;
    fail_session(core, POP3_ERR_LIMIT, "a listing is too long", NULL);
    return false;
}

static void
parse_row(pop3_core *core, pop3_event *event)
{
    bool good = true;

    if (event->verb == POP3_CMD_LIST)
        good = listing_list_row(event->line, &event->item);
    else if (event->verb == POP3_CMD_UIDL)
        good = listing_uidl_row(event->line, &event->item);
    else if (event->verb == POP3_CMD_CAPA &&
             !capa_add(&core->capa_coming, event->line))
        core->done = POP3_ERR_NOMEM;
    if (!good)
        event->result = POP3_ERR_MALFORMED;
}

static void
end_of_rows(pop3_core *core)
{
    const queue_entry *first = queue_at(&core->queue, 0);

    core->phase = PHASE_DONE;
    if (first->verb != POP3_CMD_CAPA)
        return;
    if (core->done == POP3_ERR_NOMEM) {
        fail_set(core, POP3_ERR_NOMEM, first, "memory is short", NULL);
        capa_clear(&core->capa_coming);
        return;
    }
    capa_clear(&core->capa);
    core->capa = core->capa_coming;
    core->capa_coming = (pop3_capa){0};
    core->capa_known = true;
    core->pipelining = pop3_capa_has(&core->capa, "PIPELINING");
}

bool
body_step_rows(pop3_core *core, pop3_event *event)
{
    line_end end = core->crlf ? LINE_END_CRLF : LINE_END_LF;
    line_result taken;
    bool made;

    if (!receive_line(core, event, end, &taken, &made))
        return made;
    trace_body(core, taken.text);
    if (taken.text.len > 0 && taken.text.ptr[0] == '.') {
        taken.text.ptr++;
        taken.text.len--;
        if (taken.text.len == 0) {
            end_of_rows(core);
            return false;
        }
    }
    receive_about(event, queue_at(&core->queue, 0));
    if (!within_limits(core, event->verb, taken.octets))
        return false;
    event->type = POP3_EVENT_ITEM;
    event->line = taken.text;
    event->text = taken.text;
    parse_row(core, event);
    return true;
}

/* ---- many rows ---- */

/* Whether a trace shows each line of a body. */
static bool
is_watched(const pop3_core *core)
{
    return core->options.trace.fn != NULL && core->options.trace.level >= 2;
}

/* Whether the first command lists items, and nobody watches each row. */
static bool
may_give_many(const pop3_core *core, const queue_entry *first)
{
    if (core->phase != PHASE_ROWS || core_is_over(core) || is_watched(core))
        return false;
    return first->verb == POP3_CMD_LIST || first->verb == POP3_CMD_UIDL;
}

static size_t
take_quick_items(pop3_core *core, pop3_verb verb, pop3_span *in,
                 pop3_item *items, size_t room)
{
    const rows_form form = {core->crlf, core->options.limits.reply_line};

    return verb == POP3_CMD_LIST ? rows_take_list(&core->row_ends, core->scan,
                                                  form, in, items, room)
                                 : rows_take_uidl(&core->row_ends, core->scan,
                                                  form, in, items, room);
}

/* Takes the next row off *in, if it stands here whole and makes sense. All
 * else is left to body_step_rows(): what begins with a dot, also the end, is
 * no number. */
static bool
take_item(pop3_core *core, pop3_verb verb, pop3_span *in, pop3_item *item)
{
    line_end end = core->crlf ? LINE_END_CRLF : LINE_END_LF;
    line_result line;

    if (line_peek(&core->row_ends, core->scan, *in, end,
                  core->options.limits.reply_line, &line) != LINE_READY ||
        !(verb == POP3_CMD_LIST ? listing_list_row(line.text, item)
                                : listing_uidl_row(line.text, item)))
        return false;
    line_take(&core->row_ends, &line);
    in->ptr += line.octets;
    in->len -= line.octets;
    return true;
}

static size_t
take_items(pop3_core *core, pop3_verb verb, pop3_span *in, pop3_item *items,
           size_t room)
{
    size_t taken = 0;

    do
        taken += take_quick_items(core, verb, in, &items[taken], room - taken);
    while (taken < room && take_item(core, verb, in, &items[taken]) &&
           ++taken < room);
    return taken;
}

/* How many more rows there may be. Of octets there may be a few too many here,
 * as the rows are still to come; body_step_rows() says so then. */
static size_t
rows_left(const pop3_core *core, pop3_verb verb, size_t room)
{
    uint64_t left = rows_limit(core) - core->rows;

    if (core->rows_octets >= octets_limit(core, verb))
        return 0;
    return room < left ? room : (size_t)left;
}

/* `taken` rows were, and `in` is what they left. */
static size_t
account(pop3_core *core, size_t taken, pop3_span in)
{
    size_t octets = bytes_len(&core->rx) - in.len;

    bytes_consume(&core->rx, octets);
    core->rows_octets += octets;
    core->rows += taken;
    return taken;
}

size_t
pop3_core_more_items(pop3_core *core, pop3_item *items, size_t room)
{
    const queue_entry *first = queue_at(&core->queue, 0);
    pop3_span in = receive_octets(core);
    size_t taken;

    if (!may_give_many(core, first))
        return 0;
    taken = take_items(core, first->verb, &in, items,
                       rows_left(core, first->verb, room));
    return account(core, taken, in);
}

size_t
pop3_core_more_rows(pop3_core *core, pop3_span *rows, size_t room)
{
    const rows_form form = {core->crlf, core->options.limits.reply_line};
    const queue_entry *first = queue_at(&core->queue, 0);
    pop3_span in = receive_octets(core);
    size_t taken;

    if (!may_give_many(core, first))
        return 0;
    taken = rows_take_lines(&core->row_ends, core->scan, form, &in, rows,
                            rows_left(core, first->verb, room));
    return account(core, taken, in);
}

/* ---- messages ---- */

/* Cuts the data to what limits.body_octets leaves; what is over it fails with
 * the next step, so that events do not depend on how octets arrive. */
static void
hold_to_limit(pop3_core *core, pop3_span *data)
{
    uint64_t limit = core->options.limits.body_octets;

    if (limit == 0 || data->len <= limit - core->body_octets)
        return;
    data->len = (size_t)(limit - core->body_octets);
    core->too_large = true;
}

/* False if nothing of it is left. */
static bool
keep_data(pop3_core *core, pop3_span *data)
{
    hold_to_limit(core, data);
    core->body_octets += data->len;
    return data->len > 0;
}

static bool
on_data(pop3_core *core, pop3_event *event, pop3_span data)
{
    if (!keep_data(core, &data))
        return false;
    trace_body(core, data);
    receive_about(event, queue_at(&core->queue, 0));
    event->type = POP3_EVENT_DATA;
    event->text = data;
    return true;
}

bool
body_step_data(pop3_core *core, pop3_event *event)
{
    pop3_span data;
    size_t taken;
    dot_status status;

    if (core->too_large) {
        fail_session(core, POP3_ERR_LIMIT, "a message is too large", NULL);
        return false;
    }
    status = dot_next(&core->body, receive_octets(core), &data, &taken);
    bytes_consume(&core->rx, taken);
    switch (status) {
    case DOT_DATA:
        return on_data(core, event, data);
    case DOT_END:
        trace_body(core, (pop3_span){".", 1});
        receive_done_is_due(core, POP3_OK);
        return false;
    case DOT_MORE:
        break;
    }
    return receive_need_input(core, event);
}

static size_t
take_parts(pop3_core *core, pop3_span *in, pop3_span *parts, size_t room)
{
    size_t count = 0;
    size_t taken;

    while (count < room && !core->too_large &&
           dot_next(&core->body, *in, &parts[count], &taken) == DOT_DATA) {
        in->ptr += taken;
        in->len -= taken;
        count += keep_data(core, &parts[count]) ? 1 : 0;
    }
    return count;
}

size_t
pop3_core_more_data(pop3_core *core, pop3_span *parts, size_t room)
{
    pop3_span in = receive_octets(core);
    size_t count;

    if (core->phase != PHASE_BODY || core_is_over(core) || is_watched(core))
        return 0;
    count = take_parts(core, &in, parts, room);
    bytes_consume(&core->rx, bytes_len(&core->rx) - in.len);
    return count;
}
