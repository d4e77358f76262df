/* SPDX-License-Identifier: MIT */
/*
 * play_client - plays transcripts through the blocking calls.
 *
 * A blocking call does not come back to the player between its lines, so the
 * transport itself walks over the transcript: a write has to match the C:
 * line at hand, a read gets the S: lines that follow. A call owns the steps
 * from its `>` line to the next one; what its E: lines say is compared with
 * its result, its callbacks and pop3_client_response().
 *
 * Only transcripts with one command at a time, and with commands that the
 * client sends as they stand, can be played so. The others are counted.
 */
#include "play_client.h"

#include "alloc.h"
#include "credentials.h"
#include "event.h"
#include "test.h"

#include <inttypes.h>
#include <pop3/transport.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct script {
    const struct transcript *t;
    struct plan plan;
    const char *mode;
    size_t at;           /* the step of input or output that is next */
    size_t end;          /* the first step that is not the call's */
    size_t sent;         /* octets of a C: step that were written already */
    struct octets piece; /* neighbouring S: steps */
    size_t read;         /* octets of them that were read */
    size_t fed;          /* octets of the pieces before */
    const struct step *call;
    int ready_fd;
    unsigned waits; /* in a row */
    struct event_log items;
    bool bad;
};

static void script_fail(struct script *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
script_fail(struct script *s, const char *format, ...)
{
    char text[600];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    s->bad = true;
    TEST_ROW("client, %s", s->mode);
    test_failed(false, s->t->path, s->call != NULL ? s->call->line : 0, text);
    TEST_ROW("%s", "");
}

/* ---- the transport ---- */

/* The step of input or output that is next, or NULL. */
static const struct step *
script_next(struct script *s)
{
    for (; s->at < s->end; s->at++) {
        enum step_kind kind = s->t->steps[s->at].kind;

        if (kind == STEP_SERVER || kind == STEP_CLIENT || kind == STEP_EOF)
            return &s->t->steps[s->at];
    }
    return NULL;
}

/* How many octets are in one piece from the front of s->piece on: the plan's
 * choice, but never up to a place where the next S+ line begins. */
static size_t
script_chunk(struct script *s, size_t room)
{
    size_t left = s->piece.len - s->read;
    size_t len = plan_next(&s->plan, s->fed + s->read, left);
    size_t i;
    size_t sum = 0;

    for (i = s->at; sum < s->piece.len; i++) {
        if (s->t->steps[i].glued && sum == s->read + len)
            len++;
        sum += s->t->steps[i].text.len;
    }
    return len < room ? len : room;
}

static void
script_open_piece(struct script *s)
{
    size_t i;

    for (i = s->at; i < s->t->count && s->t->steps[i].kind == STEP_SERVER; i++)
        octets_add(&s->piece, s->t->steps[i].text.ptr,
                   s->t->steps[i].text.len);
}

static void
script_close_piece(struct script *s)
{
    s->fed += s->piece.len;
    octets_clear(&s->piece);
    s->read = 0;
    while (s->at < s->t->count && s->t->steps[s->at].kind == STEP_SERVER)
        s->at++;
}

/* The other side has to move first; but not for ever. */
static pop3_result
script_wait(struct script *s, int *want, int what)
{
    *want = what;
    if (++s->waits < 1000)
        return POP3_ERR_AGAIN;
    script_fail(s, "the client neither reads nor writes what is its turn");
    return POP3_ERR_IO;
}

static pop3_result
script_read(void *ctx, void *buf, size_t len, size_t *got, int *want)
{
    struct script *s = ctx;
    const struct step *step = script_next(s);

    if (step == NULL) {
        script_fail(s, "the client waits for more than the server says");
        return POP3_ERR_CLOSED;
    }
    if (step->kind == STEP_EOF)
        return POP3_ERR_CLOSED;
    if (step->kind == STEP_CLIENT)
        return script_wait(s, want, POP3_POLL_IN);
    s->waits = 0;
    if (s->piece.len == 0)
        script_open_piece(s);
    *got = script_chunk(s, len);
    memcpy(buf, s->piece.ptr + s->read, *got);
    s->read += *got;
    if (s->read == s->piece.len)
        script_close_piece(s);
    return POP3_OK;
}

static pop3_result
script_write(void *ctx, const void *data, size_t len, size_t *sent, int *want)
{
    struct script *s = ctx;
    const struct step *step = script_next(s);
    size_t left;

    if (step == NULL || step->kind == STEP_EOF) {
        script_fail(s, "the client sends more than the transcript has");
        return POP3_ERR_IO;
    }
    if (step->kind == STEP_SERVER)
        return script_wait(s, want, POP3_POLL_OUT);
    s->waits = 0;
    left = step->text.len - s->sent;
    *sent = plan_coin(&s->plan) ? 1 : len < left ? len : left;
    if (memcmp(data, step->text.ptr + s->sent, *sent) != 0) {
        if (alloc_failed())
            return POP3_ERR_IO; /* "*" instead of an answer */
        script_fail(s, "the client sends something else than: %s",
                    step->text.ptr);
        return POP3_ERR_IO;
    }
    s->sent += *sent;
    if (s->sent == step->text.len) {
        s->sent = 0;
        s->at++;
    }
    return POP3_OK;
}

/* Always ready: the script never has to be waited for. */
static int
script_fd(void *ctx)
{
    struct script *s = ctx;

    return s->ready_fd;
}

/* ---- calls ---- */

static pop3_result
take_part(void *ctx, pop3_span part)
{
    struct script *s = ctx;
    pop3_event event = {.type = POP3_EVENT_DATA, .text = part};

    event_add(&s->items, &event, NULL);
    return POP3_OK;
}

static pop3_result
take_item(void *ctx, const pop3_item *item)
{
    struct script *s = ctx;
    pop3_event event = {.type = POP3_EVENT_ITEM, .item = *item};

    event.verb = s->call->verb;
    event_add(&s->items, &event, NULL);
    return POP3_OK;
}

static pop3_result
take_line(void *ctx, pop3_span line)
{
    struct script *s = ctx;
    pop3_event event = {.type = POP3_EVENT_ITEM, .line = line};

    event.verb = POP3_CMD_LANG;
    event_add(&s->items, &event, NULL);
    return POP3_OK;
}

static pop3_result
call_capa(pop3_client *client, struct script *s)
{
    const pop3_capa *capa = NULL;
    pop3_result result = pop3_client_capa(client, &capa);
    size_t rows = 0;
    size_t i;

    for (i = (size_t)(s->call - s->t->steps); i < s->end; i++)
        rows +=
            strncmp(s->t->steps[i].text.ptr != NULL ? s->t->steps[i].text.ptr
                                                    : "",
                    "ITEM \"", 6) == 0;
    if (result == POP3_OK && pop3_capa_count(capa) != rows)
        script_fail(s, "%zu capabilities", pop3_capa_count(capa));
    return result;
}

/* The numbers must stand in the E: REPLY line. */
static pop3_result
call_stat(pop3_client *client, struct script *s)
{
    pop3_stat stat = {0};
    pop3_result result = pop3_client_stat(client, &stat);
    char text[80];
    size_t i;

    snprintf(text, sizeof(text), " stat=%" PRIu64 "/%" PRIu64, stat.count,
             stat.octets);
    for (i = (size_t)(s->call - s->t->steps); i < s->end; i++) {
        const struct step *step = &s->t->steps[i];

        if (result == POP3_OK && step->kind == STEP_EVENT &&
            strncmp(step->text.ptr, "REPLY", 5) == 0 &&
            strstr(step->text.ptr, text) == NULL)
            script_fail(s, "STAT tells%s", text);
    }
    return result;
}

static pop3_result
call_login(pop3_client *client, const struct script *s)
{
    struct credentials credentials;

    credentials_of(&credentials, s->t, s->call);
    return pop3_client_login(client, &credentials.value);
}

static pop3_result
call_step(pop3_client *client, struct script *s)
{
    const struct step *step = s->call;
    const char *arg = step->has_arg ? step->arg.ptr : NULL;

    if (step->kind == STEP_LOGIN)
        return call_login(client, s);
    switch (step->verb) {
    case POP3_CMD_CAPA:
        return call_capa(client, s);
    case POP3_CMD_USER:
        return pop3_client_user(client, arg);
    case POP3_CMD_PASS:
        return pop3_client_pass(client, arg);
    case POP3_CMD_RPOP:
        return pop3_client_rpop(client, arg);
    case POP3_CMD_UTF8:
        return pop3_client_utf8(client);
    case POP3_CMD_LANG:
        return pop3_client_lang(client, arg, take_line, s);
    case POP3_CMD_STAT:
        return call_stat(client, s);
    case POP3_CMD_LIST:
        return pop3_client_list(client, step->number, take_item, s);
    case POP3_CMD_UIDL:
        return pop3_client_uidl(client, step->number, take_item, s);
    case POP3_CMD_RETR:
        return pop3_client_retr(client, step->number, take_part, s);
    case POP3_CMD_TOP:
        return pop3_client_top(client, step->number, step->lines, take_part,
                               s);
    case POP3_CMD_DELE:
        return pop3_client_dele(client, step->number);
    case POP3_CMD_NOOP:
        return pop3_client_noop(client);
    case POP3_CMD_RSET:
        return pop3_client_rset(client);
    case POP3_CMD_QUIT:
        return pop3_client_quit(client);
    case POP3_CMD_RAW:
        return pop3_client_raw(client, arg, step->multiline ? take_part : NULL,
                               s);
    case POP3_CMD_APOP:
    case POP3_CMD_AUTH:
    case POP3_CMD_STLS:
        break;
    }
    return POP3_ERR_INTERNAL;
}

/* ---- what a call must give ---- */

/* "DONE VERB [n] RESULT ..." or "CLOSED RESULT": the result. */
static bool
result_of(const char *text, pop3_result *result)
{
    const char *word;
    size_t len;

    if (strncmp(text, "DONE ", 5) != 0 && strncmp(text, "CLOSED ", 7) != 0 &&
        strncmp(text, "GREETING ", 9) != 0)
        return false;
    for (word = strchr(text, ' ') + 1; *word != '\0'; word += len + 1) {
        len = strcspn(word, " ");
        if (word[0] >= 'A' && word[0] <= 'Z' &&
            transcript_parse_result(word, len, result))
            return true;
        if (word[len] == '\0')
            break;
    }
    return false;
}

static bool
is_item(const struct step *step)
{
    return step->kind == STEP_EVENT && s_starts(step->text.ptr, "ITEM ") &&
           !s_starts(step->text.ptr, "ITEM MALFORMED");
}

/* Compares items and data of the call with its E: lines. */
static void
check_items(struct script *s, const pop3_client *client)
{
    struct octets shown = {0};
    struct octets want = {0};
    uint64_t skipped = 0;
    size_t len;
    size_t i;

    for (i = (size_t)(s->call - s->t->steps); i < s->end; i++) {
        const struct step *step = &s->t->steps[i];
        bool listed = is_item(step) && s->call->verb != POP3_CMD_CAPA;

        if (step->kind != STEP_EVENT)
            continue;
        skipped += s_starts(step->text.ptr, "ITEM MALFORMED");
        if (!listed && !s_starts(step->text.ptr, "DATA "))
            continue;
        /* Callbacks tell items, not lines. */
        len = strcspn(step->text.ptr, "=");
        len = step->text.ptr[len] != '\0' && len > 5 ? len - 5 : len;
        octets_add(&want, step->text.ptr, listed ? len : step->text.len);
        if (!event_match(&s->items, want.ptr, &shown))
            script_fail(s, "line %d: got %.300s", step->line, shown.ptr);
        octets_clear(&shown);
        octets_clear(&want);
    }
    if ((s->call->verb == POP3_CMD_LIST || s->call->verb == POP3_CMD_UIDL) &&
        s->call->result == POP3_OK &&
        pop3_client_skipped_rows(client) != skipped)
        script_fail(s, "%" PRIu64 " rows were skipped, not %" PRIu64,
                    pop3_client_skipped_rows(client), skipped);
}

/* LIST n and UIDL n: the item stands in the E: REPLY line. */
static void
check_single_item(struct script *s)
{
    struct octets shown = {0};
    size_t i;

    event_show(&s->items, 0, &shown);
    for (i = (size_t)(s->call - s->t->steps); i < s->end; i++) {
        const struct step *step = &s->t->steps[i];
        const char *item =
            step->kind == STEP_EVENT ? strstr(step->text.ptr, " item=") : NULL;
        char want[1200];
        char *slash;

        if (item == NULL)
            continue;
        snprintf(want, sizeof(want), "ITEM %s", item + 6);
        slash = strchr(want, '/');
        if (slash != NULL)
            *slash = ' ';
        if (strncmp(want, "ITEM 0 ", 7) == 0)
            want[0] = '\0';
        if (strncmp(shown.ptr, want, strlen(want)) != 0 ||
            (want[0] == '\0' && shown.len > 0))
            script_fail(s, "got %.300s, not %.300s", shown.ptr, want);
    }
    octets_clear(&shown);
}

static void
check_call(struct script *s, const pop3_client *client, pop3_result got)
{
    pop3_result want = s->call->result;
    size_t i;

    for (i = (size_t)(s->call - s->t->steps) + 1; i < s->end; i++) {
        if (s->t->steps[i].kind == STEP_EVENT &&
            s_starts(s->t->steps[i].text.ptr, "DONE ") &&
            !result_of(s->t->steps[i].text.ptr, &want))
            script_fail(s, "a DONE without a result");
    }
    /* What was never sent says so; why is in the error. */
    if (got == POP3_ERR_NOT_SENT)
        got = pop3_client_error(client)->result;
    if (got != want)
        script_fail(s, "the call gave %s, not %s", transcript_result(got),
                    transcript_result(want));
    if (pop3_client_error(client)->result != got && got != POP3_OK &&
        got != POP3_ERR_CLOSED)
        script_fail(s, "pop3_client_error() tells another result: %s",
                    transcript_result(pop3_client_error(client)->result));
    if (s->call->number != 0 &&
        (s->call->verb == POP3_CMD_LIST || s->call->verb == POP3_CMD_UIDL))
        check_single_item(s);
    else
        check_items(s, client);
    for (i = s->at; i < s->end; i++) {
        if (s->t->steps[i].kind == STEP_CLIENT)
            script_fail(s, "line %d was not sent", s->t->steps[i].line);
    }
}

/* ---- a whole transcript ---- */

/* What opening must give: OK, or how the session ended at the door. */
static pop3_result
want_of_open(const struct transcript *t, size_t end)
{
    pop3_result want = POP3_ERR_INTERNAL;
    size_t i;

    for (i = 0; i < end; i++) {
        if (t->steps[i].kind == STEP_EVENT &&
            result_of(t->steps[i].text.ptr, &want) &&
            s_starts(t->steps[i].text.ptr, "GREETING"))
            break;
    }
    return want;
}

static pop3_result
open_client(struct script *s, const pop3_transport *transport,
            pop3_client **client)
{
    pop3_options options = POP3_OPTIONS_INIT;

    options.host = "pop.example.org";
    options.security =
        s->t->options.tls_active ? POP3_TLS_IMPLICIT : POP3_TLS_NONE;
    options.transport = transport;
    options.core = s->t->options;
    options.core.trace.level = 0;
    options.no_capa = s->t->no_capa;
    options.step_timeout_ms = 3000;
    return pop3_client_open(client, &options);
}

static void
play_calls(struct script *s, pop3_client *client)
{
    size_t i = s->end;

    while (i < s->t->count && !s->bad) {
        pop3_result got;

        s->call = &s->t->steps[i];
        i = s->end = play_client_next_call(s->t, i + 1);
        got = call_step(client, s);
        if (alloc_failed() && got != s->call->result) {
            s->bad = got == POP3_OK;
            return; /* NOMEM changed the course */
        }
        check_call(s, client, got);
        event_clear(&s->items);
    }
}

bool
play_client_once(const struct transcript *t, struct plan plan,
                 const char *mode)
{
    struct script s = {.t = t, .plan = plan, .mode = mode};
    pop3_transport transport = POP3_TRANSPORT_INIT;
    pop3_client *client = NULL;
    pop3_result want;
    pop3_result got;

    s.ready_fd = eventfd(1, EFD_CLOEXEC);
    transport.ctx = &s;
    transport.read = script_read;
    transport.write = script_write;
    transport.fd = script_fd;
    transport.secure = t->options.tls_active;
    s.end = play_client_next_call(t, 0);
    want = want_of_open(t, s.end);
    got = open_client(&s, &transport, &client);
    if (!alloc_failed() && got != want)
        script_fail(&s, "open gave %s, not %s", transcript_result(got),
                    transcript_result(want));
    if (client != NULL && !s.bad && (got == want || !alloc_failed()))
        play_calls(&s, client);
    pop3_client_close(client);
    close(s.ready_fd);
    octets_clear(&s.piece);
    event_clear(&s.items);
    test_failed(!s.bad, t->path, 0, "played");
    return !s.bad;
}
