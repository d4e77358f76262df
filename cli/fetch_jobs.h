/* SPDX-License-Identifier: MIT */
/*
 * fetch_jobs - pop3 fetch with several accounts at once.
 */
#ifndef CLI_FETCH_JOBS_H
#define CLI_FETCH_JOBS_H

#include "cli/exit_status.h"
#include "cli/json.h"
#include "cli/options.h"

/* Fetches all of opt->accounts, at most opt->jobs of them at once; `j` stands
 * inside an array. A signal that came is to be raised by interrupt_end(). */
exit_status fetch_jobs(const options *opt, json *j);

#endif
