/* SPDX-License-Identifier: MIT */
/*
 * send - COMMANDS in flight: submission, turns, the pipelining window.
 *
 * A command is checked, shown to the audit hook and written into tx when it
 * is submitted, but goes out only when it is released:
 *   - nothing is in flight; or
 *   - the server announced PIPELINING, the command does not wait for silence,
 *     the one before it does not hold the line, and the window has room.
 * At its release it is checked again, because commands before it may have
 * failed in the meantime: here, and only here, a credential is let out, and
 * only over TLS or where the caller allowed clear text by name (R2).
 *
 * How much may be in flight is window.c's to say; drivers read while they
 * write, so that neither side can block the other (RFC 2449 §6.6).
 */
#include "core/send.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/secret.h"
#include "core/core_impl.h"
#include "core/receive.h"
#include "core/state.h"
#include "core/trace.h"

/* Octets that may wait in tx before submit says AGAIN; and of an answer. */
enum {
    QUEUE_OCTETS = 65536,
    ANSWER_MAX = 65536
};

static pop3_result
refuse(pop3_core *core, pop3_result result, const pop3_command *command,
       const char *what)
{
    return fail_call(core, result, command->verb, command->number, what);
}

/* STLS has rules beyond its state: once, and not behind UTF8. NULL: it may
 * go, or it is another command. */
static const char *
why_no_stls(const pop3_core *core, pop3_verb verb)
{
    if (verb != POP3_CMD_STLS)
        return NULL;
    if (core->tls)
        return "TLS is active already";
    return core->utf8 ? "STLS is not allowed after UTF8" : NULL;
}

static const char *
why_illegal(const pop3_core *core, const pop3_command *command)
{
    const char *why = why_no_stls(core, command->verb);

    if (why != NULL || core->options.any_state ||
        state_allows(core->planned, command->verb))
        return why;
    return core->planned == POP3_STATE_TRANSACTION ? "not legal after login"
                                                   : "not legal before login";
}

static pop3_result
check_submit(pop3_core *core, const pop3_command *command)
{
    pop3_result result;
    const char *why;

    if ((unsigned)command->verb > POP3_CMD_RAW)
        return refuse(core, POP3_ERR_ARGUMENT, command, "no such command");
    result = fail_if_over(core);
    if (result != POP3_OK)
        return refuse(core, result, command, "the session is over");
    if (core->planned == POP3_STATE_CLOSED)
        return refuse(core, POP3_ERR_USAGE, command, "QUIT was sent before");
    why = why_illegal(core, command);
    if (why != NULL)
        return refuse(core, POP3_ERR_USAGE, command, why);
    if (bytes_len(&core->tx) >= QUEUE_OCTETS)
        return refuse(core, POP3_ERR_AGAIN, command, "the queue is full");
    return POP3_OK;
}

static pop3_result
audit(const pop3_core *core, const char *line, size_t len)
{
    const pop3_audit *hook = &core->options.audit;

    if (hook->putline == NULL)
        return POP3_OK;
    return hook->putline(hook->ctx, (pop3_span){line, len}) == POP3_OK
               ? POP3_OK
               : POP3_ERR_VETO;
}

static pop3_span
span_of(const char *string)
{
    return (pop3_span){string, string == NULL ? 0 : strlen(string)};
}

/* What stands behind the words that a trace may show. */
static pop3_span
hidden_part(const char *line)
{
    pop3_span rest = span_of(line);
    const command_info *info = command_info_of_line(rest);
    unsigned words = info == NULL ? 0 : info->shown_words;

    if (words == 0)
        return (pop3_span){NULL, 0};
    while (words > 0 && rest.len > 0) {
        words -= rest.ptr[0] == ' ' ? 1 : 0;
        rest.ptr++;
        rest.len--;
    }
    return rest;
}

/* Remembers what a trace must not show of this command. */
static bool
mask_command(pop3_core *core, const pop3_command *command)
{
    if (command->verb == POP3_CMD_PASS)
        return mask_add(&core->mask, span_of(command->arg));
    if (command->verb == POP3_CMD_APOP)
        return mask_add(&core->mask, span_of(command->arg2));
    if (command->verb == POP3_CMD_AUTH && command->initial != NULL)
        return mask_add(&core->mask, *command->initial);
    if (command->verb == POP3_CMD_RAW)
        return mask_add(&core->mask, hidden_part(command->arg));
    return true;
}

/* Writes the line to the end of tx, audited and masked; or leaves tx as it
 * was. */
static pop3_result
write_line(pop3_core *core, const pop3_command *command)
{
    size_t before = bytes_len(&core->tx);
    size_t max =
        core->options.any_state ? COMMAND_LONG_LINE_MAX : COMMAND_LINE_MAX;
    const char *why;
    pop3_result result = command_encode(command, max, &core->tx, &why);

    if (result != POP3_OK)
        return refuse(core, result, command, why);
    result = audit(core, bytes_ptr(&core->tx) + before,
                   bytes_len(&core->tx) - before - 2);
    if (result == POP3_OK && !mask_command(core, command))
        result = POP3_ERR_NOMEM;
    if (result == POP3_OK)
        return POP3_OK;
    bytes_remove(&core->tx, before, bytes_len(&core->tx) - before);
    return refuse(core, result, command, pop3_strerror(result));
}

static pop3_id
next_id(pop3_core *core)
{
    if (++core->last_id == 0)
        ++core->last_id;
    return core->last_id;
}

/* By its verb; a RAW line by its first word. */
static bool
holds_credential(const pop3_command *command)
{
    const command_info *info = command_info_of(command->verb);

    if (command->verb == POP3_CMD_RAW)
        info = command_info_of_line(span_of(command->arg));
    return info != NULL && info->credential;
}

pop3_result
pop3_core_submit(pop3_core *core, const pop3_command *command, pop3_id *id)
{
    size_t before = bytes_len(&core->tx);
    pop3_result result = check_submit(core, command);
    queue_entry entry;

    if (result != POP3_OK)
        return result;
    if (!queue_reserve(&core->queue))
        return refuse(core, POP3_ERR_NOMEM, command, "memory is short");
    result = write_line(core, command);
    if (result != POP3_OK)
        return result;
    entry = (queue_entry){
        .number = command->number,
        .id = next_id(core),
        .octets = (uint32_t)(bytes_len(&core->tx) - before),
        .expected = window_hint(command->octets),
        .verb = command->verb,
        .body = command_body_of(command),
        .initial = command->initial != NULL,
        .credential = holds_credential(command),
    };
    queue_push(&core->queue, &entry);
    core->planned = state_after(core->planned, command->verb);
    *id = entry.id;
    send_release(core);
    return POP3_OK;
}

/* Whether it is the turn of the first waiting command. */
static bool
has_turn(pop3_core *core, const queue_entry *next)
{
    const queue_entry *last;

    if (core->in_flight == 0)
        return true;
    last = queue_at(&core->queue, core->in_flight - 1);
    if (command_info_of(next->verb)->waits ||
        command_info_of(last->verb)->holds || !core->pipelining ||
        core->options.no_pipelining)
        return false;
    return window_has_room(core, next);
}

/* The rules that may have changed since the command was submitted. */
static pop3_result
check_release(const pop3_core *core, const queue_entry *next)
{
    if (core->doomed > 0 || why_no_stls(core, next->verb) != NULL)
        return POP3_ERR_NOT_SENT;
    if (next->credential && !core_may_carry_credential(core))
        return POP3_ERR_INSECURE;
    if (!core->options.any_state && !state_allows(core->state, next->verb))
        return POP3_ERR_NOT_SENT;
    return POP3_OK;
}

/* The first waiting command will never be sent: its DONE is due. */
static void
reject_first(pop3_core *core, const queue_entry *next, pop3_result result)
{
    bytes_remove(&core->tx, (size_t)(core->released - core->sent),
                 next->octets);
    core->phase = PHASE_DONE;
    core->done = result;
}

void
send_explain_unsent(pop3_core *core, const queue_entry *entry,
                    pop3_result result)
{
    if (core->doomed > 0)
        core->doomed--;
    if (core->state == POP3_STATE_BROKEN)
        return;
    fail_set(core, result, entry,
             result == POP3_ERR_INSECURE
                 ? pop3_strerror(result)
                 : "not sent: a command before it failed",
             NULL);
}

static void
let_out(pop3_core *core, queue_entry *next)
{
    const char *line =
        bytes_ptr(&core->tx) + (size_t)(core->released - core->sent);

    trace_command(core, (pop3_span){line, next->octets - 2});
    if (core->in_flight == 0)
        core->asked = core->released;
    core->released += next->octets;
    core->in_flight++;
    window_take(core, next);
}

static bool
may_release(const pop3_core *core)
{
    return !core_is_over(core) &&
           (core->phase == PHASE_STATUS || core->phase == PHASE_ROWS ||
            core->phase == PHASE_BODY);
}

void
send_release(pop3_core *core)
{
    queue_entry *next;

    while (may_release(core) &&
           (next = queue_at(&core->queue, core->in_flight)) != NULL &&
           has_turn(core, next)) {
        pop3_result result = check_release(core, next);

        if (result == POP3_OK)
            let_out(core, next);
        else if (core->in_flight == 0)
            reject_first(core, next, result);
        else
            return;
    }
}

void
send_forget_first(pop3_core *core)
{
    const queue_entry *first = queue_at(&core->queue, 0);

    if (core->in_flight > 0) {
        core->in_flight--;
        window_give(&core->window, first);
        core->asked += first->octets;
    }
    queue_pop(&core->queue);
}

void
send_plan(pop3_core *core)
{
    const queue_entry *entry;

    core->planned = core->state;
    for (size_t i = 0; (entry = queue_at(&core->queue, i)) != NULL; i++)
        core->planned = state_after(core->planned, entry->verb);
}

void
send_withdraw(pop3_core *core)
{
    size_t index = core->queue.length - 1;
    const queue_entry *entry = queue_at(&core->queue, index);

    bytes_remove(&core->tx, bytes_len(&core->tx) - entry->octets,
                 entry->octets);
    if (core->in_flight == core->queue.length) {
        core->in_flight--;
        core->released -= entry->octets;
        window_give(&core->window, entry);
    }
    core->queue.length--;
    send_plan(core);
}

/* Of a command, the whole line has to be out. A line of an AUTH exchange may
 * be so long that a server refuses it in the middle. */
bool
send_reply_is_due(const pop3_core *core)
{
    uint64_t needed = 1;

    if (core->in_flight == 0)
        return false;
    if (core->rounds == 0)
        needed = queue_at(&core->queue, 0)->octets;
    return core->sent - core->asked >= needed;
}

/* Sends a line of an AUTH exchange ahead of all that waits. */
static pop3_result
send_answer(pop3_core *core, const char *line, size_t len)
{
    size_t at = (size_t)(core->released - core->sent);

    if (audit(core, line, len - 2) != POP3_OK)
        return fail_call(core, POP3_ERR_VETO, POP3_CMD_AUTH, 0,
                         pop3_strerror(POP3_ERR_VETO));
    if (!bytes_insert(&core->tx, at, line, len))
        return fail_call(core, POP3_ERR_NOMEM, POP3_CMD_AUTH, 0,
                         pop3_strerror(POP3_ERR_NOMEM));
    trace_answer(core, (pop3_span){line, len - 2});
    core->asked = core->released;
    core->released += len;
    core->phase = PHASE_STATUS;
    return POP3_OK;
}

pop3_result
send_give_up(pop3_core *core, pop3_result result)
{
    pop3_result sent = send_answer(core, "*\r\n", 3);

    if (sent == POP3_OK)
        core->give_up = result;
    return sent;
}

static pop3_result
check_answer(pop3_core *core)
{
    if (core_is_over(core) || core->phase != PHASE_CHALLENGED)
        return fail_call(core, POP3_ERR_USAGE, POP3_CMD_AUTH, 0,
                         "no challenge is open");
    if (!core_may_carry_credential(core))
        return fail_call(core, POP3_ERR_INSECURE, POP3_CMD_AUTH, 0,
                         pop3_strerror(POP3_ERR_INSECURE));
    return POP3_OK;
}

pop3_result
pop3_core_respond(pop3_core *core, pop3_span answer)
{
    pop3_result result = check_answer(core);
    size_t len;
    char *line;

    if (result != POP3_OK)
        return result;
    if (answer.len > ANSWER_MAX)
        return fail_call(core, POP3_ERR_ARGUMENT, POP3_CMD_AUTH, 0,
                         "the answer is too long");
    len = base64_encoded_len(answer.len) + 2;
    line = malloc(len);
    if (line == NULL || !mask_add(&core->mask, answer)) {
        free(line);
        return fail_call(core, POP3_ERR_NOMEM, POP3_CMD_AUTH, 0,
                         pop3_strerror(POP3_ERR_NOMEM));
    }
    base64_encode(answer.ptr, answer.len, line);
    memcpy(line + len - 2, "\r\n", 2);
    result = send_answer(core, line, len);
    secret_wipe(line, len);
    free(line);
    return result;
}

pop3_result
pop3_core_respond_cancel(pop3_core *core)
{
    if (core_is_over(core) || core->phase != PHASE_CHALLENGED)
        return fail_call(core, POP3_ERR_USAGE, POP3_CMD_AUTH, 0,
                         "no challenge is open");
    return send_give_up(core, POP3_ERR_AUTH);
}

pop3_span
pop3_core_output(const pop3_core *core)
{
    return (pop3_span){bytes_ptr(&core->tx),
                       (size_t)(core->released - core->sent)};
}

/* The first octet of a command goes out: what lies in the buffer by now was
 * not sent in answer to it (R21). */
static void
check_silence(pop3_core *core)
{
    if (core->phase == PHASE_STATUS && bytes_len(&core->rx) > 0)
        receive_unasked(core);
}

void
pop3_core_output_sent(pop3_core *core, size_t len)
{
    size_t waiting = (size_t)(core->released - core->sent);
    bool was_due = send_reply_is_due(core);

    if (len > waiting)
        len = waiting;
    bytes_consume_wiped(&core->tx, len);
    core->sent += len;
    if (!was_due && send_reply_is_due(core))
        check_silence(core);
}
