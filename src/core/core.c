/* SPDX-License-Identifier: MIT */
/*
 * core - a POP3 session without I/O: its life, its input, what it knows.
 *
 * Sending is in send.c and receiving in receive.c; both work on the struct of
 * core_impl.h. The receive buffer has one size, so that memory does not depend
 * on what a server sends: status lines and rows are bounded by a limit below
 * that size, and bodies pass through it in spans. It is there only while
 * octets flow: a driver that found nothing to read says so, and what is empty
 * then goes back to the heap, where the next session finds it, still warm.
 */
#include <stdlib.h>
#include <string.h>

#include "core/core_impl.h"
#include "core/greeting.h"
#include "core/send.h"

enum {
    /* In the second-level cache with room to spare, two dozen messages of
     * 4 KiB in one system call, and below what malloc(3) maps afresh. */
    RX_CAPACITY = 96 * 1024,
    RX_KEPT_MAX = 1024, /* more than that is not worth moving */
    TX_KEPT_MAX = 512,  /* octets that the next commands find there */
    QUEUE_KEPT_MAX = 8,
    REPLY_LINE_MIN = 512, /* RFC 1939 §3 */
    REPLY_LINE_MAX = 65536,
    REPLY_LINE_DEFAULT = 4096,
    CAPA_DEFAULT = 65536,
    ITEMS_DEFAULT = 10000000,
    CHALLENGE_DEFAULT = 12288,
    CHALLENGE_MAX = 49000, /* as base64, it fits into the receive buffer */
    CHALLENGES_DEFAULT = 8
};

const char *
pop3_version(void)
{
    return "0.1.0";
}

static void
fill_limits(pop3_limits *limits)
{
    if (limits->reply_line == 0)
        limits->reply_line = REPLY_LINE_DEFAULT;
    if (limits->capa_octets == 0)
        limits->capa_octets = CAPA_DEFAULT;
    if (limits->list_items == 0)
        limits->list_items = ITEMS_DEFAULT;
    if (limits->challenge == 0)
        limits->challenge = CHALLENGE_DEFAULT;
    if (limits->challenges == 0)
        limits->challenges = CHALLENGES_DEFAULT;
}

static bool
limits_valid(const pop3_limits *limits)
{
    return limits->reply_line >= REPLY_LINE_MIN &&
           limits->reply_line <= REPLY_LINE_MAX &&
           limits->challenge <= CHALLENGE_MAX;
}

/* Takes as much of the caller's struct as both sides know of. */
static void
take_options(pop3_core_options *to, const pop3_core_options *from)
{
    *to = (pop3_core_options)POP3_CORE_OPTIONS_INIT;
    if (from != NULL)
        memcpy(to, from, from->size < sizeof(*to) ? from->size : sizeof(*to));
    to->size = sizeof(*to);
    fill_limits(&to->limits);
}

pop3_result
pop3_core_new(pop3_core **core, const pop3_core_options *options)
{
    pop3_core *made = calloc(1, sizeof(*made));

    if (made == NULL)
        return POP3_ERR_NOMEM;
    take_options(&made->options, options);
    if (!limits_valid(&made->options.limits)) {
        free(made);
        return POP3_ERR_ARGUMENT;
    }
    made->scan = scan_best();
    made->state = POP3_STATE_GREETING;
    made->planned = POP3_STATE_AUTHORIZATION;
    made->tls = made->options.tls_active;
    made->stat_count = UINT64_MAX;
    window_start(&made->window, &made->options);
    fail_set(made, POP3_OK, NULL, "", NULL);
    *core = made;
    return POP3_OK;
}

/* Before the login, answers may quote a credential; the messages after it are
 * not ours to wipe, and what was never filled costs page faults. */
static void
release_rx(pop3_core *core)
{
    bytes_wipe(&core->rx, core->rx_secret);
    bytes_release(&core->rx);
}

void
pop3_core_free(pop3_core *core)
{
    if (core == NULL)
        return;
    release_rx(core);
    bytes_clear(&core->tx);
    bytes_clear(&core->greeting);
    capa_clear(&core->capa);
    capa_clear(&core->capa_coming);
    queue_clear(&core->queue);
    mask_clear(&core->mask);
    free(core);
}

pop3_result
pop3_core_input_buffer(pop3_core *core, void **ptr, size_t *len)
{
    pop3_result result = fail_if_over(core);

    if (result != POP3_OK)
        return result;
    if (core->rx.capacity < RX_CAPACITY &&
        !bytes_reserve(&core->rx, RX_CAPACITY - bytes_len(&core->rx)))
        return POP3_ERR_NOMEM;
    bytes_compact(&core->rx);
    if (core->rx.end == core->rx.capacity)
        return POP3_ERR_AGAIN;
    *ptr = core->rx.data + core->rx.end;
    *len = core->rx.capacity - core->rx.end;
    return POP3_OK;
}

/* What little is left is kept in as little. */
static void
give_back_rx(pop3_core *core)
{
    bytes kept = {0};
    size_t len = bytes_len(&core->rx);

    if (core->rx.capacity < RX_CAPACITY || len > RX_KEPT_MAX ||
        !bytes_append(&kept, bytes_ptr(&core->rx), len))
        return;
    release_rx(core);
    core->rx = kept;
    if (core->rx_secret > 0)
        core->rx_secret = len;
}

/* Nothing came: the session may rest for long. */
static void
rest(pop3_core *core)
{
    give_back_rx(core);
    if (bytes_len(&core->tx) == 0 && core->tx.capacity > TX_KEPT_MAX)
        bytes_clear(&core->tx);
    if (core->queue.length == 0 && core->queue.capacity > QUEUE_KEPT_MAX)
        queue_clear(&core->queue);
}

void
pop3_core_input_filled(pop3_core *core, size_t len)
{
    size_t room = core->rx.capacity - core->rx.end;

    core->rx.end += len < room ? len : room;
    if (core->state != POP3_STATE_TRANSACTION &&
        core->rx.end > core->rx_secret)
        core->rx_secret = core->rx.end;
    if (len == 0)
        rest(core);
}

void
pop3_core_input_eof(pop3_core *core)
{
    core->eof = true;
}

pop3_result
pop3_core_feed(pop3_core *core, const void *data, size_t len, size_t *taken)
{
    void *room = NULL;
    size_t room_len = 0;
    pop3_result result = pop3_core_input_buffer(core, &room, &room_len);

    if (result != POP3_OK)
        return result;
    if (len > room_len)
        len = room_len;
    if (len > 0)
        memcpy(room, data, len);
    pop3_core_input_filled(core, len);
    *taken = len;
    return POP3_OK;
}

pop3_result
pop3_core_mask(pop3_core *core, pop3_span secret)
{
    return mask_add(&core->mask, secret) ? POP3_OK : POP3_ERR_NOMEM;
}

void
pop3_core_set_trace(pop3_core *core, const pop3_trace *trace)
{
    const pop3_trace none = {0};

    core->options.trace = trace == NULL ? none : *trace;
}

pop3_state
pop3_core_state(const pop3_core *core)
{
    return core->state;
}

bool
pop3_core_is_quiet(const pop3_core *core)
{
    return core->phase == PHASE_STATUS && !send_reply_is_due(core);
}

bool
pop3_core_is_tls(const pop3_core *core)
{
    return core->tls;
}

size_t
pop3_core_pending(const pop3_core *core)
{
    return core->queue.length;
}

const pop3_capa *
pop3_core_capa(const pop3_core *core)
{
    return core->capa_known ? &core->capa : NULL;
}

pop3_span
pop3_core_greeting(const pop3_core *core)
{
    return (pop3_span){bytes_ptr(&core->greeting), bytes_len(&core->greeting)};
}

pop3_span
pop3_core_timestamp(const pop3_core *core)
{
    return greeting_timestamp(pop3_core_greeting(core));
}
