/* SPDX-License-Identifier: MIT */
/*
 * fetch_batch - steps 6 to 11 for a group of messages.
 *
 *   6      intents                        in the transaction before this
 *   7      RETR, pipelined                into files nobody sees yet
 *   8-10   publish                        see sink.h
 *   11     commit done, forget failures,  one transaction
 *          and the intents of the next group
 *
 * Whatever ends step 7 early without pipelining (a cut, ^C, a full disk), what
 * is complete by then goes through steps 8 to 11 like the rest: it need not be
 * fetched again. A message that is complete but could not be published keeps
 * its intent, as the next session can find out whether it is visible.
 *
 * Replies to pipelined commands are told apart by their order alone: one that
 * nobody asked for would make each later one count for the wrong message. So
 * two STATs follow such a batch, in the same turn. If something is left over
 * they meet it: the first may take a line of it for its answer, but the second
 * cannot get the same. And no message begins as a status line does. Otherwise,
 * also when the session ends before they are answered, nothing of the batch is
 * believed. Unless it was ^C, the session begins anew without pipelining; the
 * account is fetched so for a week if answers did not fit, and for a day after
 * a cut (R21, server-quirks 27).
 */
#include "cli/fetch_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/report.h"

#include "base/banned.h"

static seen_message
remembered_as(const fetch *f, const batch_message *message)
{
    const plan_item *item = message->item;

    return (seen_message){.uid = fetch_uid(f, item),
                          .occurrence = item->occurrence,
                          .octets = item->message->octets,
                          .copies = f->plan.groups[item->group].copies,
                          .key = message->key};
}

static bool
is_header(const batch_message *message)
{
    return message->item->action == PLAN_HEADER;
}

/* Those of whole messages, or of headers: what is found after a crash counts
 * as what it is. `messages` has room for all. */
static mail_result
intend_kind(fetch *f, batch_state state, bool headers, seen_message *messages,
            mail_error *error)
{
    mail_result result;
    size_t count = 0;
    char *sink;
    size_t i;

    for (i = 0; i < f->batch_count; i++) {
        if (f->batch[i].item->tracked && f->batch[i].state == state &&
            is_header(&f->batch[i]) == headers)
            messages[count++] = remembered_as(f, &f->batch[i]);
    }
    if (count == 0)
        return MAIL_OK;
    if (asprintf(&sink, "%s%s", headers ? FETCH_HEADER_SINK : "",
                 f->sink->name) == -1)
        return mail_fail_nomem(error);
    result = seen_intend(f->memory, messages, count, sink, error);
    free(sink);
    return result;
}

/* Intents of the messages of the batch that are in this state. */
static mail_result
intend(fetch *f, batch_state state, mail_error *error)
{
    seen_message *messages = calloc(f->batch_count + 1, sizeof(*messages));
    mail_result result;

    if (messages == NULL)
        return mail_fail_nomem(error);
    result = intend_kind(f, state, false, messages, error);
    if (result == MAIL_OK)
        result = intend_kind(f, state, true, messages, error);
    free(messages);
    return result;
}

/* One without unique-id cannot be known again; and a header alone is not the
 * message that may follow it. */
static void
make_stable(const fetch *f, batch_message *message)
{
    pop3_span uid = fetch_uid(f, message->item);

    if (message->item->tracked && !is_header(message))
        mail_key_stable(&message->key, f->s->mailbox, uid.ptr, uid.len,
                        message->item->occurrence);
}

mail_result
fetch_intend(fetch *f, mail_error *error)
{
    unsigned char octets[MAIL_KEY_RANDOM];
    size_t i;

    if (getrandom(octets, sizeof(octets), 0) != (ssize_t)sizeof(octets))
        return mail_fail_sys(error, errno, "no random numbers can be had");
    for (i = 0; i < f->batch_count; i++) {
        batch_message *message = &f->batch[i];

        mail_key_make(&message->key, octets, (uint32_t)i);
        if (f->sink->stable_keys)
            make_stable(f, message);
    }
    return intend(f, BATCH_OPEN, error);
}

/* The first failure of the sink is the one to tell. */
static bool
sink_good(fetch *f, mail_result result, const mail_error *error)
{
    if (result == MAIL_OK)
        return true;
    f->sink_failed = true;
    f->sink_error = *error;
    return false;
}

static bool
begin_message(fetch *f)
{
    mail_error error;
    mail_result result;

    if (f->begun)
        return true;
    result = f->sink->ops->begin(f->sink, &f->batch[f->at].key, &error);
    f->begun = sink_good(f, result, &error);
    f->cut = (header_cut){.begun = false};
    return f->begun;
}

static bool
is_pipelined(const fetch *f)
{
    return f->batch_count > 1 &&
           session_broke_pipeline(f->s, POP3_ERR_PROTOCOL);
}

static pop3_result
on_data(void *ctx, uint64_t number, pop3_span part)
{
    fetch *f = ctx;
    batch_message *message = &f->batch[f->at];
    mail_error error;

    (void)number;
    if (message->octets == 0)
        f->head = (session_head){.len = 0};
    if (is_pipelined(f) && session_begins_as_reply(&f->head, part)) {
        f->out_of_step = true;
        return POP3_ERR_CANCELED;
    }
    if (f->sink_failed || interrupt_noted() || !begin_message(f))
        return POP3_ERR_CANCELED;
    message->octets += part.len;
    progress_octets(part.len);
    if (is_header(message))
        return sink_good(f, fetch_header_data(f, part, &error), &error)
                   ? POP3_OK
                   : POP3_ERR_CANCELED;
    if (message->octets > f->s->opt->max_size)
        return POP3_ERR_VETO; /* of this message; the session goes on */
    if (!sink_good(f, f->sink->ops->write(f->sink, part, &error), &error))
        return POP3_ERR_CANCELED;
    return POP3_OK;
}

static bool
finish_message(fetch *f)
{
    mail_error error;

    /* A message without any data is delivered too. */
    if (f->sink_failed || !begin_message(f))
        return false;
    if (is_header(&f->batch[f->at]) &&
        !sink_good(f, fetch_header_end(f, &error), &error))
        return false;
    f->begun = false;
    return sink_good(f, f->sink->ops->finish(f->sink, &error), &error);
}

/* A failure of this message alone. What ended the session is told later, and
 * so is what the sink failed at, with a message that came well. */
static void
tell_failure(fetch *f, const batch_message *message, pop3_result result,
             const pop3_error *error)
{
    uint64_t number = message->item->message->number;

    if (message->octets > f->s->opt->max_size && !is_header(message)) {
        f->totals->too_large++;
        report("%s: RETR %" PRIu64 ": larger than --max-size, though the "
               "server listed it as smaller; it stays on the server",
               printable(f->s->where.host), number);
        return;
    }
    f->totals->failed++;
    if (result == POP3_OK || result == POP3_ERR_NOT_SENT ||
        pop3_is_fatal(result))
        return;
    session_warn(f->s, "RETR %" PRIu64 ": %s; it stays on the server", number,
                 error->text);
}

/* Some servers say -ERR, and close. */
static plan_item *
blame(const fetch *f)
{
    bool behind_failure =
        f->at > 0 && f->batch[f->at - 1].state == BATCH_FAILED;

    return f->batch[behind_failure ? f->at - 1 : f->at].item;
}

static void
on_done(void *ctx, uint64_t number, pop3_result result,
        const pop3_error *error)
{
    fetch *f = ctx;
    batch_message *message = &f->batch[f->at];

    (void)number;
    fetch_heard(f, result);
    if (result == POP3_OK && finish_message(f)) {
        message->state = BATCH_COMPLETE;
        progress_message();
    } else {
        if (f->begun)
            f->sink->ops->drop(f->sink);
        f->begun = false;
        if (f->broke_at == NULL &&
            (pop3_is_fatal(result) || result == POP3_ERR_NOT_SENT))
            f->broke_at = blame(f);
        message->state = BATCH_FAILED;
        tell_failure(f, message, result, error);
    }
    f->at++;
}

static pop3_result
take_message(void *ctx, const pop3_event *event)
{
    fetch *f = ctx;

    if (event->type == POP3_EVENT_REPLY)
        f->answered = true;
    if (event->type == POP3_EVENT_DATA)
        return on_data(f, event->number, event->text);
    if (event->type == POP3_EVENT_DONE)
        on_done(f, event->number, event->result,
                event->result == POP3_OK ? NULL
                                         : pop3_client_error(f->s->client));
    return POP3_OK;
}

static pop3_result
take_proof(void *ctx, const pop3_event *event)
{
    if (event->type == POP3_EVENT_REPLY)
        *(pop3_stat *)ctx = event->stat;
    return POP3_OK;
}

static pop3_result
run_calls(fetch *f, pop3_call *calls, size_t count)
{
    uint64_t failed = f->totals->failed;
    pop3_result result;

    f->at = 0;
    f->begun = false;
    f->out_of_step = false;
    f->broke_at = NULL;
    interrupt_cancels(f->s->client);
    fetch_asks(f);
    result = pop3_client_run(f->s->client, calls, count);
    interrupt_shield();
    fetch_note_end(f, result);
    if (f->logged_out)
        f->totals->failed = failed; /* they come in the next session */
    return result;
}

static pop3_result
retrieve(fetch *f)
{
    size_t n = f->batch_count;
    pop3_call *calls = calloc(n + 2, sizeof(*calls));
    pop3_result result;
    size_t i;

    if (calls == NULL)
        return POP3_ERR_NOMEM;
    for (i = 0; i < n; i++) {
        const maildrop_message *message = f->batch[i].item->message;

        calls[i] = (pop3_call){.command = {.verb = POP3_CMD_RETR,
                                           .number = message->number,
                                           .octets = message->octets},
                               .take = take_message,
                               .ctx = f};
        if (is_header(&f->batch[i])) {
            calls[i].command.verb = POP3_CMD_TOP;
            calls[i].command.octets = HEADER_OCTETS;
        }
    }
    for (i = 0; i < 2; i++) {
        f->proof[i] = (pop3_stat){0};
        calls[n + i] = (pop3_call){.command.verb = POP3_CMD_STAT,
                                   .take = take_proof,
                                   .ctx = &f->proof[i]};
    }
    result = run_calls(f, calls, is_pipelined(f) ? n + 2 : n);
    for (i = 0; i < 2; i++)
        f->proof_result[i] = calls[n + i].result;
    free(calls);
    return result;
}

/* Whether the last reply was the last one. A STAT that is refused, or makes no
 * sense each time, is answered too. */
static bool
is_in_step(const fetch *f)
{
    return !f->out_of_step && f->proof_result[0] == f->proof_result[1] &&
           f->proof[0].count == f->proof[1].count &&
           f->proof[0].octets == f->proof[1].octets;
}

/* What is not published is dropped with the sink. */
static void
distrust(fetch *f)
{
    size_t i;

    for (i = 0; i < f->batch_count; i++) {
        if (f->batch[i].state == BATCH_COMPLETE)
            f->totals->failed++;
        f->batch[i].state = BATCH_FAILED;
    }
}

/* Step 7, and whether it can be believed. */
static pop3_result
retrieve_in_step(fetch *f, bool *trusted)
{
    pop3_result result = retrieve(f);

    if ((result == POP3_OK || f->out_of_step) && is_pipelined(f) &&
        !is_in_step(f))
        result = POP3_ERR_PROTOCOL;
    /* Behind a session that was cut, or that we ended, there is no proof. */
    *trusted = !is_pipelined(f) || result == POP3_OK;
    if (!*trusted)
        distrust(f);
    return result;
}

/* Pipelining that a server announces and breaks: replies that belong to
 * nothing, or none at all. A cut may be the network's; but where each session
 * is cut before a batch ends, only one by one gets any further. */
static mail_result
note_broken(fetch *f, pop3_result retrieved, mail_error *error)
{
    bool cut = retrieved == POP3_ERR_CLOSED || retrieved == POP3_ERR_IO;

    if (f->logged_out || !is_pipelined(f) ||
        !session_broke_pipeline(f->s, retrieved))
        return MAIL_OK;
    return seen_set_lock_step(
        f->memory, cut ? LOCK_STEP_DAYS_CUT : LOCK_STEP_DAYS, error);
}

static void
note_published(fetch *f, batch_message *message)
{
    message->state = BATCH_PUBLISHED;
    f->anonymous = f->anonymous || !message->item->tracked;
    if (is_header(message)) {
        f->totals->headers++;
        return;
    }
    f->totals->fetched++;
    f->totals->octets += message->octets;
    f->plan.groups[message->item->group].missing--;
}

/* The sink tells about each complete message, in order. */
static void
on_settled(void *ctx, mail_outcome outcome, const mail_error *why)
{
    fetch *f = ctx;
    batch_message *message;

    while (f->batch[f->at].state != BATCH_COMPLETE)
        f->at++;
    message = &f->batch[f->at++];
    switch (outcome) {
    case MAIL_DONE:
        note_published(f, message);
        break;
    case MAIL_LATER:
    case MAIL_NEVER:
        message->state = outcome == MAIL_NEVER ? BATCH_REFUSED : BATCH_FAILED;
        f->totals->failed++;
        session_warn(f->s, "message %" PRIu64 ": %s; it stays on the server%s",
                     message->item->message->number, why->text,
                     outcome == MAIL_NEVER ? ", and is not delivered again"
                                           : "");
        break;
    case MAIL_UNKNOWN: /* the intent stays */
        break;
    }
}

/* Steps 8 to 10. */
static mail_result
publish(fetch *f, mail_error *error)
{
    f->at = 0;
    return f->sink->ops->publish(f->sink, on_settled, f, error);
}

static bool
deletes(const fetch *f, const plan_item *item)
{
    return f->s->opt->delete_delivered &&
           f->plan.groups[item->group].missing == 0;
}

static mail_result
settle_one(fetch *f, const batch_message *message, mail_error *error)
{
    plan_item *item = message->item;
    const seen_message known = remembered_as(f, message);

    if (!item->tracked)
        return MAIL_OK;
    switch (message->state) {
    case BATCH_PUBLISHED:
        if (is_header(message))
            return seen_deliver(f->memory, &known, SEEN_HEADER, error);
        item->due = deletes(f, item);
        return seen_deliver(f->memory, &known,
                            item->due ? SEEN_DELETE_DUE : SEEN_DONE, error);
    case BATCH_REFUSED:
        return seen_deliver(f->memory, &known, SEEN_REFUSED, error);
    case BATCH_OPEN:
    case BATCH_FAILED:
        if (item->has_header)
            break;
        return fetch_forget(f, item, error);
    case BATCH_COMPLETE:
        break;
    }
    return MAIL_OK; /* the next session will ask the sink */
}

/* Step 11. Intents stay only where the end is not known. */
static mail_result
settle_all(fetch *f, pop3_result retrieved, mail_error *error)
{
    mail_result result = MAIL_OK;
    size_t i;

    for (i = 0; result == MAIL_OK && i < f->batch_count; i++)
        result = settle_one(f, &f->batch[i], error);
    if (result == MAIL_OK)
        result = seen_settle(f->memory, error);
    if (result == MAIL_OK)
        result = intend(f, BATCH_COMPLETE, error);
    if (result == MAIL_OK)
        result = note_broken(f, retrieved, error);
    return result;
}

static void
queue_deletes(fetch *f)
{
    size_t i;

    for (i = 0; f->s->opt->delete_delivered && i < f->batch_count; i++) {
        if (f->batch[i].state == BATCH_PUBLISHED && !is_header(&f->batch[i]))
            fetch_want_delete(f, f->batch[i].item);
    }
}

/* One transaction settles this batch and, if all went well, says what the
 * next one will be. */
static mail_result
settle(fetch *f, pop3_result retrieved, bool go_on, mail_error *error)
{
    mail_result result = seen_begin(f->memory, error);
    size_t due = f->due.count;

    if (result == MAIL_OK)
        result = settle_all(f, retrieved, error);
    queue_deletes(f);
    f->batch_count = 0;
    if (result == MAIL_OK && go_on) {
        fetch_next_batch(f);
        result = fetch_intend(f, error);
    }
    if (result == MAIL_OK)
        result = seen_commit(f->memory, error);
    else
        seen_rollback(f->memory);
    if (result != MAIL_OK)
        f->due.count = due; /* no DELE that the disk does not know of */
    return result;
}

/* Where nothing of a pipelined batch could be believed, what fits is fetched
 * without pipelining. */
static bool
sink_failed(fetch *f, bool trusted)
{
    if (trusted)
        return fetch_fail(f, &f->sink_error);
    f->again = AGAIN_WHAT_FITS;
    return false;
}

bool
fetch_batch(fetch *f)
{
    mail_error publish_error;
    mail_error settle_error;
    mail_result published = MAIL_OK;
    mail_result settled;
    pop3_result retrieved;
    bool trusted;

    retrieved = retrieve_in_step(f, &trusted);
    if (trusted)
        published = publish(f, &publish_error);
    if (!f->sink_failed)
        (void)sink_good(f, published, &publish_error);
    settled = settle(f, retrieved,
                     retrieved == POP3_OK && !f->sink_failed &&
                         !interrupt_noted() && !interrupt_draining(),
                     &settle_error);
    if (published == MAIL_OK && settled == MAIL_OK)
        fetch_sink_may_forget(f->sink);
    if (f->sink_failed)
        return sink_failed(f, trusted);
    if (settled != MAIL_OK)
        return fetch_fail(f, &settle_error);
    if (retrieved == POP3_OK)
        return true;
    if (interrupt_noted())
        return session_fail(f->s, EXIT_LATER, FETCH_INTERRUPTED);
    if (f->logged_out)
        return fetch_log_in_again(f);
    return fetch_broke_off(f, retrieved);
}
