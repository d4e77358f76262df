/* SPDX-License-Identifier: MIT */
/*
 * play - walks over the steps of a transcript.
 *
 * The order of the steps is the order in time. Neighbouring S: lines are one
 * piece of input, which the plan cuts; after each piece all events are
 * pulled. Output counts as sent when its C: line is reached and not before,
 * so that a reply which comes too early is really too early.
 *
 * When an allocation was made to fail, a call that says NOMEM is made once
 * more. If the course of events differs then, NOMEM must have been told
 * somewhere; the rest of the transcript makes no sense then, but the
 * invariants still hold.
 */
#include "play.h"

#include "alloc.h"
#include "test.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
play_fail(struct play *p, const char *format, ...)
{
    char text[700];
    va_list args;
    int line = p->step != NULL ? p->step->line : 0;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    p->bad = true;
    TEST_ROW("%s, %s", p->ops->name, p->mode);
    test_failed(false, p->t->path, line, text);
    TEST_ROW("%s", "");
}

/* A difference that a failed allocation explains is none. */
static bool
explained(struct play *p)
{
    if (!alloc_failed() || !p->saw_nomem)
        return false;
    p->adrift = true;
    return true;
}

static struct played_id *
find_id(struct play *p, pop3_id id)
{
    size_t i;

    for (i = 0; i < p->id_count; i++) {
        if (p->ids[i].id == id)
            return &p->ids[i];
    }
    return NULL;
}

static void
remember_id(struct play *p, pop3_id id, const struct step *step)
{
    struct played_id *new;

    if (id == 0 || find_id(p, id) != NULL)
        play_fail(p, "the id %u is 0 or was used before", (unsigned)id);
    p->ids = test_realloc(p->ids, (p->id_count + 1) * sizeof(*p->ids));
    new = &p->ids[p->id_count++];
    memset(new, 0, sizeof(*new));
    new->id = id;
    new->verb = step->verb;
    new->number = step->number;
    new->login = step->kind == STEP_LOGIN;
}

static void
check_done(struct play *p, struct played_id *known, const pop3_event *event)
{
    if (known->done++ > 0)
        play_fail(p, "a second DONE for one command");
    if (event->octets != known->octets)
        play_fail(p, "DONE tells %llu octets, but DATA had %llu",
                  (unsigned long long)event->octets,
                  (unsigned long long)known->octets);
}

static void
check_event(struct play *p, const pop3_event *event)
{
    struct played_id *known = find_id(p, event->id);

    if (p->closed)
        play_fail(p, "an event after CLOSED");
    if (event->result == POP3_ERR_NOMEM)
        p->saw_nomem = true;
    if (event->id == 0)
        return;
    if (known == NULL) {
        play_fail(p, "an event for an id that was not submitted");
        return;
    }
    if (!known->login &&
        (event->verb != known->verb || event->number != known->number))
        play_fail(p, "an event with the verb or number of another command");
    if (known->done > 0)
        play_fail(p, "an event for a command that is DONE");
    if (event->type == POP3_EVENT_DATA)
        known->octets += event->text.len;
    if (event->type == POP3_EVENT_DONE)
        check_done(p, known, event);
}

static void
check_closed(struct play *p)
{
    pop3_event event;
    int i;

    for (i = 0; i < 3; i++) {
        if (!p->ops->next(p, &event) || event.type != POP3_EVENT_CLOSED)
            play_fail(p, "CLOSED does not repeat");
    }
    if (pop3_core_output(p->ops->core(p)).len > 0)
        play_fail(p, "output is pending after CLOSED");
    if (pop3_core_pending(p->ops->core(p)) != 0)
        play_fail(p, "commands are pending after CLOSED");
}

static void
pull(struct play *p)
{
    pop3_event event;

    while (p->ops->next(p, &event)) {
        const struct played_id *known = find_id(p, event.id);

        if (p->closed && event.type == POP3_EVENT_CLOSED)
            return;
        check_event(p, &event);
        event_add(&p->events, &event,
                  known != NULL && known->login ? "LOGIN" : NULL);
        secrets_check(p, pop3_core_error(p->ops->core(p))->text);
        if (event.type == POP3_EVENT_CLOSED) {
            p->closed = true;
            check_closed(p);
            return;
        }
    }
}

static void
feed_chunk(struct play *p, const char *ptr, size_t len)
{
    unsigned stuck = 0;

    while (len > 0 && !p->closed && stuck < 4) {
        size_t taken = 0;
        pop3_result result = p->ops->feed(p, ptr, len, &taken);

        if (result == POP3_ERR_NOMEM)
            p->saw_nomem = true;
        ptr += taken;
        len -= taken;
        stuck = taken > 0 ? 0 : stuck + 1;
        pull(p);
    }
    if (stuck > 0 && len > 0 && !p->closed && !explained(p))
        play_fail(p, "the session takes no more input");
}

/* Whether the octets before `at` of this piece must not be parted from those
 * behind it. */
static bool
is_glued(const struct step *first, const struct step *last, size_t at)
{
    size_t sum = 0;

    for (; first <= last; first++) {
        if (first->glued && sum == at)
            return true;
        sum += first->text.len;
    }
    return false;
}

/* Feeds the S: steps from p->step on; returns the last of them. */
static const struct step *
play_server(struct play *p)
{
    const struct step *first = p->step;
    const struct step *end = p->t->steps + p->t->count;
    const struct step *last = first;
    struct octets all = {0};
    size_t at = 0;

    octets_add(&all, first->text.ptr, first->text.len);
    while (last + 1 < end && last[1].kind == STEP_SERVER) {
        last++;
        octets_add(&all, last->text.ptr, last->text.len);
    }
    while (at < all.len) {
        size_t len = plan_next(&p->plan, p->fed + at, all.len - at);

        while (at + len < all.len && is_glued(first, last, at + len))
            len++;
        feed_chunk(p, all.ptr + at, len);
        at += len;
    }
    p->fed += all.len;
    octets_clear(&all);
    return last;
}

static void
play_client_line(struct play *p)
{
    const struct step *step = p->step;
    pop3_span output = pop3_core_output(p->ops->core(p));
    size_t len = step->text.len;
    struct octets got = {0};

    if (output.len < len || memcmp(output.ptr, step->text.ptr, len) != 0) {
        octets_quote(&got, output.ptr, output.len);
        /* An answer that could not be computed becomes "*". */
        p->saw_nomem |= strcmp(got.ptr, "\"*\\r\\n\"") == 0;
        if (!explained(p))
            play_fail(p, "not what is pending: %s", got.ptr);
        octets_clear(&got);
        return;
    }
    while (len > 0) {
        size_t part = plan_coin(&p->plan) ? 1 : len;

        p->ops->send(p, part);
        len -= part;
    }
    pull(p);
}

static void
play_call(struct play *p)
{
    const struct step *step = p->step;
    pop3_result result = POP3_ERR_NOMEM;
    pop3_result want = step->kind == STEP_FAIL ? POP3_OK : step->result;
    pop3_id id = 0;
    int tries;

    for (tries = 0; tries < 2 && result == POP3_ERR_NOMEM; tries++) {
        if (step->kind == STEP_SUBMIT) {
            pop3_span initial = {NULL, 0};
            pop3_command command = transcript_command(step, &initial);

            result = p->ops->submit(p, &command, &id);
        } else {
            result = p->ops->call(p, step, &id);
        }
        p->saw_nomem |= result == POP3_ERR_NOMEM;
    }
    if (result != want && !explained(p))
        play_fail(p, "the call gave %s, not %s", transcript_result(result),
                  transcript_result(want));
    if (result == POP3_OK &&
        (step->kind == STEP_SUBMIT || step->kind == STEP_LOGIN))
        remember_id(p, id, step);
    secrets_check(p, pop3_core_error(p->ops->core(p))->text);
    pull(p);
}

static void
play_match(struct play *p, struct event_log *log, const char *what)
{
    struct octets shown = {0};

    if (!event_match(log, p->step->text.ptr, &shown) && !explained(p))
        play_fail(p, "%s; got %.400s", what, shown.ptr);
    octets_clear(&shown);
}

/* Before anything but E:, T: and ?: all events must have been expected. */
static void
check_nothing_left(struct play *p)
{
    struct octets left = {0};

    if (p->events.matched < p->events.count && !explained(p)) {
        event_show(&p->events, p->events.matched, &left);
        play_fail(p, "events that were not expected before this: %s",
                  left.ptr);
    }
    octets_clear(&left);
}

static void
check_nothing_pending(struct play *p)
{
    pop3_span output = pop3_core_output(p->ops->core(p));
    struct octets text = {0};

    if (output.len > 0 && !p->t->unsent && !explained(p)) {
        octets_quote(&text, output.ptr, output.len);
        play_fail(p, "output is pending that was not expected: %s", text.ptr);
    }
    octets_clear(&text);
}

static void
play_step(struct play *p)
{
    switch (p->step->kind) {
    case STEP_SERVER:
        check_nothing_left(p);
        check_nothing_pending(p);
        p->step = play_server(p);
        return;
    case STEP_EOF:
        check_nothing_left(p);
        p->ops->eof(p);
        pull(p);
        return;
    case STEP_CLIENT:
        check_nothing_left(p);
        play_client_line(p);
        return;
    case STEP_SUBMIT:
    case STEP_RESPOND:
    case STEP_RESPOND_CANCEL:
    case STEP_TLS_DONE:
    case STEP_MASK:
    case STEP_FAIL:
    case STEP_LOGIN:
        check_nothing_left(p);
        play_call(p);
        return;
    case STEP_EVENT:
        if (p->ops->does_tls && strcmp(p->step->text.ptr, "START_TLS") == 0)
            return;
        play_match(p, &p->events, "event differs");
        return;
    case STEP_TRACE:
        play_match(p, &p->trace, "trace differs");
        return;
    case STEP_ASK:
        ask_check(p, p->step->text.ptr);
        return;
    }
}

static void
on_trace(void *ctx, char direction, const char *line)
{
    struct play *p = ctx;
    struct octets text = {0};

    octets_format(&text, "%c ", direction);
    octets_text(&text, line);
    secrets_check(p, line);
    if (p->t->trace)
        event_add_text(&p->trace, text.ptr);
    octets_clear(&text);
}

static void
finish(struct play *p)
{
    static const struct step fail = {.kind = STEP_FAIL, .result = POP3_ERR_IO};
    pop3_id id = 0;
    size_t i;

    if (!p->adrift) {
        check_nothing_left(p);
        check_nothing_pending(p);
        if (p->trace.matched < p->trace.count && !explained(p))
            play_fail(p, "the trace has more lines than the transcript: %s",
                      p->trace.entries[p->trace.matched].form.ptr);
    }
    if (!p->closed) {
        p->ops->call(p, &fail, &id);
        pull(p);
    }
    if (!p->closed)
        play_fail(p, "no CLOSED after the transport failed");
    for (i = 0; i < p->id_count; i++) {
        if (p->ids[i].done != 1)
            play_fail(p, "%s has had %u DONE", transcript_verb(p->ids[i].verb),
                      p->ids[i].done);
    }
}

static void
walk(struct play *p)
{
    const struct step *end = p->t->steps + p->t->count;

    for (p->step = p->t->steps; p->step < end; p->step++) {
        if (p->bad || p->adrift)
            break;
        play_step(p);
    }
    if (p->step == end)
        p->step--;
    if (!p->bad)
        finish(p);
}

bool
play_once(const struct transcript *t, const struct play_ops *ops,
          struct plan plan, const char *mode, struct octets *shown)
{
    struct play p = {.t = t, .ops = ops, .plan = plan};
    pop3_core_options options = t->options;
    pop3_result result;

    snprintf(p.mode, sizeof(p.mode), "%s", mode);
    options.trace.fn = on_trace;
    options.trace.ctx = &p;
    if (options.trace.level == 0)
        options.trace.level = 1;
    result = ops->start(&p, &options);
    if (result == POP3_OK)
        walk(&p);
    else if (result != POP3_ERR_NOMEM || !alloc_failed())
        play_fail(&p, "the session did not begin: %s",
                  transcript_result(result));
    if (shown != NULL) {
        event_show(&p.events, 0, shown);
        event_show(&p.trace, 0, shown);
    }
    ops->stop(&p);
    event_clear(&p.events);
    event_clear(&p.trace);
    test_free(p.ids);
    test_failed(!p.bad, t->path, 0, "played");
    return !p.bad;
}
