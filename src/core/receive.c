/* SPDX-License-Identifier: MIT */
/*
 * receive - REPLIES → EVENTS: the state machine of a session.
 *
 * pop3_core_next() repeats step() until that has made an event. A step does
 * what the phase says with the octets at hand:
 *
 *   GREETING ─▶ STATUS ─┬─▶ ROWS ───┬─▶ DONE ─▶ STATUS
 *                       ├─▶ BODY ───┤
 *                       ├─▶ TLS ────┤
 *                       └─▶ CHALLENGED ─▶ STATUS
 *
 * Replies are matched with commands by their order alone, so whatever makes
 * their boundaries doubtful ends the session for good (law 4): an octet that
 * no command asked for (R21), a line that is no reply, a line over the limit,
 * octets behind the +OK of STLS (R1) or of QUIT. A refusal is an answer, and a
 * row or a number that makes no sense is the caller's to judge: both leave
 * the session as it is (law 3).
 *
 * Spans in events point into the receive buffer. They stay valid until the
 * next call because only pop3_core_input_buffer() moves octets there.
 */
#include "core/receive.h"

#include "base/base64.h"
#include "core/event.h"
#include "core/scan.h"
#include "core/send.h"
#include "core/state.h"
#include "core/trace.h"

pop3_span
receive_octets(const pop3_core *core)
{
    return (pop3_span){bytes_ptr(&core->rx), bytes_len(&core->rx)};
}

void
receive_unasked(pop3_core *core)
{
    pop3_span seen = receive_octets(core);
    const char *lf = scan_newline(seen.ptr, seen.ptr + seen.len);

    if (lf != NULL)
        seen.len = (size_t)(lf - seen.ptr);
    if (seen.len > 0 && seen.ptr[seen.len - 1] == '\r')
        seen.len--;
    fail_session(core, POP3_ERR_PROTOCOL,
                 core->phase == PHASE_TLS
                     ? "octets in clear came behind the answer to STLS"
                     : "octets came that no command asked for",
                 &seen);
}

/* ---- ends of sessions and commands ---- */

bool
receive_need_input(pop3_core *core, pop3_event *event)
{
    if (core->eof) {
        fail_session(core, POP3_ERR_CLOSED,
                     core->in_flight > 0
                         ? "the server closed the connection in the middle "
                           "of an answer"
                         : "the server closed the connection",
                     NULL);
        return false;
    }
    event->type = POP3_EVENT_NEED_INPUT;
    return true;
}

void
receive_about(pop3_event *event, const queue_entry *entry)
{
    event->id = entry->id;
    event->verb = entry->verb;
    event->number = entry->number;
}

static void
enter_next_state(pop3_core *core, pop3_verb verb, pop3_result result)
{
    if (verb == POP3_CMD_QUIT) {
        core->state = POP3_STATE_CLOSED;
        core->parting = result;
        return;
    }
    if (result != POP3_OK) {
        if (verb == POP3_CMD_STLS)
            core->doomed = core->queue.length;
        if (command_info_of(verb)->logs_in)
            send_plan(core);
        return;
    }
    core->state = state_after(core->state, verb);
    core->utf8 = core->utf8 || verb == POP3_CMD_UTF8;
    if (core->state == POP3_STATE_TRANSACTION)
        mask_clear(&core->mask);
}

/* The session goes on behind the end of a command. */
static void
go_on(pop3_core *core, pop3_verb verb, pop3_result result)
{
    if (core->state == POP3_STATE_BROKEN)
        return;
    if (result == POP3_ERR_INSECURE || result == POP3_ERR_NOT_SENT)
        send_plan(core);
    else
        enter_next_state(core, verb, result);
    send_release(core);
}

bool
receive_done(pop3_core *core, pop3_event *event, pop3_result result)
{
    queue_entry first = *queue_at(&core->queue, 0);

    if (core->in_flight == 0)
        send_explain_unsent(core, &first, result);
    receive_about(event, &first);
    event->type = POP3_EVENT_DONE;
    event->result = result;
    event->octets = core->body_octets;
    if (first.body == BODY_DATA && result == POP3_OK)
        window_learn(&core->window, core->body_octets);
    core->body_octets = 0;
    core->rounds = 0;
    core->give_up = POP3_OK;
    core->phase = PHASE_STATUS;
    send_forget_first(core);
    go_on(core, first.verb, result);
    return true;
}

/* Whether the server saw anything of the first command. */
static bool
was_sent(const pop3_core *core)
{
    return core->in_flight > 0 &&
           (core->sent > core->asked || core->rounds > 0);
}

/* The session broke: one DONE for each command, then CLOSED for ever. */
static bool
give_broken(pop3_core *core, pop3_event *event)
{
    const queue_entry *first = queue_at(&core->queue, 0);

    if (first == NULL) {
        event->type = POP3_EVENT_CLOSED;
        event->result = core->broken;
        return true;
    }
    receive_about(event, first);
    event->type = POP3_EVENT_DONE;
    event->octets = core->body_octets;
    event->result = was_sent(core) ? core->broken : POP3_ERR_NOT_SENT;
    core->body_octets = 0;
    send_forget_first(core);
    return true;
}

static bool
give_closed(pop3_core *core, pop3_event *event)
{
    event->type = POP3_EVENT_CLOSED;
    event->result = core->parting;
    return true;
}

void
receive_done_is_due(pop3_core *core, pop3_result result)
{
    core->phase = PHASE_DONE;
    core->done = result;
}

/* ---- lines ---- */

static size_t
line_limit(const pop3_core *core)
{
    const queue_entry *first = queue_at(&core->queue, 0);
    size_t limit = core->options.limits.reply_line;
    size_t challenge;

    if (core->phase != PHASE_STATUS || core->in_flight == 0 ||
        first->verb != POP3_CMD_AUTH)
        return limit;
    challenge = base64_encoded_len(core->options.limits.challenge) + 16;
    return challenge < limit ? limit : challenge;
}

static line_status
find_line(pop3_core *core, line_end end, line_result *taken)
{
    pop3_span in = receive_octets(core);
    size_t limit = line_limit(core);
    line_status status;

    if (core->phase != PHASE_ROWS)
        return line_next(&core->reader, in, end, limit, taken);
    status = line_peek(&core->row_ends, core->scan, in, end, limit, taken);
    if (status == LINE_READY)
        line_take(&core->row_ends, taken);
    return status;
}

bool
receive_line(pop3_core *core, pop3_event *event, line_end end,
             line_result *taken, bool *made)
{
    *made = false;
    switch (find_line(core, end, taken)) {
    case LINE_READY:
        bytes_consume(&core->rx, taken->octets);
        return true;
    case LINE_MORE:
        *made = receive_need_input(core, event);
        return false;
    case LINE_TOO_LONG:
        fail_session(core, POP3_ERR_LIMIT, "a line of the server is too long",
                     NULL);
        return false;
    }
    return false;
}

/* ---- the greeting (RFC 1939 §4) ---- */

static bool
keep_greeting(pop3_core *core, pop3_span text)
{
    if (bytes_append(&core->greeting, text.ptr, text.len))
        return true;
    fail_session(core, POP3_ERR_NOMEM, "no memory for the greeting", NULL);
    return false;
}

static bool
step_greeting(pop3_core *core, pop3_event *event)
{
    line_result taken;
    reply r;
    bool made;

    if (!receive_line(core, event, LINE_END_EITHER, &taken, &made))
        return made;
    trace_reply(core, taken.text);
    r = reply_parse(taken.text);
    if (r.kind == REPLY_INVALID) {
        fail_session(core, POP3_ERR_PROTOCOL,
                     "the greeting is not that of a POP3 server", &taken.text);
        return false;
    }
    if (!keep_greeting(core, taken.text))
        return false;
    event->type = POP3_EVENT_GREETING;
    event->line = taken.text;
    event->text = r.text;
    event->resp = r.code;
    if (r.kind == REPLY_ERR) {
        event->result = POP3_ERR_REFUSED;
        fail_session(core, POP3_ERR_REFUSED, "", &taken.text);
        fail_set_code(core, &r);
        return true;
    }
    core->state = POP3_STATE_AUTHORIZATION;
    core->phase = PHASE_STATUS;
    send_release(core);
    return true;
}

/* ---- status lines ---- */

static bool
step_status(pop3_core *core, pop3_event *event)
{
    line_result taken;
    bool made;

    if (!send_reply_is_due(core)) {
        if (bytes_len(&core->rx) == 0)
            return receive_need_input(core, event);
        receive_unasked(core);
        return false;
    }
    if (bytes_len(&core->rx) == 0 && window_widen(core))
        send_release(core);
    if (!receive_line(core, event, LINE_END_EITHER, &taken, &made))
        return made;
    core->crlf = taken.crlf;
    trace_reply(core, taken.text);
    return answer_take(core, event, taken.text);
}

/* ---- waiting for the caller ---- */

/* The server has to be silent until the caller did his part. */
static bool
step_silence(pop3_core *core, pop3_event *event)
{
    if (bytes_len(&core->rx) == 0)
        return receive_need_input(core, event);
    receive_unasked(core);
    return false;
}

pop3_result
pop3_core_tls_done(pop3_core *core)
{
    if (core_is_over(core) || core->phase != PHASE_TLS)
        return fail_call(core, POP3_ERR_USAGE, POP3_CMD_STLS, 0,
                         "no handshake is due");
    if (bytes_len(&core->rx) > 0) {
        receive_unasked(core);
        return POP3_ERR_PROTOCOL;
    }
    bytes_clear(&core->greeting);
    capa_clear(&core->capa);
    core->capa_known = false;
    core->pipelining = false;
    core->tls = true;
    receive_done_is_due(core, POP3_OK);
    return POP3_OK;
}

/* ---- the machine ---- */

/* Makes an event, or changes the state towards one and returns false. */
static bool
step(pop3_core *core, pop3_event *event)
{
    if (core->phase == PHASE_DONE)
        return receive_done(core, event, core->done);
    if (core->state == POP3_STATE_BROKEN)
        return give_broken(core, event);
    if (core->state == POP3_STATE_CLOSED)
        return give_closed(core, event);
    switch (core->phase) {
    case PHASE_GREETING:
        return step_greeting(core, event);
    case PHASE_STATUS:
        return step_status(core, event);
    case PHASE_ROWS:
        return body_step_rows(core, event);
    case PHASE_BODY:
        return body_step_data(core, event);
    case PHASE_CHALLENGED:
    case PHASE_TLS:
    case PHASE_DONE:
        break;
    }
    return step_silence(core, event);
}

pop3_event_type
pop3_core_next(pop3_core *core, pop3_event *event)
{
    do
        event_clear(event);
    while (!step(core, event));
    return event->type;
}
