/* SPDX-License-Identifier: MIT */
/*
 * window - how much may be in flight (RFC 2449 §6.6).
 *
 * Two bounds, and the narrower counts:
 *   - octets of command lines, so that the server's receive buffer holds them
 *     even while it waits for us to read;
 *   - octets of the answers that they will bring, so that what was asked for
 *     in vain, when a session breaks or is given up, is bounded. WINDOW_LEAST
 *     commands may always be in flight.
 *
 * The size of an answer is what the caller knows of it (by LIST), or else the
 * mean of the messages received so far. It is only a guess: nothing is framed
 * or allocated by it (quirk 17).
 *
 * The round trip shows without a clock. When the client has used up all that
 * came, and stands between two answers with its window full, the server waits
 * for questions that the window holds back: the way is longer than the window.
 * So the answers' window starts small, which is all that a near server needs,
 * and takes its final size when that was seen behind about a whole window.
 *
 * It is refilled when it is half empty, not one command for each answer: one
 * write serves many commands then.
 */
#include "core/window.h"

#include "core/core_impl.h"

enum {
    COMMANDS_DEFAULT = 65536,
    ANSWERS_NEAR = 1 << 20,
    ANSWERS_FAR = 16 << 20,
    WINDOW_LEAST = 32,
    HINT_MAX = 1 << 30,
    /* guesses */
    STATUS_OCTETS = 64,
    ROW_OCTETS = 32,
    ROWS_OCTETS = 4096,
    MESSAGE_OCTETS = 16384,
    MEAN_WEIGHT = 8
};

void
window_start(window *w, const pop3_core_options *options)
{
    *w = (window){.size = options->window_answers, .mean = MESSAGE_OCTETS};
    if (w->size == 0)
        w->size = ANSWERS_NEAR;
}

uint32_t
window_hint(uint64_t octets)
{
    return octets < HINT_MAX ? (uint32_t)octets : HINT_MAX;
}

static uint64_t
rows_octets(const pop3_core *core, pop3_verb verb)
{
    if ((verb != POP3_CMD_LIST && verb != POP3_CMD_UIDL) ||
        core->stat_count > HINT_MAX / ROW_OCTETS)
        return ROWS_OCTETS;
    return core->stat_count * ROW_OCTETS;
}

static uint64_t
expected(const pop3_core *core, const queue_entry *entry)
{
    switch (entry->body) {
    case BODY_NONE:
        break;
    case BODY_ROWS:
        return STATUS_OCTETS + rows_octets(core, entry->verb);
    case BODY_DATA:
        return STATUS_OCTETS +
               (entry->expected == 0 ? core->window.mean : entry->expected);
    }
    return STATUS_OCTETS;
}

bool
window_has_room(pop3_core *core, const queue_entry *next)
{
    window *w = &core->window;
    uint64_t limit = core->options.window_octets;

    if (limit == 0)
        limit = COMMANDS_DEFAULT;
    if (w->commands + next->octets > limit)
        return false;
    if (w->answers <= w->size / 2)
        w->filling = true;
    if (w->answers + expected(core, next) > w->size)
        w->filling = false;
    return w->filling || core->in_flight < WINDOW_LEAST;
}

void
window_take(pop3_core *core, queue_entry *entry)
{
    entry->expected = window_hint(expected(core, entry));
    core->window.commands += entry->octets;
    core->window.answers += entry->expected;
}

void
window_give(window *w, const queue_entry *entry)
{
    w->commands -= entry->octets;
    w->answers -= entry->expected;
}

void
window_learn(window *w, uint64_t octets)
{
    w->answered += octets;
    w->mean =
        (w->mean * (MEAN_WEIGHT - 1) + window_hint(octets)) / MEAN_WEIGHT;
}

bool
window_widen(pop3_core *core)
{
    window *w = &core->window;

    if (core->options.window_answers != 0 || w->size == ANSWERS_FAR ||
        w->answered < w->size - w->size / 8 || w->filling ||
        core->queue.length == core->in_flight)
        return false;
    w->size = ANSWERS_FAR;
    w->filling = true;
    return true;
}
