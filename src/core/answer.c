/* SPDX-License-Identifier: MIT */
/*
 * answer - REPLIES → EVENTS: what a status line means for its command.
 *
 * A refusal ends the command and nothing else. A +OK ends it too, unless a
 * body follows, TLS is to be started (RFC 2595 §4), or the command is AUTH,
 * whose "+ " lines are challenges (RFC 5034 §4). A challenge is decoded where
 * it stands in the receive buffer; one that is not strict base64 is answered
 * by "*" at once (R14).
 */
#include "base/base64.h"
#include "core/listing.h"
#include "core/receive.h"
#include "core/send.h"

/* ---- refusals ---- */

static pop3_result
refusal(const pop3_core *core, const queue_entry *entry)
{
    if (core->give_up != POP3_OK)
        return core->give_up;
    return command_info_of(entry->verb)->credential ? POP3_ERR_AUTH
                                                    : POP3_ERR_REFUSED;
}

static bool
on_refused(pop3_core *core, pop3_event *event, const reply *r, pop3_span line)
{
    const queue_entry *first = queue_at(&core->queue, 0);
    pop3_result result = refusal(core, first);
    bool cut = first->verb == POP3_CMD_AUTH && core->sent < core->released;
    const char *what =
        result == POP3_ERR_MALFORMED ? "the challenge was not base64" : "";

    fail_set(core, result, first, what, &line);
    fail_set_code(core, r);
    event->line = line;
    event->text = r->text;
    event->resp = r->code;
    if (!receive_done(core, event, result))
        return false;
    if (cut) /* the rest would be taken for a command, with the secret */
        fail_session(core, POP3_ERR_PROTOCOL,
                     "an answer was refused before all of it was sent", &line);
    return true;
}

/* ---- success ---- */

static void
malformed(pop3_core *core, pop3_span line)
{
    fail_set(core, POP3_ERR_MALFORMED, queue_at(&core->queue, 0),
             "the answer makes no sense", &line);
    core->done = POP3_ERR_MALFORMED;
}

/* Answers that stand in the status line itself. */
static void
parse_answer(pop3_core *core, pop3_event *event)
{
    bool good = true;

    if (event->verb == POP3_CMD_STAT) {
        good = listing_stat(event->text, &event->stat);
        if (good)
            core->stat_count = event->stat.count;
    } else if (event->verb == POP3_CMD_LIST) {
        good = listing_list_row(event->text, &event->item);
    } else if (event->verb == POP3_CMD_UIDL) {
        good = listing_uidl_row(event->text, &event->item);
    }
    if (good && event->item.number != 0)
        good = event->item.number == event->number;
    if (good)
        return;
    event->item = (pop3_item){0};
    malformed(core, event->line);
}

/* Behind the +OK to STLS and to QUIT nothing may follow (R1, R21). */
static bool
is_last_octet(pop3_core *core)
{
    if (bytes_len(&core->rx) == 0)
        return true;
    receive_unasked(core);
    return false;
}

static bool
on_ok(pop3_core *core, pop3_event *event, const reply *r, pop3_span line)
{
    const queue_entry *first = queue_at(&core->queue, 0);

    receive_about(event, first);
    event->line = line;
    event->text = r->text;
    event->resp = r->code;
    event->type = POP3_EVENT_REPLY;
    if ((event->verb == POP3_CMD_STLS || event->verb == POP3_CMD_QUIT) &&
        !is_last_octet(core))
        return false;
    if (event->verb == POP3_CMD_STLS) {
        event->type = POP3_EVENT_START_TLS;
        core->phase = PHASE_TLS;
        return true;
    }
    if (first->body != BODY_NONE) {
        body_begin(core, first->body);
        return true;
    }
    receive_done_is_due(core, POP3_OK);
    parse_answer(core, event);
    return true;
}

/* ---- AUTH (RFC 5034 §4) ---- */

/* Decodes where the text stands. */
static bool
decode_challenge(pop3_core *core, pop3_span *text)
{
    char *place = core->rx.data + (text->ptr - core->rx.data);

    return base64_decode(text->ptr, text->len, place, &text->len);
}

static void
give_up(pop3_core *core)
{
    pop3_result result = send_give_up(core, POP3_ERR_MALFORMED);

    if (result == POP3_ERR_NOMEM)
        fail_session(core, result, "no memory to give up in", NULL);
    else if (result != POP3_OK)
        fail_session(core, POP3_ERR_PROTOCOL, "the challenge was not base64",
                     NULL);
}

static bool
on_challenge(pop3_core *core, pop3_event *event, const reply *r)
{
    const queue_entry *first = queue_at(&core->queue, 0);
    pop3_span text = r->rest;

    if (++core->rounds > core->options.limits.challenges) {
        fail_session(core, POP3_ERR_LIMIT, "too many challenges", NULL);
        return false;
    }
    if (!decode_challenge(core, &text)) {
        if (r->kind == REPLY_CONTINUE) {
            give_up(core);
            return false;
        }
        text.len = 0;
    }
    if (text.len > core->options.limits.challenge) {
        fail_session(core, POP3_ERR_LIMIT, "a challenge is too long", NULL);
        return false;
    }
    receive_about(event, first);
    event->type = POP3_EVENT_CHALLENGE;
    event->text = text;
    core->phase = PHASE_CHALLENGED;
    return true;
}

/* A mechanism needs at least one answer of the client, so a +OK before that
 * can only be a challenge that was sent wrongly (quirk 5). */
static bool
is_challenge(const pop3_core *core, const reply *r)
{
    const queue_entry *first = queue_at(&core->queue, 0);

    return r->kind == REPLY_CONTINUE || (core->rounds == 0 && !first->initial);
}

static bool
on_auth_positive(pop3_core *core, pop3_event *event, const reply *r,
                 pop3_span line)
{
    if (core->give_up != POP3_OK) {
        fail_session(core, POP3_ERR_PROTOCOL,
                     "the server went on after the exchange was given up",
                     &line);
        return false;
    }
    if (is_challenge(core, r))
        return on_challenge(core, event, r);
    return on_ok(core, event, r, line);
}

/* ---- all of them ---- */

bool
answer_take(pop3_core *core, pop3_event *event, pop3_span line)
{
    const queue_entry *first = queue_at(&core->queue, 0);
    reply r = reply_parse(line);

    switch (r.kind) {
    case REPLY_OK:
    case REPLY_CONTINUE:
        if (first->verb == POP3_CMD_AUTH)
            return on_auth_positive(core, event, &r, line);
        return on_ok(core, event, &r, line);
    case REPLY_ERR:
        return on_refused(core, event, &r, line);
    case REPLY_INVALID:
        break;
    }
    fail_session(core, POP3_ERR_PROTOCOL, "the answer is neither +OK nor -ERR",
                 &line);
    return false;
}
