/* SPDX-License-Identifier: MIT */
/*
 * config_file - where the configuration file is, and its octets.
 */
#ifndef CLI_CONFIG_FILE_H
#define CLI_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/exit_status.h"

/* *path, to be freed: `given`, or config in $XDG_CONFIG_HOME/pop3 or
 * ~/.config/pop3; NULL if neither variable tells. Reports what fails. */
exit_status config_file_path(char **path, const char *given);

/* Reads the file; *text is to be freed, and has room for a NUL behind it. If
 * it is missing and need not be there, *text is NULL. Reports what fails. */
exit_status config_file_read(const char *path, bool must_exist, char **text,
                             size_t *len);

#endif
