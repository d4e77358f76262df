/* SPDX-License-Identifier: MIT */
/*
 * eml - a sink that makes a file of each message, in one directory.
 */
#ifndef MAIL_EML_H
#define MAIL_EML_H

#include "mail/sink.h"

/* path: the directory; "~/" is the home directory. See sink_open(). */
mail_result eml_open(mail_sink **sink, const char *path,
                     const sink_setup *setup,
                     mail_error *error) MAIL_MUST_CHECK;

#endif
