/* SPDX-License-Identifier: MIT */
/*
 * config_check - what a configuration names outside of itself.
 */
#ifndef CLI_CONFIG_CHECK_H
#define CLI_CONFIG_CHECK_H

#include "cli/config.h"

/* Looks at the files and programs that a section names; reports what is
 * wrong by config_error(). Runs nothing and reads no secret. */
void config_check_section(config *c, const config_section *section);

#endif
