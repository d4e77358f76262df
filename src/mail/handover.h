/* SPDX-License-Identifier: MIT */
/*
 * handover - what sinks that hand each message over alone have in common.
 */
#ifndef MAIL_HANDOVER_H
#define MAIL_HANDOVER_H

#include "mail/sink.h"
#include "mail/spool.h"

typedef struct handover {
    mail_sink sink;
    mail_key key;         /* of the message in work */
    bool as_sent;         /* line ends stay what they are */
    spool spool;          /* open: a message was begun */
    bool over;            /* a message was handed over, or refused */
    mail_outcome outcome; /* of the message with that key */
    mail_error why;       /* for LATER and NEVER */
} handover;

/* All but the name. */
void handover_init(handover *h, const mail_sink_ops *ops, bool as_sent);
/* Drops what is in work. */
void handover_clear(handover *h);

/* As in sink.h. finish() is the sink's: between these two. */
mail_result handover_begin(mail_sink *sink, const mail_key *key,
                           mail_error *error) MAIL_MUST_CHECK;
mail_result handover_write(mail_sink *sink, pop3_span part,
                           mail_error *error) MAIL_MUST_CHECK;
void handover_drop(mail_sink *sink);
mail_result handover_publish(mail_sink *sink, mail_settled *settled, void *ctx,
                             mail_error *error) MAIL_MUST_CHECK;
mail_result handover_recover(mail_sink *sink, mail_asked *asked, size_t count,
                             mail_error *error) MAIL_MUST_CHECK;

/* What became of the message, for publish() to tell; drops the spool. The
 * second takes its reason from h->why. */
void handover_settle(handover *h, mail_outcome outcome);

#endif
