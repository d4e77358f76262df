/* SPDX-License-Identifier: MIT */
/*
 * config_append - one account more in the configuration file.
 */
#ifndef CLI_CONFIG_APPEND_H
#define CLI_CONFIG_APPEND_H

#include "cli/config.h"

/* Appends the text of a section to the file `c` was read from, and makes the
 * file if there is none. All that stands in it stays, octet by octet, with its
 * mode. FINE: it is durable; else nothing was changed, and what failed was
 * reported. With `dry_run` all is checked, and nothing written. */
exit_status config_append(const config *c, const char *section, bool dry_run);

#endif
