/* SPDX-License-Identifier: MIT */
/*
 * help - the tables of commands and flags, as text for people and as mdoc.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/command.h"

void help_program(FILE *out);
void help_command(FILE *out, const command *c);

/* The parts of the manual page that are made from the tables: commands, then
 * options. */
void help_mdoc(FILE *out);

/* That of pop3_config(5): the keys. */
void help_mdoc_keys(FILE *out);

#endif
