/* SPDX-License-Identifier: MIT */
/*
 * sink - the name of a place for mail becomes an open sink.
 *
 * A new kind of delivery is a row in the table below and a file beside
 * maildir.c; nothing else in the program knows kinds of delivery.
 */
#include "mail/sink.h"

#include <string.h>

#include "mail/command_sink.h"
#include "mail/eml.h"
#include "mail/lmtp.h"
#include "mail/lmtp_where.h"
#include "mail/maildir.h"
#include "mail/mbox.h"
#include "mail/stdout_sink.h"

#include "base/banned.h"

typedef struct sink_kind {
    const char *prefix;
    const char *needs; /* what follows, in words; NULL: nothing need follow */
    bool only_lf;      /* line ends are no choice */
    mail_result (*open)(mail_sink **sink, const char *rest,
                        const sink_setup *setup, mail_error *error);
} sink_kind;

static const sink_kind kinds[] = {
    {"maildir:", "a directory, as in maildir:~/Mail", true, maildir_open},
    {"mbox:", "a file, as in mbox:~/mbox", true, mbox_open},
    {"eml:", "a directory, as in eml:~/messages", false, eml_open},
    {"cmd:", "a program, as in cmd: maildrop -d alice", false, command_open},
    {"lmtp:", "a server, as in lmtp:/run/dovecot/lmtp or lmtp://host:24",
     false, lmtp_open},
    {"lmtps:", "a server, as in lmtps://host:24", false, lmtps_open},
    {"stdout:", NULL, false, stdout_open},
};

enum {
    KINDS = sizeof(kinds) / sizeof(kinds[0])
};

/* The kind that the text begins with; NULL: none. */
static const sink_kind *
find_kind(const char *text)
{
    size_t i = 0;

    while (i < KINDS &&
           strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix)) != 0)
        i++;
    return i < KINDS ? &kinds[i] : NULL;
}

static mail_result
check_kind(const sink_kind *kind, const char *text, mail_error *error)
{
    if (kind == NULL)
        return mail_fail(
            error, MAIL_ERR_CONFIG, 0,
            "cannot deliver to \"%.200s\": the known forms are "
            "maildir:DIR, mbox:FILE, eml:DIR, cmd: PROGRAM, "
            "lmtp:/SOCKET, lmtp://HOST:PORT, lmtps://HOST:PORT and "
            "stdout:",
            text);
    if (kind->needs != NULL && text[strlen(kind->prefix)] == '\0')
        return mail_fail(error, MAIL_ERR_CONFIG, 0, "%s needs %s",
                         kind->prefix, kind->needs);
    return MAIL_OK;
}

mail_result
sink_check(const char *text, mail_error *error)
{
    const sink_kind *kind = find_kind(text);
    mail_result result = check_kind(kind, text, error);
    lmtp_where where;

    if (result != MAIL_OK || strncmp(kind->prefix, "lmtp", 4) != 0)
        return result;
    return lmtp_where_parse(&where, text + strlen(kind->prefix),
                            kind->prefix[4] == 's', error);
}

mail_result
sink_open(mail_sink **sink, const char *text, const sink_setup *setup,
          mail_error *error)
{
    const sink_kind *kind = find_kind(text);
    mail_result result = check_kind(kind, text, error);

    if (result != MAIL_OK)
        return result;
    if (kind->only_lf && setup->line_ends == MAIL_LINE_ENDS_AS_SENT)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "%s has LF line ends, and --line-ends says something "
                         "else: leave it out",
                         kind->prefix);
    return kind->open(sink, text + strlen(kind->prefix), setup, error);
}

void
sink_close(mail_sink *sink)
{
    if (sink != NULL)
        sink->ops->close(sink);
}
