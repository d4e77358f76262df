/* SPDX-License-Identifier: MIT */
/*
 * play_client - transcripts through the blocking calls of pop3_client.
 */
#ifndef HARNESS_PLAY_CLIENT_H
#define HARNESS_PLAY_CLIENT_H

#include "plan.h"
#include "transcript.h"

#include <string.h>

/* Whether the transcript is one that blocking calls can follow. */
bool play_client_can(const struct transcript *t);

/* The step of the next call from `from` on; t->count if there is none. */
size_t play_client_next_call(const struct transcript *t, size_t from);

/* Plays it once; true if all was as it should be. */
bool play_client_once(const struct transcript *t, struct plan plan,
                      const char *mode);

static inline bool
s_starts(const char *text, const char *with)
{
    return text != NULL && strncmp(text, with, strlen(with)) == 0;
}

#endif
