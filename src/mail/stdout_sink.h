/* SPDX-License-Identifier: MIT */
/*
 * stdout_sink - a sink that writes messages to the standard output.
 */
#ifndef MAIL_STDOUT_SINK_H
#define MAIL_STDOUT_SINK_H

#include "mail/sink.h"

/* form: "" for mboxrd, "raw" for one message as it is. See sink_open(). */
mail_result stdout_open(mail_sink **sink, const char *form,
                        const sink_setup *setup,
                        mail_error *error) MAIL_MUST_CHECK;

#endif
