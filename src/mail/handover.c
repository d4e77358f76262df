/* SPDX-License-Identifier: MIT */
/*
 * handover - one message at a time waits in a spool until it is complete, then
 * the sink's finish() gives it away, and publish() tells what came of it.
 *
 * Nobody can be asked later whether a message arrived, so recover() finds
 * none: what was in flight is handed over again, with the same key.
 */
#include "mail/handover.h"

#include "base/banned.h"

static handover *
of(mail_sink *sink)
{
    return (handover *)sink;
}

void
handover_init(handover *h, const mail_sink_ops *ops, bool as_sent)
{
    h->sink.ops = ops;
    h->sink.group_max = 1;
    h->sink.stable_keys = true;
    h->spool.fd = -1;
    h->as_sent = as_sent;
}

void
handover_clear(handover *h)
{
    spool_close(&h->spool);
}

mail_result
handover_begin(mail_sink *sink, const mail_key *key, mail_error *error)
{
    handover *h = of(sink);

    if (h->over || h->spool.fd != -1)
        return mail_fail(error, MAIL_ERR_BUSY, 0, "too many messages");
    h->key = *key;
    h->outcome = MAIL_UNKNOWN; /* not that of the message before */
    return spool_begin(&h->spool, h->as_sent, error);
}

mail_result
handover_write(mail_sink *sink, pop3_span part, mail_error *error)
{
    return spool_put(&of(sink)->spool, part, error);
}

void
handover_drop(mail_sink *sink)
{
    handover *h = of(sink);

    spool_close(&h->spool);
    if (!h->over)
        h->outcome = MAIL_UNKNOWN;
}

void
handover_settle(handover *h, mail_outcome outcome)
{
    spool_close(&h->spool);
    h->over = true;
    h->outcome = outcome;
}

mail_result
handover_publish(mail_sink *sink, mail_settled *settled, void *ctx,
                 mail_error *error)
{
    handover *h = of(sink);
    bool explained = h->outcome == MAIL_LATER || h->outcome == MAIL_NEVER;

    (void)error;
    handover_drop(sink);
    if (h->over)
        settled(ctx, h->outcome, explained ? &h->why : NULL);
    h->over = false;
    return MAIL_OK;
}

mail_result
handover_recover(mail_sink *sink, mail_asked *asked, size_t count,
                 mail_error *error)
{
    (void)sink;
    (void)asked;
    (void)count;
    (void)error;
    return MAIL_OK;
}
