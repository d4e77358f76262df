/* SPDX-License-Identifier: MIT */
/*
 * maildir - a sink that delivers into a Maildir.
 */
#ifndef MAIL_MAILDIR_H
#define MAIL_MAILDIR_H

#include "mail/sink.h"

/* path: the directory that holds tmp, new and cur; "~/" is the home
 * directory. See sink_open(). */
mail_result maildir_open(mail_sink **sink, const char *path,
                         const sink_setup *setup,
                         mail_error *error) MAIL_MUST_CHECK;

#endif
