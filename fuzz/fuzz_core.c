/* SPDX-License-Identifier: MIT */
/*
 * fuzz_core - a core under a caller and a server that do anything.
 *
 * The input is a program: an octet of options, then instructions.
 *
 *   S len16 octets     the server sends
 *   > verb number len octets    submit; verb and number are one octet
 *   C                  all that is pending is sent; c: one octet of it
 *   R len octets       respond      X  give up       T  TLS is up
 *   E  the peer closes    F  the transport fails    M len octets  mask
 *
 * It is carried out twice: with each piece of input whole, and octet by octet.
 * Always true: each id has one DONE; nothing follows CLOSED but CLOSED;
 * nothing is pending then; DONE counts what DATA gave; errors and traces are
 * printable. Both runs tell the same events, unless STLS or QUIT stood in the
 * program: there it matters what came in one piece with their answer (R1,
 * R21).
 */
#include "fuzz.h"

#include <pop3.h>

#include <string.h>

#define MOST_COMMANDS 300

struct reader {
    const uint8_t *at;
    const uint8_t *end;
};

struct open_command {
    pop3_id id;
    pop3_verb verb;
    uint64_t octets;
    unsigned done;
};

struct run {
    pop3_core *core;
    struct open_command commands[MOST_COMMANDS];
    size_t count;
    size_t open;
    uint64_t hash; /* of all events but DATA, which is in data_hash */
    uint64_t data_hash;
    bool slow;
    bool closed;
    bool piece_matters;
};

static uint8_t
take(struct reader *r)
{
    return r->at < r->end ? *r->at++ : 0;
}

static pop3_span
take_octets(struct reader *r, size_t len)
{
    pop3_span span = {(const char *)r->at, (size_t)(r->end - r->at)};

    if (len < span.len)
        span.len = len;
    r->at += span.len;
    return span;
}

static void
mix(uint64_t *hash, const void *data, size_t len)
{
    const uint8_t *octets = data;
    size_t i;

    for (i = 0; i < len; i++)
        *hash = (*hash ^ octets[i]) * UINT64_C(1099511628211);
}

static void
check_printable(const char *text)
{
    for (; *text != '\0'; text++)
        PROPERTY((unsigned char)*text >= 32 && *text != 127);
}

static void
on_trace(void *ctx, char direction, const char *line)
{
    (void)ctx;
    PROPERTY(direction == 'C' || direction == 'S');
    check_printable(line);
}

static struct open_command *
find(struct run *run, pop3_id id)
{
    size_t i;

    for (i = 0; i < run->count; i++) {
        if (run->commands[i].id == id)
            return &run->commands[i];
    }
    return NULL;
}

static void
check_command(struct run *run, const pop3_event *event)
{
    struct open_command *command = find(run, event->id);

    PROPERTY(command != NULL);
    PROPERTY(command->verb == event->verb);
    PROPERTY(command->done == 0);
    if (event->type == POP3_EVENT_DATA)
        command->octets += event->text.len;
    if (event->type != POP3_EVENT_DONE)
        return;
    PROPERTY(event->octets == command->octets);
    command->done++;
    run->open--;
}

static void
check_event(struct run *run, const pop3_event *event)
{
    const pop3_error *error = pop3_core_error(run->core);

    PROPERTY(!run->closed || event->type == POP3_EVENT_CLOSED);
    check_printable(error->text);
    check_printable(error->op);
    check_printable(error->resp_text);
    if (event->id != 0)
        check_command(run, event);
    if (event->type == POP3_EVENT_CLOSED) {
        run->closed = true;
        PROPERTY(run->open == 0);
    }
    PROPERTY(pop3_core_pending(run->core) == run->open);
}

static void
note_event(struct run *run, const pop3_event *event)
{
    int what[3] = {(int)event->type, (int)event->id, (int)event->result};

    if (event->type == POP3_EVENT_DATA) {
        mix(&run->data_hash, event->text.ptr, event->text.len);
        return;
    }
    mix(&run->hash, what, sizeof(what));
    mix(&run->hash, event->line.ptr, event->line.len);
    mix(&run->hash, event->text.ptr, event->text.len);
}

static void
pull(struct run *run)
{
    pop3_event event;

    while (pop3_core_next(run->core, &event) != POP3_EVENT_NEED_INPUT) {
        bool was_closed = run->closed;

        check_event(run, &event);
        if (was_closed)
            break;
        note_event(run, &event);
    }
    if (run->closed)
        PROPERTY(pop3_core_output(run->core).len == 0);
}

static void
do_feed(struct run *run, pop3_span in)
{
    while (in.len > 0) {
        size_t taken = 0;
        size_t len = run->slow ? 1 : in.len;

        if (pop3_core_feed(run->core, in.ptr, len, &taken) != POP3_OK)
            return;
        PROPERTY(taken <= len);
        in.ptr += taken;
        in.len -= taken;
        pull(run);
    }
}

static void
do_submit(struct run *run, struct reader *r)
{
    pop3_command command = {.verb = (pop3_verb)(take(r) % 19)};
    char text[256];
    pop3_span arg;
    pop3_id id = 0;

    command.number = take(r);
    command.multiline = command.number > 127;
    command.lines = command.number / 2;
    arg = take_octets(r, take(r));
    if (arg.len > 0)
        memcpy(text, arg.ptr, arg.len);
    text[arg.len] = '\0';
    if (arg.len > 0)
        command.arg = text;
    if (command.verb == POP3_CMD_APOP)
        command.arg2 = "c4c9334bac560ecc979e58001b3e22fb";
    if (command.verb == POP3_CMD_AUTH && command.number > 0)
        command.initial = &arg;
    if (run->count == MOST_COMMANDS ||
        pop3_core_submit(run->core, &command, &id) != POP3_OK)
        return;
    PROPERTY(id != 0 && find(run, id) == NULL);
    run->commands[run->count].id = id;
    run->commands[run->count++].verb = command.verb;
    run->open++;
    run->piece_matters |=
        command.verb == POP3_CMD_STLS || command.verb == POP3_CMD_QUIT;
}

static void
do_one(struct run *run, struct reader *r)
{
    pop3_result result = POP3_OK;
    size_t len;

    switch (take(r)) {
    case 'S':
        len = take(r);
        len = len << 8 | take(r);
        do_feed(run, take_octets(r, len));
        break;
    case '>':
        do_submit(run, r);
        break;
    case 'C':
        pop3_core_output_sent(run->core, pop3_core_output(run->core).len);
        break;
    case 'c':
        pop3_core_output_sent(run->core, 1);
        break;
    case 'R':
        result = pop3_core_respond(run->core, take_octets(r, take(r)));
        break;
    case 'X':
        result = pop3_core_respond_cancel(run->core);
        break;
    case 'T':
        result = pop3_core_tls_done(run->core);
        break;
    case 'M':
        result = pop3_core_mask(run->core, take_octets(r, take(r)));
        break;
    case 'E':
        pop3_core_input_eof(run->core);
        break;
    case 'F':
        pop3_core_fail(run->core, POP3_ERR_IO, 0, "the fuzzer says so");
        break;
    default:
        break;
    }
    mix(&run->hash, &result, sizeof(result));
    pull(run);
}

static void
set_options(pop3_core_options *options, uint8_t bits)
{
    options->tls_active = (bits & 1) != 0;
    options->clear_credentials = (bits & 2) != 0;
    options->no_pipelining = (bits & 4) != 0;
    options->any_state = (bits & 8) != 0;
    options->trace.level = (bits >> 4) & 1;
    options->trace.fn = on_trace;
    if ((bits & 32) != 0)
        options->window_octets = 20;
    if ((bits & 64) != 0) {
        options->limits.reply_line = 512;
        options->limits.capa_octets = 60;
        options->limits.list_items = 3;
        options->limits.challenge = 5;
        options->limits.challenges = 2;
    }
    if ((bits & 128) != 0)
        options->limits.body_octets = 20;
}

static void
carry_out(struct run *run, const uint8_t *data, size_t size)
{
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    struct reader r = {data, data + size};
    size_t i;

    set_options(&options, take(&r));
    if (pop3_core_new(&run->core, &options) != POP3_OK)
        abort();
    while (r.at < r.end)
        do_one(run, &r);
    pop3_core_fail(run->core, POP3_ERR_TIMEOUT, 0, NULL);
    pull(run);
    PROPERTY(run->closed);
    for (i = 0; i < run->count; i++)
        PROPERTY(run->commands[i].done == 1);
    pop3_core_free(run->core);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run whole;
    static struct run slow;

    memset(&whole, 0, sizeof(whole));
    memset(&slow, 0, sizeof(slow));
    slow.slow = true;
    carry_out(&whole, data, size);
    carry_out(&slow, data, size);
    if (whole.piece_matters)
        return 0;
    PROPERTY(whole.hash == slow.hash);
    PROPERTY(whole.data_hash == slow.data_hash);
    return 0;
}
