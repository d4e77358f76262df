/* SPDX-License-Identifier: MIT */
/*
 * play_core - the player's view of a pop3_core.
 *
 * Input goes in through pop3_core_feed() or, at random, through the buffer
 * that transports read into: both must do the same.
 */
#include "alloc.h"
#include "play.h"

#include <string.h>

static bool
core_can(const struct transcript *t)
{
    size_t i;

    for (i = 0; i < t->count; i++) {
        if (t->steps[i].kind == STEP_LOGIN)
            return false;
    }
    return !t->stls;
}

static pop3_result
core_start(struct play *p, const pop3_core_options *options)
{
    pop3_core *core = NULL;
    pop3_span mask = {p->t->mask.ptr, p->t->mask.len};
    pop3_result result = pop3_core_new(&core, options);

    if (result == POP3_OK && mask.len > 0)
        result = pop3_core_mask(core, mask);
    p->session = core;
    return result;
}

static void
core_stop(struct play *p)
{
    pop3_core_free(p->session);
}

static const pop3_core *
core_core(struct play *p)
{
    return p->session;
}

static pop3_result
core_feed(struct play *p, const char *ptr, size_t len, size_t *taken)
{
    void *room;
    size_t size;
    pop3_result result;
    char *exact;

    if (!plan_coin(&p->plan)) {
        /* A block of its own, so that reading past its end is seen. */
        exact = test_alloc(len);
        memcpy(exact, ptr, len);
        result = pop3_core_feed(p->session, exact, len, taken);
        test_free(exact);
        return result;
    }
    result = pop3_core_input_buffer(p->session, &room, &size);
    if (result != POP3_OK)
        return result;
    if (size == 0)
        play_fail(p, "pop3_core_input_buffer() gives no room");
    *taken = len < size ? len : size;
    memcpy(room, ptr, *taken);
    pop3_core_input_filled(p->session, *taken);
    return POP3_OK;
}

static void
core_eof(struct play *p)
{
    pop3_core_input_eof(p->session);
}

static bool
core_next(struct play *p, pop3_event *event)
{
    pop3_event_type type = pop3_core_next(p->session, event);

    if (type != event->type)
        play_fail(p, "pop3_core_next() returns another type than it fills");
    return type != POP3_EVENT_NEED_INPUT;
}

static void
core_send(struct play *p, size_t len)
{
    pop3_core_output_sent(p->session, len);
}

static pop3_result
core_submit(struct play *p, const pop3_command *command, pop3_id *id)
{
    return pop3_core_submit(p->session, command, id);
}

static pop3_result
core_call(struct play *p, const struct step *step, pop3_id *id)
{
    pop3_span text = {step->text.ptr, step->text.len};

    (void)id;
    switch (step->kind) {
    case STEP_RESPOND:
        return pop3_core_respond(p->session, text);
    case STEP_RESPOND_CANCEL:
        return pop3_core_respond_cancel(p->session);
    case STEP_TLS_DONE:
        return pop3_core_tls_done(p->session);
    case STEP_MASK:
        return pop3_core_mask(p->session, text);
    case STEP_FAIL:
        pop3_core_fail(p->session, step->result, 0, "the test says so");
        return POP3_OK;
    case STEP_SERVER:
    case STEP_EOF:
    case STEP_CLIENT:
    case STEP_SUBMIT:
    case STEP_LOGIN:
    case STEP_EVENT:
    case STEP_TRACE:
    case STEP_ASK:
        break;
    }
    return POP3_ERR_INTERNAL;
}

const struct play_ops play_core = {
    .name = "core",
    .can = core_can,
    .start = core_start,
    .stop = core_stop,
    .core = core_core,
    .feed = core_feed,
    .eof = core_eof,
    .next = core_next,
    .send = core_send,
    .submit = core_submit,
    .call = core_call,
};
