/* SPDX-License-Identifier: MIT */
/*
 * fail - errors of a core, and the end of a session.
 *
 * An error is one line in memory of a fixed size: what was done, what went
 * wrong in our words, and last what the server said, masked and printable.
 * A session that fails is over at once: whatever waited to be sent is wiped,
 * so that nothing more can be sent after a protocol error (R4).
 */
#include "core/fail.h"

#include "core/core_impl.h"

static void
set_op(fail_detail *detail, const char *name, uint64_t number)
{
    text_builder t = text_start(detail->op, sizeof(detail->op));

    text_add(&t, name);
    if (number == 0)
        return;
    text_add(&t, " ");
    text_add_number(&t, number);
}

static void
set_error(pop3_core *core, pop3_result result, const char *what,
          const pop3_span *server_line)
{
    fail_detail *detail = &core->detail;
    text_builder t = text_start(detail->text, sizeof(detail->text));

    text_add(&t, what);
    if (server_line != NULL) {
        text_add(&t, *what == '\0' ? "server said: " : "; server said: ");
        mask_print(&core->mask, &t, *server_line);
    }
    detail->resp_text[0] = '\0';
    detail->error = (pop3_error){.result = result,
                                 .op = detail->op,
                                 .resp_text = detail->resp_text,
                                 .text = detail->text};
}

void
fail_set(pop3_core *core, pop3_result result, const queue_entry *entry,
         const char *what, const pop3_span *server_line)
{
    if (entry == NULL)
        set_op(&core->detail, "session", 0);
    else
        set_op(&core->detail, pop3_verb_name(entry->verb), entry->number);
    set_error(core, result, what, server_line);
}

pop3_result
fail_call(pop3_core *core, pop3_result result, pop3_verb verb, uint64_t number,
          const char *what)
{
    if (core->state == POP3_STATE_BROKEN)
        return result; /* the error that ended the session stays */
    set_op(&core->detail, pop3_verb_name(verb), number);
    set_error(core, result, what, NULL);
    return result;
}

void
fail_explain(pop3_core *core, const char *what, pop3_span said)
{
    fail_detail *detail = &core->detail;
    text_builder t = text_start(detail->text, sizeof(detail->text));

    text_add(&t, what);
    text_add(&t, "; server said: ");
    mask_print(&core->mask, &t, said);
}

void
fail_set_code(pop3_core *core, const reply *r)
{
    fail_detail *detail = &core->detail;
    text_builder t = text_start(detail->resp_text, sizeof(detail->resp_text));

    mask_print(&core->mask, &t, r->code_text);
    detail->error.resp = r->code;
}

void
fail_session(pop3_core *core, pop3_result result, const char *what,
             const pop3_span *server_line)
{
    const queue_entry *entry =
        core->in_flight > 0 ? queue_at(&core->queue, 0) : NULL;

    if (core_is_over(core))
        return;
    fail_set(core, result, entry, what, server_line);
    if (core->phase == PHASE_GREETING)
        set_op(&core->detail, "greeting", 0);
    core->broken = result;
    core->state = POP3_STATE_BROKEN;
    core->released = core->sent;
    bytes_clear(&core->tx);
}

void
fail_keep(const pop3_core *core, fail_detail *kept)
{
    *kept = core->detail;
}

void
fail_put_back(pop3_core *core, const fail_detail *kept)
{
    fail_detail *detail = &core->detail;

    *detail = *kept;
    detail->error.op = detail->op;
    detail->error.resp_text = detail->resp_text;
    detail->error.text = detail->text;
}

pop3_result
fail_if_over(const pop3_core *core)
{
    if (!core_is_over(core))
        return POP3_OK;
    return core->state == POP3_STATE_BROKEN ? core->broken : POP3_ERR_CLOSED;
}

void
pop3_core_fail(pop3_core *core, pop3_result result, int sys, const char *text)
{
    if (core_is_over(core))
        return;
    if (result == POP3_OK || result == POP3_ERR_AGAIN)
        result = POP3_ERR_INTERNAL;
    fail_session(core, result, text == NULL ? pop3_strerror(result) : text,
                 NULL);
    text_clean(core->detail.text); /* a transport may quote its peer */
    if (core->phase == PHASE_GREETING)
        set_op(&core->detail, "connect", 0);
    core->detail.error.sys = sys;
}

const pop3_error *
pop3_core_error(const pop3_core *core)
{
    return &core->detail.error;
}
