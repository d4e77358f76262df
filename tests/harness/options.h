/* SPDX-License-Identifier: MIT */
/*
 * options - the O: lines of a transcript.
 */
#ifndef HARNESS_OPTIONS_H
#define HARNESS_OPTIONS_H

#include "transcript.h"

void options_default(struct transcript *t);

/* All words of one O: line; false for one that is unknown. */
bool options_parse(struct transcript *t, char *words);

#endif
