/* SPDX-License-Identifier: MIT */
/*
 * command_sink - a sink that gives each message to a program.
 */
#ifndef MAIL_COMMAND_SINK_H
#define MAIL_COMMAND_SINK_H

#include "mail/sink.h"

/* line: the program and its arguments, as split.h splits them. See
 * sink_open(). */
mail_result command_open(mail_sink **sink, const char *line,
                         const sink_setup *setup,
                         mail_error *error) MAIL_MUST_CHECK;

#endif
