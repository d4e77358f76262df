/* SPDX-License-Identifier: MIT */
/*
 * stdout_sink - messages go down a pipe, as an mbox or one as it is.
 *
 * Each is complete before its first octet is written. It counts as delivered
 * once the pipe, or a file behind it, has taken all: what the reader does with
 * it cannot be known. So a crash, and a reader that ends early, may leave a
 * part of a message there, which is written again by the next run.
 *
 * A terminal is refused: mail may hold octets that command it (R24).
 */
#include "mail/stdout_sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mail/handover.h"
#include "mail/mboxrd.h"

#include "base/banned.h"

typedef struct output {
    handover base; /* the first: it begins with the sink */
    bool raw;
    bool used; /* raw, and there was a message */
    writer out;
    mboxrd format;
} output;

static output *
of(mail_sink *sink)
{
    return (output *)sink;
}

static mail_result
output_begin(mail_sink *sink, const mail_key *key, mail_error *error)
{
    output *o = of(sink);

    if (o->used)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "stdout:raw takes one message");
    return handover_begin(sink, key, error);
}

static int
put(output *o, const char *data, size_t len)
{
    return o->raw ? writer_put(&o->out, data, len)
                  : mboxrd_put(&o->format, data, len);
}

static int
copy(output *o)
{
    char buffer[16384];
    ssize_t n;
    int sys = 0;

    writer_start(&o->out, STDOUT_FILENO, true);
    if (!o->raw)
        sys = mboxrd_begin(&o->format, &o->out, (int64_t)time(NULL));
    while (sys == 0 &&
           (n = read(o->base.spool.fd, buffer, sizeof(buffer))) != 0)
        sys = n == -1 ? errno : put(o, buffer, (size_t)n);
    if (sys == 0 && !o->raw)
        sys = mboxrd_end(&o->format);
    return sys == 0 ? writer_end(&o->out) : sys;
}

/* Pipes and terminals have nothing to sync. */
static int
sync_output(void)
{
    if (fsync(STDOUT_FILENO) == 0 || errno == EINVAL || errno == EROFS ||
        errno == ENOTSUP)
        return 0;
    return errno;
}

static mail_result
output_finish(mail_sink *sink, mail_error *error)
{
    output *o = of(sink);
    mail_result result = spool_end(&o->base.spool, error);
    int sys = 0;

    if (result == MAIL_OK)
        sys = copy(o);
    if (result == MAIL_OK && sys == 0)
        sys = sync_output();
    if (sys == EPIPE)
        result = mail_fail(error, MAIL_ERR_BUSY, EPIPE,
                           "whoever read the standard output has ended: mail "
                           "that was not written completely is fetched again "
                           "by the next run");
    else if (sys != 0)
        result =
            mail_fail_sys(error, sys, "cannot write to the standard output");
    if (result == MAIL_OK) {
        o->used = o->raw;
        handover_settle(&o->base, MAIL_DONE);
    } else {
        handover_drop(sink);
    }
    return result;
}

static void
output_close(mail_sink *sink)
{
    handover_clear(&of(sink)->base);
    free(sink->name);
    free(sink);
}

static const mail_sink_ops output_ops = {
    .begin = output_begin,
    .write = handover_write,
    .finish = output_finish,
    .drop = handover_drop,
    .publish = handover_publish,
    .recover = handover_recover,
    .close = output_close,
};

static mail_result
check(bool raw, const sink_setup *setup, mail_error *error)
{
    if (isatty(STDOUT_FILENO) == 1)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "the standard output is a terminal, which mail could "
                         "command: lead it into a file or a program");
    if (raw && setup->max_messages != 1)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "stdout:raw is for one message: say --max-messages "
                         "1, or take stdout: for any number of them");
    if (!raw && setup->line_ends == MAIL_LINE_ENDS_AS_SENT)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "an mbox has LF line ends: take stdout:raw, or leave "
                         "--line-ends out");
    return MAIL_OK;
}

mail_result
stdout_open(mail_sink **sink, const char *form, const sink_setup *setup,
            mail_error *error)
{
    bool raw = strcmp(form, "raw") == 0;
    mail_result result;
    output *o;

    if (!raw && form[0] != '\0')
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "cannot deliver to \"stdout:%.100s\": it is stdout: "
                         "or stdout:raw",
                         form);
    result = check(raw, setup, error);
    if (result != MAIL_OK)
        return result;
    o = calloc(1, sizeof(*o));
    if (o == NULL)
        return mail_fail_nomem(error);
    o->raw = raw;
    handover_init(&o->base, &output_ops,
                  setup->line_ends != MAIL_LINE_ENDS_LF || !raw);
    o->base.sink.name = strdup(raw ? "stdout:raw" : "stdout:");
    if (o->base.sink.name == NULL) {
        free(o);
        return mail_fail_nomem(error);
    }
    *sink = &o->base.sink;
    return MAIL_OK;
}
