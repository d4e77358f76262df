/* SPDX-License-Identifier: MIT */
/*
 * fetch_sink - the options of an account become a sink.
 */
#include "cli/fetch_impl.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

/* One for each account: its lock is ours. The name is a hash (FNV-1a), as an
 * account may hold what no file name can. */
static bool
make_scratch(fetch *f)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    const char *p;

    if (f->scratch != NULL)
        return true;
    for (p = f->s->mailbox; *p != '\0'; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    if (asprintf(&f->scratch, "%s.%016" PRIx64, f->state_path, hash) != -1)
        return true;
    f->scratch = NULL;
    return false;
}

static const char *
recipient_of(const fetch *f)
{
    const options *opt = f->s->opt;

    if (opt->recipient != NULL)
        return opt->recipient;
    return opt->address != NULL ? opt->address : f->s->where.user;
}

mail_result
fetch_open_sink(fetch *f, mail_sink **sink, const char *name, bool create,
                mail_error *error)
{
    const options *opt = f->s->opt;
    sink_setup setup = {.create = create,
                        .sync = (mail_sync)opt->sync,
                        .line_ends = (mail_line_ends)opt->line_ends,
                        .account = f->s->account,
                        .recipient = recipient_of(f),
                        .max_messages = opt->max_messages,
                        .timeout_ms = opt->timeout_ms,
                        .deadline_ms = opt->deadline_ms};

    if (!make_scratch(f))
        return mail_fail_nomem(error);
    setup.scratch = f->scratch;
    return sink_open(sink, name, &setup, error);
}

void
fetch_sink_may_forget(mail_sink *sink)
{
    if (sink->ops->forget != NULL)
        sink->ops->forget(sink);
}
