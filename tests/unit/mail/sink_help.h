/* SPDX-License-Identifier: MIT */
/*
 * sink_help.h - a sink in a scratch directory, and what it tells.
 */
#ifndef UNIT_MAIL_SINK_HELP_H
#define UNIT_MAIL_SINK_HELP_H

#include <mail/sink.h>

#include "harness/test.h"
#include "scratch.h"

static mail_error error;

/* What publish() told: one letter a message; and why the last one failed. */
static char told[64];
static mail_error told_why;

static inline mail_key
key_for(unsigned number)
{
    static const unsigned char octets[MAIL_KEY_RANDOM] = "twelve octet";
    mail_key made;

    mail_key_make(&made, octets, number);
    return made;
}

static inline void
tell(void *ctx, mail_outcome outcome, const mail_error *why)
{
    size_t len = strlen(told);

    (void)ctx;
    if (len + 1 < sizeof(told)) {
        told[len] = "?DLN"[outcome];
        told[len + 1] = '\0';
    }
    CHECK_INT(why != NULL, outcome == MAIL_LATER || outcome == MAIL_NEVER);
    if (why != NULL)
        told_why = *why;
}

static inline mail_result
publish(mail_sink *sink)
{
    told[0] = '\0';
    return sink->ops->publish(sink, tell, NULL, &error);
}

static inline mail_result
put(mail_sink *sink, unsigned number, const char *data, size_t len)
{
    mail_key key = key_for(number);
    mail_result result = sink->ops->begin(sink, &key, &error);

    if (result == MAIL_OK)
        result = sink->ops->write(sink, (pop3_span){data, len}, &error);
    if (result != MAIL_OK) {
        sink->ops->drop(sink);
        return result;
    }
    return sink->ops->finish(sink, &error);
}

static inline mail_result
put_text(mail_sink *sink, unsigned number, const char *text)
{
    return put(sink, number, text, strlen(text));
}

/* "kind:" and a path in the scratch directory. */
static inline mail_result
open_at(mail_sink **sink, const char *kind, const char *name,
        const sink_setup *setup)
{
    char text[700];

    *sink = NULL;
    (void)snprintf(text, sizeof(text), "%s%s", kind, scratch_path(name));
    return sink_open(sink, text, setup, &error);
}

/* Asks about messages 1 to `count`; one letter each: y or n. */
static inline const char *
ask(mail_sink *sink, size_t count)
{
    static char answers[16];
    mail_asked asked[15];
    size_t i;

    for (i = 0; i < count; i++)
        asked[i] = (mail_asked){.key = key_for((unsigned)i + 1), .index = i};
    if (sink->ops->recover(sink, asked, count, &error) != MAIL_OK)
        return error.text;
    for (i = 0; i < count; i++)
        answers[asked[i].index] = asked[i].found ? 'y' : 'n';
    answers[count] = '\0';
    return answers;
}

static inline size_t
read_file(const char *name, char *buffer, size_t size)
{
    FILE *file = fopen(scratch_path(name), "rb");
    size_t len = 0;

    if (file != NULL) {
        len = fread(buffer, 1, size, file);
        fclose(file);
    }
    return len;
}

#endif
