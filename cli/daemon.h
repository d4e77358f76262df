/* SPDX-License-Identifier: MIT */
/*
 * daemon - all accounts, each at its interval, until it is told to end.
 */
#ifndef CLI_DAEMON_H
#define CLI_DAEMON_H

#include "cli/exit_status.h"
#include "cli/options.h"

/* Runs in the foreground. `line` has the command line: names of accounts, or
 * none for all of the configuration. */
exit_status daemon_run(const options *line);

#endif
