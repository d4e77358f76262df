/* SPDX-License-Identifier: MIT */
/*
 * calls_test - what transcripts cannot say of the blocking calls: callbacks
 * that fail, many messages at once, the truth about deletes, cancellation,
 * hooks, and lines.
 */
#include <pop3.h>

#include "dialogue.h"
#include "octets.h"
#include "test.h"

#include <pthread.h>
#include <time.h>

struct fixture {
    struct dialogue d;
    pop3_options options;
    pop3_client *client;
    struct octets log;
    pop3_result verdict; /* what the callbacks return */
    unsigned calls;      /* of them, until they return it */
};

static void
set_up(struct fixture *f, const char *const *lines)
{
    memset(f, 0, sizeof(*f));
    dialogue_open(&f->d, lines, true);
    f->options = (pop3_options)POP3_OPTIONS_INIT;
    f->options.host = "pop.example.org";
    f->options.transport = &f->d.transport;
    f->options.core.any_state = true;
    f->options.idle_timeout_ms = 20000;
    octets_text(&f->log, "");
}

static void
open_client(struct fixture *f, const char *const *lines)
{
    set_up(f, lines);
    CHECK_INT(pop3_client_open(&f->client, &f->options), POP3_OK);
}

static void
tear_down(struct fixture *f)
{
    pop3_client_close(f->client);
    CHECK(dialogue_done(&f->d));
    CHECK_INT(f->d.closed, 1);
    dialogue_close(&f->d);
    octets_clear(&f->log);
}

static pop3_result
verdict(struct fixture *f)
{
    if (f->calls == 0)
        return f->verdict;
    f->calls--;
    return POP3_OK;
}

static pop3_result
on_part(void *ctx, pop3_span part)
{
    struct fixture *f = ctx;

    octets_add(&f->log, part.ptr, part.len);
    return verdict(f);
}

static pop3_result
on_line(void *ctx, pop3_span line)
{
    struct fixture *f = ctx;

    octets_text(&f->log, "[");
    octets_add(&f->log, line.ptr, line.len);
    octets_text(&f->log, "]");
    return verdict(f);
}

static pop3_result
on_item(void *ctx, const pop3_item *item)
{
    struct fixture *f = ctx;

    octets_format(&f->log, "%u ", (unsigned)item->number);
    return verdict(f);
}

static pop3_result
on_many_data(void *ctx, uint64_t number, pop3_span part)
{
    struct fixture *f = ctx;

    octets_format(&f->log, "%u:", (unsigned)number);
    octets_add(&f->log, part.ptr, part.len);
    return verdict(f);
}

static void
on_many_done(void *ctx, uint64_t number, pop3_result result,
             const pop3_error *error)
{
    struct fixture *f = ctx;

    octets_format(&f->log, "%u=%s ", (unsigned)number,
                  pop3_result_name(result));
    CHECK((error == NULL) == (result == POP3_OK));
    if (error != NULL)
        CHECK(error->result == result || result == POP3_ERR_NOT_SENT);
}

static pop3_many
many_of(struct fixture *f)
{
    pop3_many many = {.data = on_many_data, .done = on_many_done};

    many.ctx = f;
    return many;
}

/* ---- callbacks that have had enough ---- */

static void
test_sink_fails(void)
{
    static const char *const lines[] = {"S +OK hi", "C RETR 1", "S +OK",
                                        "S one",    "S two",    "S .",
                                        "C NOOP",   "S +OK",    NULL};
    struct fixture f;

    open_client(&f, lines);
    f.verdict = POP3_ERR_VETO;
    CHECK_INT(pop3_client_retr(f.client, 1, on_part, &f), POP3_ERR_VETO);
    CHECK_INT(pop3_client_error(f.client)->result, POP3_ERR_VETO);
    CHECK_STR(pop3_client_error(f.client)->op, "RETR 1");
    /* The rest was thrown away: the session is in step. */
    CHECK_INT(pop3_client_noop(f.client), POP3_OK);
    tear_down(&f);
}

static void
test_sink_cancels(void)
{
    static const char *const lines[] = {"S +OK hi", "C RETR 1", "S +OK",
                                        "S one", NULL};
    struct fixture f;

    open_client(&f, lines);
    f.verdict = POP3_ERR_CANCELED;
    CHECK_INT(pop3_client_retr(f.client, 1, on_part, &f), POP3_ERR_CANCELED);
    CHECK_INT(f.d.closed, 1);
    CHECK_INT(pop3_client_noop(f.client), POP3_ERR_CANCELED);
    CHECK_INT(pop3_client_quit(f.client), POP3_ERR_CANCELED);
    tear_down(&f);
}

static void
test_each_fails(void)
{
    static const char *const lines[] = {
        "S +OK hi", "C LIST", "S +OK", "S 1 10", "S 2 20", "S 3 30", "S .",
        "C UIDL",   "S +OK",  "S 1 a", "S x",    "S 2 b",  "S .",    "C LANG",
        "S +OK",    "S en x", "S de",  "S .",    NULL};
    struct fixture f;

    open_client(&f, lines);
    f.verdict = POP3_ERR_IO;
    f.calls = 1;
    CHECK_INT(pop3_client_list(f.client, 0, on_item, &f), POP3_ERR_IO);
    CHECK_STR(f.log.ptr, "1 2 ");
    f.verdict = POP3_OK;
    CHECK_INT(pop3_client_uidl(f.client, 0, on_item, &f), POP3_OK);
    CHECK_STR(f.log.ptr, "1 2 1 2 ");
    CHECK_INT(pop3_client_skipped_rows(f.client), 1);
    CHECK_INT(pop3_client_lang(f.client, NULL, on_line, &f), POP3_OK);
    CHECK_STR(f.log.ptr, "1 2 1 2 [en x][de]");
    tear_down(&f);
}

/* ---- lines ---- */

static void
test_lines(void)
{
    static const char *const lines[] = {
        "S +OK hi", "C RETR 1", "S +OK", "S Subject: x", "S ",
        "S ..",     "S last",   "S .",   "C RETR 2",     "S -ERR",
        "C NOOP",   "S +OK",    NULL};
    struct fixture f;

    open_client(&f, lines);
    CHECK_INT(pop3_client_retr_lines(f.client, 1, on_line, &f), POP3_OK);
    CHECK_STR(f.log.ptr, "[Subject: x][][.][last]");
    CHECK_INT(pop3_client_retr_lines(f.client, 2, on_line, &f),
              POP3_ERR_REFUSED);
    CHECK_INT(pop3_client_noop(f.client), POP3_OK);
    tear_down(&f);
}

static void
test_lines_fail(void)
{
    static const char *const lines[] = {
        "S +OK hi", "C RETR 1", "S +OK",  "S a",   "S b",
        "S c",      "S .",      "C NOOP", "S +OK", NULL};
    struct fixture f;

    open_client(&f, lines);
    f.verdict = POP3_ERR_VETO;
    f.calls = 1;
    CHECK_INT(pop3_client_retr_lines(f.client, 1, on_line, &f), POP3_ERR_VETO);
    CHECK_STR(f.log.ptr, "[a][b]");
    CHECK_INT(pop3_client_noop(f.client), POP3_OK);
    tear_down(&f);
}

/* ---- many at once ---- */

static void
test_retr_many(void)
{
    static const char *const lines[] = {
        "S +OK hi", "C CAPA",   "S +OK",    "S PIPELINING",
        "S .",      "C RETR 4", "C RETR 9", "C RETR 2",
        "S +OK",    "S four",   "S .",      "S -ERR gone",
        "S +OK",    "S two",    "S .",      NULL};
    static const uint64_t numbers[] = {4, 9, 2};
    const pop3_capa *capa = NULL;
    struct fixture f;
    pop3_many many;

    open_client(&f, lines);
    many = many_of(&f);
    CHECK_INT(pop3_client_capa(f.client, &capa), POP3_OK);
    CHECK_INT(pop3_client_retr_many(f.client, numbers, 3, &many), POP3_OK);
    CHECK_STR(f.log.ptr, "4:four\r\n4=POP3_OK 9=POP3_ERR_REFUSED "
                         "2:two\r\n2=POP3_OK ");
    CHECK_INT(pop3_client_retr_many(f.client, numbers, 0, &many), POP3_OK);
    tear_down(&f);
}

/* Without PIPELINING the same calls go one by one. */
static void
test_retr_many_lock_step(void)
{
    static const char *const lines[] = {"S +OK hi", "C RETR 1", "S +OK", "S a",
                                        "S .",      "C RETR 2", "S +OK", "S b",
                                        "S .",      NULL};
    static const uint64_t numbers[] = {1, 2};
    struct fixture f;
    pop3_many many;

    open_client(&f, lines);
    many = many_of(&f);
    CHECK_INT(pop3_client_retr_many(f.client, numbers, 2, &many), POP3_OK);
    CHECK_STR(f.log.ptr, "1:a\r\n1=POP3_OK 2:b\r\n2=POP3_OK ");
    tear_down(&f);
}

/* The session breaks in the second of four: each has its done() all the
 * same, and nothing that was not sent is said to have been. */
static void
test_retr_many_broken(void)
{
    static const char *const lines[] = {"S +OK hi", "C RETR 1", "S +OK",
                                        "S a",      "S .",      "C RETR 2",
                                        "S +OK",    "S b",      "EOF"};
    static const uint64_t numbers[] = {1, 2, 3, 4};
    struct fixture f;
    pop3_many many;

    open_client(&f, lines);
    many = many_of(&f);
    CHECK_INT(pop3_client_retr_many(f.client, numbers, 4, &many),
              POP3_ERR_CLOSED);
    CHECK_STR(f.log.ptr, "1:a\r\n1=POP3_OK 2:b\r\n2=POP3_ERR_CLOSED "
                         "3=POP3_ERR_NOT_SENT 4=POP3_ERR_NOT_SENT ");
    tear_down(&f);
}

/* A callback that fails concerns its own message. */
static void
test_retr_many_sink_fails(void)
{
    static const char *const lines[] = {"S +OK hi", "C RETR 1", "S +OK", "S a",
                                        "S .",      "C RETR 2", "S +OK", "S b",
                                        "S .",      NULL};
    static const uint64_t numbers[] = {1, 2};
    struct fixture f;
    pop3_many many;

    open_client(&f, lines);
    many = many_of(&f);
    f.verdict = POP3_ERR_VETO;
    CHECK_INT(pop3_client_retr_many(f.client, numbers, 2, &many), POP3_OK);
    CHECK_STR(f.log.ptr, "1:a\r\n1=POP3_ERR_VETO 2:b\r\n2=POP3_ERR_VETO ");
    tear_down(&f);
}

static void
test_many_bad_number(void)
{
    static const char *const lines[] = {"S +OK hi", NULL};
    static const uint64_t numbers[] = {1, 0, 2};
    struct fixture f;
    pop3_many many;

    open_client(&f, lines);
    many = many_of(&f);
    CHECK_INT(pop3_client_retr_many(f.client, numbers, 3, &many),
              POP3_ERR_ARGUMENT);
    CHECK_INT(pop3_client_dele_many(f.client, numbers, 3, &many),
              POP3_ERR_ARGUMENT);
    CHECK_STR(f.log.ptr, "");
    tear_down(&f);
}

/* ---- deletes ---- */

static void
test_deletes(const char *const *lines, pop3_result quit, pop3_deletes want)
{
    static const uint64_t numbers[] = {1, 2};
    struct fixture f;
    pop3_many many;

    open_client(&f, lines);
    many = many_of(&f);
    CHECK_INT(pop3_client_deletes(f.client), POP3_DELETES_NONE);
    CHECK_INT(pop3_client_dele_many(f.client, numbers, 2, &many), POP3_OK);
    CHECK_STR(f.log.ptr, "1=POP3_OK 2=POP3_ERR_REFUSED ");
    CHECK_INT(pop3_client_deletes(f.client), POP3_DELETES_PENDING);
    CHECK_INT(pop3_client_quit(f.client), quit);
    CHECK_INT(pop3_client_deletes(f.client), want);
    CHECK_INT(f.d.closed, 1);
    tear_down(&f);
}

static void
test_all_deletes(void)
{
    static const char *const confirmed[] = {"S +OK hi", "C DELE 1", "S +OK",
                                            "C DELE 2", "S -ERR",   "C QUIT",
                                            "S +OK",    NULL};
    static const char *const refused[] = {"S +OK hi", "C DELE 1", "S +OK",
                                          "C DELE 2", "S -ERR",   "C QUIT",
                                          "S -ERR",   NULL};
    static const char *const unknown[] = {"S +OK hi", "C DELE 1", "S +OK",
                                          "C DELE 2", "S -ERR",   "C QUIT",
                                          "EOF"};

    test_deletes(confirmed, POP3_OK, POP3_DELETES_CONFIRMED);
    test_deletes(refused, POP3_ERR_REFUSED, POP3_DELETES_REFUSED);
    test_deletes(unknown, POP3_ERR_CLOSED, POP3_DELETES_UNKNOWN);
}

static void
test_rset(void)
{
    static const char *const lines[] = {"S +OK hi", "C DELE 1", "S +OK",
                                        "C RSET",   "S +OK",    "C QUIT",
                                        "S +OK",    NULL};
    struct fixture f;

    open_client(&f, lines);
    CHECK_INT(pop3_client_dele(f.client, 1), POP3_OK);
    CHECK_INT(pop3_client_deletes(f.client), POP3_DELETES_PENDING);
    CHECK_INT(pop3_client_rset(f.client), POP3_OK);
    CHECK_INT(pop3_client_deletes(f.client), POP3_DELETES_NONE);
    CHECK_INT(pop3_client_quit(f.client), POP3_OK);
    CHECK_INT(pop3_client_deletes(f.client), POP3_DELETES_NONE);
    tear_down(&f);
}

/* ---- cancel, from another thread ---- */

static void *
cancel_soon(void *client)
{
    const struct timespec pause = {0, 30 * 1000 * 1000};

    nanosleep(&pause, NULL);
    pop3_client_cancel(client);
    return NULL;
}

static void
test_cancel(void)
{
    static const char *const lines[] = {"S +OK hi", "C NOOP", NULL};
    struct timespec begin;
    struct timespec end;
    pthread_t thread;
    struct fixture f;

    open_client(&f, lines);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    CHECK_INT(pthread_create(&thread, NULL, cancel_soon, f.client), 0);
    CHECK_INT(pop3_client_noop(f.client), POP3_ERR_CANCELED);
    CHECK_INT(pthread_join(thread, NULL), 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    CHECK(end.tv_sec - begin.tv_sec < 15);
    CHECK_INT(f.d.closed, 1);
    CHECK_INT(pop3_client_noop(f.client), POP3_ERR_CANCELED);
    tear_down(&f);
}

/* A cancellation while no call is under way ends the next one. */
static void
test_cancel_before(void)
{
    static const char *const lines[] = {"S +OK hi", NULL};
    pop3_result result;
    struct fixture f;

    open_client(&f, lines);
    pop3_client_cancel(f.client);
    result = pop3_client_noop(f.client);
    CHECK(result == POP3_ERR_CANCELED || result == POP3_ERR_NOT_SENT);
    CHECK_INT(pop3_client_error(f.client)->result, POP3_ERR_CANCELED);
    tear_down(&f);
}

static void
test_timeout(void)
{
    static const char *const lines[] = {"S +OK hi", "C NOOP", NULL};
    struct fixture f;

    set_up(&f, lines);
    f.options.idle_timeout_ms = 60;
    CHECK_INT(pop3_client_open(&f.client, &f.options), POP3_OK);
    CHECK_INT(pop3_client_noop(f.client), POP3_ERR_TIMEOUT);
    CHECK_INT(f.d.closed, 1);
    tear_down(&f);
}

/* ---- hooks, traces, and what it knows ---- */

static pop3_result
on_connect(void *ctx, const char *host, const char *port)
{
    struct fixture *f = ctx;

    octets_format(&f->log, "%s:%s ", host, port);
    return f->verdict;
}

static void
test_connect_hook(void)
{
    static const char *const lines[] = {"S +OK hi", NULL};
    static const char *const nothing[] = {NULL};
    struct fixture f;

    set_up(&f, lines);
    f.options.core.audit.connect = on_connect;
    f.options.core.audit.ctx = &f;
    f.options.port = "4711";
    CHECK_INT(pop3_client_open(&f.client, &f.options), POP3_OK);
    CHECK_STR(f.log.ptr, "pop.example.org:4711 ");
    tear_down(&f);

    set_up(&f, nothing);
    f.options.core.audit.connect = on_connect;
    f.options.core.audit.ctx = &f;
    f.verdict = POP3_ERR_IO;
    CHECK_INT(pop3_client_open(&f.client, &f.options), POP3_ERR_VETO);
    CHECK(f.client != NULL);
    CHECK_INT(pop3_client_error(f.client)->result, POP3_ERR_VETO);
    pop3_client_close(f.client);
    dialogue_close(&f.d);
    octets_clear(&f.log);
}

static void
on_trace(void *ctx, char direction, const char *line)
{
    struct fixture *f = ctx;

    octets_format(&f->log, "%c", direction);
    octets_text(&f->log, line);
    octets_text(&f->log, "|");
}

static void
test_debuglevel(void)
{
    static const char *const lines[] = {"S +OK hi", "C NOOP",  "S +OK a",
                                        "C NOOP",   "S +OK b", NULL};
    struct fixture f;

    set_up(&f, lines);
    f.options.core.trace.fn = on_trace;
    f.options.core.trace.ctx = &f;
    CHECK_INT(pop3_client_open(&f.client, &f.options), POP3_OK);
    CHECK_INT(pop3_client_noop(f.client), POP3_OK);
    CHECK_STR(f.log.ptr, "");
    CHECK_SPAN(pop3_client_getwelcome(f.client), "+OK hi");
    CHECK_SPAN(pop3_client_response(f.client), "+OK a");
    CHECK_INT(pop3_client_set_debuglevel(f.client, 1), POP3_OK);
    CHECK_INT(pop3_client_set_debuglevel(f.client, 3), POP3_ERR_ARGUMENT);
    CHECK_INT(pop3_client_set_debuglevel(f.client, -1), POP3_ERR_ARGUMENT);
    CHECK_INT(pop3_client_noop(f.client), POP3_OK);
    CHECK_STR(f.log.ptr, "CNOOP|S+OK b|");
    tear_down(&f);
}

static void
test_options(void)
{
    static const char *const nothing[] = {NULL};
    struct fixture f;
    int i;

    for (i = 0; i < 6; i++) {
        set_up(&f, nothing);
        *(i % 3 == 0   ? &f.options.connect_timeout_ms
          : i % 3 == 1 ? &f.options.idle_timeout_ms
                       : &f.options.step_timeout_ms) = i < 3 ? 0 : -1;
        TEST_ROW("timeout %d", i);
        CHECK_INT(pop3_client_open(&f.client, &f.options), POP3_ERR_ARGUMENT);
        pop3_client_close(f.client);
        dialogue_close(&f.d);
        octets_clear(&f.log);
    }
    TEST_ROW("%s", "");
    pop3_client_close(NULL);
}

int
main(void)
{
    test_sink_fails();
    test_sink_cancels();
    test_each_fails();
    test_lines();
    test_lines_fail();
    test_retr_many();
    test_retr_many_lock_step();
    test_retr_many_broken();
    test_retr_many_sink_fails();
    test_many_bad_number();
    test_all_deletes();
    test_rset();
    test_cancel();
    test_cancel_before();
    test_timeout();
    test_connect_hook();
    test_debuglevel();
    test_options();
    return test_summary();
}
