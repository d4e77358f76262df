/* SPDX-License-Identifier: MIT */
/*
 * lmtp_talk - LHLO, MAIL, RCPT, DATA or BDAT, and a reply for each recipient.
 *
 * With CHUNKING (RFC 3030) the length is announced and the message goes octet
 * for octet as it came; else behind DATA, with its line ends mended and its
 * dots doubled (lmtp_body.c). A header field Delivery-Id stands before it: the
 * same one if the message ever comes again. The sender is empty: POP3 does not
 * tell it, and nobody shall bounce to an address from a header (R28).
 *
 * MAIL and RCPT go in one turn where PIPELINING was announced (RFC 2920); DATA
 * waits for their replies, as a message that some recipients must not get
 * could not be called back.
 *
 * Replies are told apart by their order alone. One too many, which some server
 * sends behind a message, would make each later one count for the question
 * before it, and a refused message look delivered. So each turn begins with a
 * look whether the server is silent (R21).
 */
#include "mail/lmtp_talk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "mail/lmtp_body.h"

#include "base/banned.h"

enum {
    LINES_MAX = 100, /* of one reply */
    PIECE = 8192,
    ENVELOPE_SIZE = 1024,
    QUIT_MS = 2000
};

/* ---- replies ---- */

static mail_result
out_of_step(lmtp_talk *t, const char *line, mail_error *error)
{
    char shown[LMTP_SAID_SIZE];
    text_builder text = text_start(shown, sizeof(shown));
    size_t budget = 100;

    text_add_printable(&text, line, strlen(line), &budget);
    lmtp_link_close(&t->link);
    return mail_fail(error, MAIL_ERR_BUSY, 0,
                     "the LMTP server does not speak LMTP: \"%s\"", shown);
}

/* The code of a line, or 0. */
static int
code_of(const char *line)
{
    if (strspn(line, "0123456789") != 3 || line[0] < '2' || line[0] > '5' ||
        (line[3] != ' ' && line[3] != '-' && line[3] != '\0'))
        return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

typedef void on_line(lmtp_talk *t, const char *line);

/* `each` gets what follows the code of every line; NULL: nobody does. */
static mail_result
read_reply(lmtp_talk *t, lmtp_reply *reply, on_line *each, mail_error *error)
{
    char line[LMTP_LINE_MAX + 1];
    int lines;

    for (lines = 0; lines < LINES_MAX; lines++) {
        mail_result result = lmtp_link_line(&t->link, line, error);
        text_builder text = text_start(reply->text, sizeof(reply->text));
        size_t budget = sizeof(reply->text);

        if (result != MAIL_OK)
            return result;
        reply->code = code_of(line);
        if (reply->code == 0)
            return out_of_step(t, line, error);
        text_add_printable(&text, line, strlen(line), &budget);
        if (each != NULL)
            each(t, line[3] == '\0' ? "" : line + 4);
        if (line[3] != '-')
            return MAIL_OK;
    }
    return out_of_step(t, "an answer without end", error);
}

static mail_result
ask(lmtp_talk *t, const char *line, lmtp_reply *reply, on_line *each,
    mail_error *error)
{
    mail_result result = lmtp_link_expect_silence(&t->link, error);

    if (result == MAIL_OK)
        result = lmtp_link_send(&t->link, line, strlen(line), error);
    return result == MAIL_OK ? read_reply(t, reply, each, error) : result;
}

/* ---- greeting ---- */

static mail_result
refused(lmtp_talk *t, const char *what, const lmtp_reply *reply,
        mail_error *error)
{
    lmtp_link_close(&t->link);
    return mail_fail(error,
                     reply->code >= 500 ? MAIL_ERR_CONFIG : MAIL_ERR_BUSY, 0,
                     "the LMTP server refused %s: %s", what, reply->text);
}

static bool
names(const char *line, const char *keyword)
{
    return text_equal_caseless(line, strcspn(line, " "), keyword);
}

static void
note_capability(lmtp_talk *t, const char *line)
{
    if (names(line, "PIPELINING"))
        t->pipelining = true;
    else if (names(line, "8BITMIME"))
        t->eight_bit = true;
    else if (names(line, "SMTPUTF8"))
        t->smtputf8 = true;
    else if (names(line, "CHUNKING"))
        t->chunking = true;
    else if (names(line, "STARTTLS"))
        t->starttls = true;
    else if (names(line, "SIZE")) {
        size_t digits = strspn(line + 4, " ");
        const char *p = line + 4 + digits;

        digits = strspn(p, "0123456789");
        t->has_size = true;
        for (t->size_max = 0; digits > 0 && digits <= 18; digits--)
            t->size_max = t->size_max * 10 + (uint64_t)(*p++ - '0');
    }
}

/* Letters, digits, dots and dashes of our name. */
static void
our_name(char *name, size_t size)
{
    char *p;

    if (gethostname(name, size) == -1 || name[0] == '\0')
        (void)snprintf(name, size, "localhost");
    name[size - 1] = '\0';
    for (p = name; *p != '\0'; p++) {
        if (!text_is_letter(*p) && (*p < '0' || *p > '9') && *p != '.')
            *p = '-';
    }
}

static mail_result
say_hello(lmtp_talk *t, mail_error *error)
{
    lmtp_reply reply;
    char name[65];
    char line[80];
    mail_result result;

    t->pipelining = t->eight_bit = t->smtputf8 = false;
    t->chunking = t->starttls = t->has_size = false;
    t->size_max = 0;
    our_name(name, sizeof(name));
    (void)snprintf(line, sizeof(line), "LHLO %s\r\n", name);
    result = ask(t, line, &reply, note_capability, error);
    if (result == MAIL_OK && reply.code / 100 != 2)
        result = refused(t, "LHLO", &reply, error);
    return result;
}

static mail_result
turn_to_tls(lmtp_talk *t, mail_error *error)
{
    lmtp_reply reply;
    mail_result result;

    if (!t->starttls) {
        lmtp_link_close(&t->link);
        return mail_fail(error, MAIL_ERR_CONFIG, 0,
                         "the LMTP server %.150s has no STARTTLS, and mail "
                         "would go in clear text: use lmtps://, or say "
                         "?tls=none behind the port if the way there is safe",
                         t->link.where->host);
    }
    result = ask(t, "STARTTLS\r\n", &reply, NULL, error);
    if (result == MAIL_OK && reply.code != 220)
        result = refused(t, "STARTTLS", &reply, error);
    if (result == MAIL_OK)
        result = lmtp_link_start_tls(&t->link, error);
    /* What was said in clear text counts for nothing (R1). */
    return result == MAIL_OK ? say_hello(t, error) : result;
}

mail_result
lmtp_talk_open(lmtp_talk *t, uint64_t deadline_ms, mail_error *error)
{
    lmtp_reply reply;
    mail_result result;

    lmtp_link_allow(&t->link, deadline_ms);
    result = lmtp_link_open(&t->link, error);
    if (result == MAIL_OK)
        result = read_reply(t, &reply, NULL, error);
    if (result == MAIL_OK && reply.code != 220)
        result = refused(t, "the connection", &reply, error);
    if (result == MAIL_OK)
        result = say_hello(t, error);
    if (result == MAIL_OK && t->link.where->tls == LMTP_TLS_STARTTLS)
        result = turn_to_tls(t, error);
    return result;
}

/* ---- a message ---- */

static size_t
write_field(const lmtp_message *message, char *out, size_t size)
{
    return (size_t)snprintf(out, size, "Delivery-Id: <%s@pop3>\r\n",
                            message->key->text);
}

static size_t
write_mail(const lmtp_talk *t, const lmtp_message *message, char *out,
           size_t size)
{
    char field[100];
    char octets[40] = "";
    uint64_t all =
        message->octets + write_field(message, field, sizeof(field));

    if (t->has_size)
        (void)snprintf(octets, sizeof(octets), " SIZE=%" PRIu64, all);
    return (size_t)snprintf(
        out, size, "MAIL FROM:<>%s%s%s\r\n", octets,
        t->eight_bit && message->eight_bit ? " BODY=8BITMIME" : "",
        t->smtputf8 && message->utf8 ? " SMTPUTF8" : "");
}

/* Number 0 is MAIL, the others are RCPT. */
static size_t
write_line(const lmtp_talk *t, const lmtp_message *message, size_t number,
           char *out, size_t size)
{
    return number == 0 ? write_mail(t, message, out, size)
                       : (size_t)snprintf(out, size, "RCPT TO:<%s>\r\n",
                                          message->recipients[number - 1]);
}

static mail_result
send_line(lmtp_talk *t, const lmtp_message *message, size_t number,
          mail_error *error)
{
    char line[ENVELOPE_SIZE];
    size_t len = write_line(t, message, number, line, sizeof(line));

    return lmtp_link_send(&t->link, line, len, error);
}

mail_result
lmtp_talk_envelope(lmtp_talk *t, const lmtp_message *message,
                   lmtp_reply *replies, mail_error *error)
{
    size_t count = message->recipient_count + 1;
    mail_result result = MAIL_OK;
    size_t asked = 0;
    size_t i;

    /* A thousand octets a second are enough. */
    lmtp_link_allow(&t->link, message->deadline_ms + message->octets);
    for (i = 0; result == MAIL_OK && i < count; i++) {
        if (asked == i)
            result = lmtp_link_expect_silence(&t->link, error);
        while (result == MAIL_OK && asked < (t->pipelining ? count : i + 1))
            result = send_line(t, message, asked++, error);
        if (result == MAIL_OK)
            result = read_reply(t, &replies[i], NULL, error);
    }
    return result;
}

/* The message by `write`, as it is or as a body. */
static mail_result
send_all(lmtp_talk *t, const lmtp_message *message, lmtp_body *body,
         mail_error *error)
{
    char in[PIECE];
    char out[LMTP_BODY_GROWTH * PIECE + LMTP_BODY_TAIL];
    mail_result result;
    ssize_t n;

    result = lmtp_link_send(&t->link, out,
                            write_field(message, out, sizeof(out)), error);
    while (result == MAIL_OK && (n = read(message->fd, in, sizeof(in))) != 0) {
        if (n == -1)
            return mail_fail_sys(error, errno, "cannot read a message");
        if (body == NULL)
            result = lmtp_link_send(&t->link, in, (size_t)n, error);
        else
            result = lmtp_link_send(
                &t->link, out, lmtp_body_put(body, in, (size_t)n, out), error);
    }
    if (result == MAIL_OK && body != NULL)
        result =
            lmtp_link_send(&t->link, out, lmtp_body_end(body, out), error);
    return result;
}

static mail_result
send_chunk(lmtp_talk *t, const lmtp_message *message, mail_error *error)
{
    char line[200];
    uint64_t all = message->octets + write_field(message, line, sizeof(line));
    int len = snprintf(line, sizeof(line), "BDAT %" PRIu64 " LAST\r\n", all);
    mail_result result = lmtp_link_expect_silence(&t->link, error);

    if (result == MAIL_OK)
        result = lmtp_link_send(&t->link, line, (size_t)len, error);
    return result == MAIL_OK ? send_all(t, message, NULL, error) : result;
}

static mail_result
send_data(lmtp_talk *t, const lmtp_message *message, lmtp_reply *refusal,
          bool *not_now, mail_error *error)
{
    lmtp_body body = {.inside = false};
    lmtp_reply reply;
    mail_result result = ask(t, "DATA\r\n", &reply, NULL, error);

    if (result != MAIL_OK)
        return result;
    if (reply.code == 354)
        return send_all(t, message, &body, error);
    if (reply.code < 400)
        return out_of_step(t, reply.text, error);
    *not_now = true;
    *refusal = reply;
    return MAIL_OK;
}

/* One for each recipient: those that came count, even if the rest does not. */
static mail_result
read_replies(lmtp_talk *t, lmtp_reply *replies, size_t count,
             mail_error *error)
{
    mail_result result = MAIL_OK;
    size_t i;

    for (i = 0; result == MAIL_OK && i < count; i++) {
        result = read_reply(t, &replies[i], NULL, error);
        if (result != MAIL_OK)
            replies[i].code = 0; /* it may be there in part */
    }
    return result;
}

mail_result
lmtp_talk_message(lmtp_talk *t, const lmtp_message *message,
                  lmtp_reply *replies, size_t count, bool *not_now,
                  mail_error *error)
{
    mail_result result;
    size_t i;

    *not_now = false;
    for (i = 0; i < count; i++)
        replies[i].code = 0; /* what RCPT was answered says nothing here */
    if (t->chunking)
        result = send_chunk(t, message, error);
    else
        result = send_data(t, message, &replies[0], not_now, error);
    if (result == MAIL_OK && !*not_now)
        result = read_replies(t, replies, count, error);
    if (result != MAIL_OK)
        lmtp_link_close(&t->link); /* no final dot may follow by accident */
    return result;
}

void
lmtp_talk_reset(lmtp_talk *t)
{
    lmtp_reply reply;
    mail_error error;

    if (t->link.open && (ask(t, "RSET\r\n", &reply, NULL, &error) != MAIL_OK ||
                         reply.code / 100 != 2))
        lmtp_link_close(&t->link);
}

void
lmtp_talk_close(lmtp_talk *t)
{
    lmtp_reply reply;
    mail_error error;

    lmtp_link_allow(&t->link, QUIT_MS);
    if (t->link.open)
        (void)!ask(t, "QUIT\r\n", &reply, NULL, &error);
    lmtp_link_close(&t->link);
}
