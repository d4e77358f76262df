/* SPDX-License-Identifier: MIT */
/*
 * mbox - a sink that appends to a file in the mboxrd format.
 */
#ifndef MAIL_MBOX_H
#define MAIL_MBOX_H

#include "mail/sink.h"

/* path: the file; "~/" is the home directory. See sink_open(). */
mail_result mbox_open(mail_sink **sink, const char *path,
                      const sink_setup *setup,
                      mail_error *error) MAIL_MUST_CHECK;

#endif
