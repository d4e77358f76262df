/* SPDX-License-Identifier: MIT */
/*
 * sink - the name of a place for mail becomes an open sink.
 *
 * A new kind of delivery is a row in the table below and a file beside
 * maildir.c; nothing else in the program knows kinds of delivery.
 */
#include "mail/sink.h"

#include <string.h>

#include "mail/maildir.h"

#include "base/banned.h"

typedef struct sink_kind {
    const char *prefix;
    mail_result (*open)(mail_sink **sink, const char *path,
                        const sink_setup *setup, mail_error *error);
} sink_kind;

static const sink_kind kinds[] = {
    {"maildir:", maildir_open},
};

mail_result
sink_open(mail_sink **sink, const char *text, const sink_setup *setup,
          mail_error *error)
{
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t len = strlen(kinds[i].prefix);

        if (strncmp(text, kinds[i].prefix, len) == 0)
            return kinds[i].open(sink, text + len, setup, error);
    }
    return mail_fail(error, MAIL_ERR_CONFIG, 0,
                     "cannot deliver to \"%.200s\": the known form is "
                     "maildir:DIR",
                     text);
}

void
sink_close(mail_sink *sink)
{
    if (sink != NULL)
        sink->ops->close(sink);
}
