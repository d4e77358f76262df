/* SPDX-License-Identifier: MIT */
/*
 * results - names of results, verbs and response codes in transcripts.
 */
#ifndef HARNESS_RESULTS_H
#define HARNESS_RESULTS_H

#include <pop3.h>

const char *transcript_resp(pop3_resp_code code);
const char *transcript_state(pop3_state state);

#endif
