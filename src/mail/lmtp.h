/* SPDX-License-Identifier: MIT */
/*
 * lmtp - a sink that hands each message to an LMTP server.
 */
#ifndef MAIL_LMTP_H
#define MAIL_LMTP_H

#include "mail/sink.h"

/* rest: what follows "lmtp:" and "lmtps:"; see lmtp_where.h. See sink_open().
 */
mail_result lmtp_open(mail_sink **sink, const char *rest,
                      const sink_setup *setup,
                      mail_error *error) MAIL_MUST_CHECK;
mail_result lmtps_open(mail_sink **sink, const char *rest,
                       const sink_setup *setup,
                       mail_error *error) MAIL_MUST_CHECK;

#endif
