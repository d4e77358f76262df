/* SPDX-License-Identifier: MIT */
/*
 * progress - one line that is rewritten, on a terminal only.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Starts; does nothing from then on unless `wanted` and stderr is a terminal.
 * Octets are those that LIST told: an estimate. */
void progress_start(bool wanted, uint64_t messages, uint64_t octets);

/* So much more was received; shown at most ten times a second. */
void progress_octets(uint64_t octets);
void progress_message(void);

/* Takes the line off the screen, until it is drawn again. */
void progress_hide(void);
void progress_stop(void);

#endif
