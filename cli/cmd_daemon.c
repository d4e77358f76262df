/* SPDX-License-Identifier: MIT */
/*
 * cmd_daemon - pop3 daemon [ACCOUNT...]
 */
#include "cli/command.h"
#include "cli/daemon.h"

exit_status
cmd_daemon(const options *opt)
{
    return daemon_run(opt);
}
