/* SPDX-License-Identifier: MIT */
/*
 * progress - one line that is rewritten, on a terminal only.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* How far something is. */
typedef struct progress_state {
    uint64_t messages_total;
    uint64_t messages;
    uint64_t octets_total;
    uint64_t octets;
} progress_state;

/* Starts; does nothing from then on unless `wanted` and stderr is a terminal.
 * Octets are those that LIST told: an estimate. */
void progress_start(bool wanted, uint64_t messages, uint64_t octets);

/* So much more was received; shown at most ten times a second. */
void progress_octets(uint64_t octets);
void progress_message(void);

/* From now on states go there, ten times a second, and none is shown. */
void progress_to(void (*take)(const progress_state *state));

/* Shows the state of several things together, as often as it may be. To be
 * started by progress_start(). */
void progress_set(const progress_state *state);

/* Takes the line off the screen, until it is drawn again. */
void progress_hide(void);
void progress_stop(void);

#endif
