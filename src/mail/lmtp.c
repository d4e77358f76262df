/* SPDX-License-Identifier: MIT */
/*
 * lmtp - what the replies of an LMTP server mean for a message.
 *
 *   each recipient took it            delivered
 *   one said 4xx                      later; those who took it do not get it
 *                                     again (lmtp_accepted.c)
 *   one said 5xx, nobody 4xx          refused for good: it stays on the POP3
 *                                     server, and a person is told
 *   MAIL or DATA was refused by 4xx,  the same
 *   or for its size or content
 *   MAIL, DATA or RCPT was refused    the configuration is wrong: the session
 *   by another 5xx                    ends, and nothing is held against the
 *                                     message
 *   the connection was lost           later, with the same Delivery-Id; after
 *                                     TROUBLES_MAX of them in a row the server
 *                                     counts as down
 *
 * The connection stays open between messages. One that the server closed
 * meanwhile is opened once more before that counts.
 */
#include "mail/lmtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/handover.h"
#include "mail/lmtp_accepted.h"
#include "mail/lmtp_talk.h"

#include "base/banned.h"

enum {
    RECIPIENTS_MAX = 100,
    RECIPIENT_SIZE = 320,
    TROUBLES_MAX = 3,
    TIMEOUT_MS = 180000,
    DEADLINE_MS = 600000
};

typedef struct lmtp {
    handover base; /* the first: it begins with the sink */
    lmtp_where where;
    lmtp_talk talk;
    uint64_t deadline_ms;
    char *words; /* the recipients, with NUL behind each */
    const char *recipients[RECIPIENTS_MAX];
    size_t recipient_count;
    bool utf8; /* one of them needs it */
    lmtp_accepted accepted;
    unsigned troubles; /* connections that were lost, in a row */
    const char *open[RECIPIENTS_MAX]; /* who has not got the message yet */
    size_t open_count;
    lmtp_reply replies[RECIPIENTS_MAX + 1];
} lmtp;

static lmtp *
of(mail_sink *sink)
{
    return (lmtp *)sink;
}

static void
find_open(lmtp *l)
{
    size_t i;

    l->open_count = 0;
    for (i = 0; i < l->recipient_count; i++) {
        if (!lmtp_accepted_has(&l->accepted, &l->base.key, l->recipients[i]))
            l->open[l->open_count++] = l->recipients[i];
    }
}

/* As "5.6.0", with the text behind it; or the text alone. */
static const char *
status_of(const lmtp_reply *reply)
{
    return strlen(reply->text) > 4 ? reply->text + 4 : "";
}

/* Later or never, by the code. A mailbox that is full (5.2.2) is not so for
 * ever: "a persistent transient failure" (RFC 3463 §3.3). */
static mail_outcome
refuse(lmtp *l, const char *what, const lmtp_reply *reply)
{
    bool never =
        reply->code >= 500 && strncmp(status_of(reply), "5.2.2", 5) != 0;

    (void)mail_fail(&l->base.why, MAIL_ERR_BUSY, 0, "%.330s%s: %s", what,
                    never ? " refused it for good" : " refused it for now",
                    reply->text);
    return never ? MAIL_NEVER : MAIL_LATER;
}

/* Remembers who took it, if it has to be sent again to others. */
static mail_result
remember_takers(lmtp *l, mail_error *error)
{
    mail_result result = MAIL_OK;
    size_t i;

    for (i = 0; result == MAIL_OK && i < l->open_count; i++) {
        if (l->replies[i].code / 100 == 2)
            result = lmtp_accepted_add(&l->accepted, &l->base.key, l->open[i],
                                       error);
    }
    return result;
}

/* The replies after the dot, one for each of l->open. */
static mail_result
judge_replies(lmtp *l, mail_outcome *outcome, mail_error *error)
{
    const lmtp_reply *worst = NULL;
    size_t who = 0;
    size_t i;

    for (i = 0; i < l->open_count; i++) {
        const lmtp_reply *reply = &l->replies[i];
        bool later = reply->code / 100 == 4;

        if (reply->code / 100 == 2 ||
            (worst != NULL && (!later || worst->code / 100 == 4)))
            continue;
        worst = reply;
        who = i;
    }
    *outcome = MAIL_DONE;
    if (worst == NULL)
        return MAIL_OK;
    *outcome = refuse(l, l->open[who], worst);
    return remember_takers(l, error);
}

/* Whether a 5xx that MAIL or DATA was answered is about this message: its
 * size, or what it holds. Any other the server would give to each. */
static bool
is_about_message(const lmtp_reply *reply)
{
    const char *status = status_of(reply);

    return reply->code == 552 || strncmp(status, "5.3.4", 5) == 0 ||
           strncmp(status, "5.6.", 4) == 0 ||
           (reply->code == 554 && strncmp(status, "5.", 2) != 0);
}

/* MAIL or DATA was refused. */
static mail_result
judge_refusal(lmtp *l, mail_outcome *outcome, mail_error *error)
{
    const lmtp_reply *reply = &l->replies[0];

    if (reply->code >= 500 && !is_about_message(reply))
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "the LMTP server takes no mail from here: %s",
                         reply->text);
    *outcome = refuse(l, "the LMTP server", reply);
    return MAIL_OK;
}

/* It was cut off before all had answered: those who took it do not get it
 * again. */
static mail_result
cut_off(lmtp *l, mail_result result, mail_error *error)
{
    mail_error other;
    mail_result kept = remember_takers(l, &other);

    if (kept == MAIL_OK)
        return result;
    *error = other;
    return kept;
}

static mail_result
hand_over(lmtp *l, const lmtp_message *message, mail_outcome *outcome,
          mail_error *error)
{
    bool not_now;
    mail_result result = lmtp_talk_message(&l->talk, message, l->replies,
                                           l->open_count, &not_now, error);

    if (result != MAIL_OK)
        return cut_off(l, result, error);
    if (!not_now)
        return judge_replies(l, outcome, error);
    result = judge_refusal(l, outcome, error);
    lmtp_talk_reset(&l->talk);
    return result;
}

/* What MAIL and RCPT were answered. *go: the message may follow. */
static mail_result
judge_envelope(lmtp *l, bool *go, mail_outcome *outcome, mail_error *error)
{
    size_t i = 0;

    *go = false;
    if (l->replies[0].code / 100 != 2)
        return judge_refusal(l, outcome, error);
    while (i < l->open_count && l->replies[i + 1].code / 100 == 2)
        i++;
    *go = i == l->open_count;
    if (*go)
        return MAIL_OK;
    if (l->replies[i + 1].code < 500) {
        *outcome = refuse(l, l->open[i], &l->replies[i + 1]);
        return MAIL_OK;
    }
    return mail_fail(error, MAIL_ERR_CONFIG, 0,
                     "the LMTP server does not take mail for %.200s: %s; see "
                     "--recipient",
                     l->open[i], l->replies[i + 1].text);
}

/* The server's limit, known before anything is sent. */
static bool
is_too_large(lmtp *l)
{
    uint64_t octets = l->base.spool.out.octets + 100;

    if (l->talk.size_max == 0 || octets <= l->talk.size_max)
        return false;
    (void)mail_fail(&l->base.why, MAIL_ERR_BUSY, 0,
                    "it is larger than the LMTP server takes");
    return true;
}

/* Connected, and MAIL and RCPT answered. An old connection may be closed. */
static mail_result
reach(lmtp *l, const lmtp_message *message, mail_error *error)
{
    mail_result result = MAIL_ERR_BUSY;
    bool old = l->talk.link.open;

    if (old)
        result = lmtp_talk_envelope(&l->talk, message, l->replies, error);
    if (old && (result != MAIL_OK || l->replies[0].code == 421))
        lmtp_link_close(&l->talk.link);
    if (l->talk.link.open)
        return result;
    result = lmtp_talk_open(&l->talk, l->deadline_ms, error);
    if (result == MAIL_OK)
        result = lmtp_talk_envelope(&l->talk, message, l->replies, error);
    return result;
}

static mail_result
transfer(lmtp *l, mail_outcome *outcome, mail_error *error)
{
    const lmtp_message message = {.fd = l->base.spool.fd,
                                  .octets = l->base.spool.out.octets,
                                  .eight_bit = l->base.spool.eight_bit,
                                  .utf8 = l->utf8,
                                  .recipients = l->open,
                                  .recipient_count = l->open_count,
                                  .key = &l->base.key,
                                  .deadline_ms = l->deadline_ms};
    mail_result result = reach(l, &message, error);
    bool go = false;

    if (result != MAIL_OK)
        return result;
    if (l->utf8 && !l->talk.smtputf8)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "the LMTP server does not take addresses in UTF-8");
    if (is_too_large(l)) {
        *outcome = MAIL_NEVER;
        lmtp_talk_reset(&l->talk);
        return MAIL_OK;
    }
    result = judge_envelope(l, &go, outcome, error);
    if (result == MAIL_OK && go)
        return hand_over(l, &message, outcome, error);
    lmtp_talk_reset(&l->talk);
    return result;
}

/* One lost connection is held against nobody but this message. */
static bool
may_go_on(lmtp *l, mail_result result, const mail_error *error,
          mail_outcome *outcome)
{
    if (result != MAIL_ERR_BUSY || ++l->troubles >= TROUBLES_MAX)
        return false;
    l->base.why = *error;
    *outcome = MAIL_LATER;
    return true;
}

static mail_result
lmtp_finish(mail_sink *sink, mail_error *error)
{
    lmtp *l = of(sink);
    mail_outcome outcome = MAIL_DONE; /* if all have it already */
    mail_result result = spool_end(&l->base.spool, error);

    find_open(l);
    if (result == MAIL_OK && l->open_count > 0) {
        result = transfer(l, &outcome, error);
        if (result == MAIL_OK)
            l->troubles = 0;
        else if (may_go_on(l, result, error, &outcome))
            result = MAIL_OK;
    }
    if (result == MAIL_OK)
        handover_settle(&l->base, outcome);
    else
        handover_drop(sink);
    return result;
}

static void
lmtp_forget(mail_sink *sink)
{
    lmtp *l = of(sink);

    if (l->base.outcome == MAIL_DONE)
        lmtp_accepted_drop(&l->accepted, &l->base.key);
}

static void
release(lmtp *l)
{
    lmtp_talk_close(&l->talk);
    lmtp_accepted_clear(&l->accepted);
    free(l->words);
    free(l->base.sink.name);
    free(l);
}

static void
lmtp_close(mail_sink *sink)
{
    handover_clear(&of(sink)->base);
    release(of(sink));
}

static const mail_sink_ops lmtp_ops = {
    .begin = handover_begin,
    .write = handover_write,
    .finish = lmtp_finish,
    .drop = handover_drop,
    .publish = handover_publish,
    .recover = handover_recover,
    .forget = lmtp_forget,
    .close = lmtp_close,
};

/* One word, which is to be an address: nothing that could end the command. */
static bool
add_recipient(lmtp *l, const char *word)
{
    const char *p;

    if (l->recipient_count == RECIPIENTS_MAX || strlen(word) >= RECIPIENT_SIZE)
        return false;
    for (p = word; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;

        if (c <= ' ' || c == 127 || c == '<' || c == '>')
            return false;
        l->utf8 = l->utf8 || c > 127;
    }
    l->recipients[l->recipient_count++] = word;
    return true;
}

static bool
split_recipients(lmtp *l)
{
    static const char gaps[] = ", \t";
    char *p = l->words;

    for (;;) {
        char *word = p + strspn(p, gaps);
        size_t len = strcspn(word, gaps);
        bool last = word[len] == '\0';

        if (len == 0)
            return l->recipient_count > 0;
        word[len] = '\0';
        if (!add_recipient(l, word))
            return false;
        if (last)
            return true;
        p = word + len + 1;
    }
}

static mail_result
lmtp_init(lmtp *l, const sink_setup *setup, const char *text,
          mail_error *error)
{
    if (setup->line_ends == MAIL_LINE_ENDS_LF)
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "LMTP has CRLF line ends, and --line-ends says "
                         "something else: leave it out");
    l->words = strdup(setup->recipient == NULL ? "" : setup->recipient);
    l->base.sink.name = strdup(text);
    if (l->words == NULL || l->base.sink.name == NULL)
        return mail_fail_nomem(error);
    if (!split_recipients(l))
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "LMTP needs one to 100 addresses, without <>: see "
                         "--recipient");
    if (setup->scratch != NULL &&
        asprintf(&l->accepted.path, "%s.lmtp", setup->scratch) == -1) {
        l->accepted.path = NULL;
        return mail_fail_nomem(error);
    }
    l->deadline_ms = setup->deadline_ms > 0 ? setup->deadline_ms : DEADLINE_MS;
    l->talk.link.where = &l->where;
    l->talk.link.timeout_ms =
        setup->timeout_ms > 0 ? setup->timeout_ms : TIMEOUT_MS;
    handover_init(&l->base, &lmtp_ops, true);
    return lmtp_accepted_load(&l->accepted, error);
}

static mail_result
open_as(mail_sink **sink, const char *scheme, const char *rest,
        const sink_setup *setup, mail_error *error)
{
    bool implicit = strcmp(scheme, "lmtps:") == 0;
    char text[sizeof(lmtp_where) + 64];
    mail_result result;
    lmtp *l = calloc(1, sizeof(*l));

    if (l == NULL)
        return mail_fail_nomem(error);
    (void)snprintf(text, sizeof(text), "%s%s", scheme, rest);
    result = lmtp_where_parse(&l->where, rest, implicit, error);
    if (result == MAIL_OK)
        result = lmtp_init(l, setup, text, error);
    if (result == MAIL_OK)
        *sink = &l->base.sink;
    else
        release(l);
    return result;
}

mail_result
lmtp_open(mail_sink **sink, const char *rest, const sink_setup *setup,
          mail_error *error)
{
    return open_as(sink, "lmtp:", rest, setup, error);
}

mail_result
lmtps_open(mail_sink **sink, const char *rest, const sink_setup *setup,
           mail_error *error)
{
    return open_as(sink, "lmtps:", rest, setup, error);
}
