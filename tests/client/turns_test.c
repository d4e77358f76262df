/* SPDX-License-Identifier: MIT */
/*
 * turns_test - how often a session waits for the network.
 *
 * The transport holds what the client writes until the client has nothing more
 * to say and wants to read: only then does the server answer all of it. Each
 * time is a turn, whatever the machine is busy with. Connecting, TLS and the
 * greeting, for which the client sends nothing, are not counted.
 */
#include <pop3.h>
#include <pop3/transport.h>

#include "octets.h"
#include "test.h"

#include <unistd.h>

enum {
    MESSAGES = 2000,
    MESSAGE = 4096
};

struct server {
    struct octets in;  /* written by the client, not answered yet */
    struct octets out; /* answers */
    size_t told;       /* of them */
    unsigned turns;
    unsigned writes;
    unsigned reads;
    const char *capa; /* before login */
    bool closed;
    int pipe[2];
    pop3_transport transport;
};

static char body[MESSAGE + 1];

static void
list(struct server *s, bool uids)
{
    octets_text(&s->out, "+OK\r\n");
    for (unsigned i = 1; i <= MESSAGES; i++)
        octets_format(&s->out, uids ? "%u uid-%u\r\n" : "%u %u\r\n", i,
                      uids ? i : MESSAGE);
    octets_text(&s->out, ".\r\n");
}

static void
message(struct server *s)
{
    octets_text(&s->out, "+OK\r\n");
    octets_text(&s->out, body);
    octets_text(&s->out, ".\r\n");
}

static void
answer(struct server *s, const char *line)
{
    if (strncmp(line, "CAPA", 4) == 0)
        octets_format(&s->out, "+OK\r\nUIDL\r\nUSER\r\n%s.\r\n", s->capa);
    else if (strncmp(line, "STAT", 4) == 0)
        octets_format(&s->out, "+OK %u %u\r\n", MESSAGES, MESSAGES * MESSAGE);
    else if (strncmp(line, "LIST", 4) == 0)
        list(s, false);
    else if (strncmp(line, "UIDL", 4) == 0)
        list(s, true);
    else if (strncmp(line, "RETR", 4) == 0)
        message(s);
    else
        octets_text(&s->out, "+OK\r\n");
    s->closed = strncmp(line, "QUIT", 4) == 0;
    if (strncmp(line, "PASS", 4) == 0 || strncmp(line, "AUTH", 4) == 0)
        s->capa = "PIPELINING\r\n";
}

/* The client waits: the server has its turn. */
static void
take_turn(struct server *s)
{
    char *line = s->in.ptr;
    char *end;

    s->turns++;
    octets_clear(&s->out);
    s->told = 0;
    while ((end = memchr(line, '\n',
                         s->in.len - (size_t)(line - s->in.ptr))) != NULL) {
        answer(s, line);
        line = end + 1;
    }
    octets_clear(&s->in);
    octets_text(&s->in, "");
}

static pop3_result
server_read(void *ctx, void *buf, size_t len, size_t *got, int *want)
{
    struct server *s = ctx;

    s->reads++;
    if (s->told == s->out.len && s->closed)
        return POP3_ERR_CLOSED;
    if (s->told == s->out.len && s->in.len > 0) {
        *want = POP3_POLL_IN; /* not before it waits in poll(2) */
        take_turn(s);
        return POP3_ERR_AGAIN;
    }
    if (s->told == s->out.len) {
        *want = POP3_POLL_IN;
        return POP3_ERR_AGAIN;
    }
    if (len > s->out.len - s->told)
        len = s->out.len - s->told;
    memcpy(buf, s->out.ptr + s->told, len);
    s->told += len;
    *got = len;
    return POP3_OK;
}

static pop3_result
server_write(void *ctx, const void *data, size_t len, size_t *sent, int *want)
{
    struct server *s = ctx;

    (void)want;
    s->writes++;
    octets_add(&s->in, data, len);
    *sent = len;
    return POP3_OK;
}

/* One that can be read at once: there is always something to do. */
static int
server_fd(void *ctx)
{
    return ((struct server *)ctx)->pipe[0];
}

static void
set_up(struct server *s, pop3_client **client, bool pipelining,
       bool no_pipelining)
{
    pop3_options options = POP3_OPTIONS_INIT;

    memset(s, 0, sizeof(*s));
    memset(body, 'x', MESSAGE);
    memcpy(body + MESSAGE - 2, "\r\n", 3);
    octets_text(&s->in, "");
    octets_text(&s->out, "+OK ready\r\n");
    s->capa = pipelining ? "PIPELINING\r\n" : "";
    CHECK_INT(pipe(s->pipe), 0);
    CHECK_INT(write(s->pipe[1], "x", 1), 1);
    s->transport = (pop3_transport)POP3_TRANSPORT_INIT;
    s->transport.ctx = s;
    s->transport.read = server_read;
    s->transport.write = server_write;
    s->transport.fd = server_fd;
    s->transport.secure = true;
    options.host = "pop.example.org";
    options.transport = &s->transport;
    options.core.no_pipelining = no_pipelining;
    CHECK_INT(pop3_client_open(client, &options), POP3_OK);
}

static void
tear_down(struct server *s, pop3_client *client)
{
    pop3_client_close(client);
    close(s->pipe[0]);
    close(s->pipe[1]);
    octets_clear(&s->in);
    octets_clear(&s->out);
}

static pop3_result
count_done(void *ctx, const pop3_event *event)
{
    if (event->type == POP3_EVENT_DONE && event->result == POP3_OK)
        ++*(size_t *)ctx;
    return POP3_OK;
}

static void
log_in(pop3_client *client)
{
    pop3_credentials credentials = POP3_CREDENTIALS_INIT;

    credentials.user = "alice";
    credentials.password = "sesame1";
    credentials.no_capa_after = true;
    CHECK_INT(pop3_client_login(client, &credentials), POP3_OK);
}

static void
list_all(pop3_client *client)
{
    pop3_call calls[] = {{.command.verb = POP3_CMD_CAPA},
                         {.command.verb = POP3_CMD_STAT},
                         {.command.verb = POP3_CMD_UIDL},
                         {.command.verb = POP3_CMD_LIST}};

    CHECK_INT(pop3_client_run(client, calls, 4), POP3_OK);
    for (int i = 0; i < 4; i++)
        CHECK_INT(calls[i].result, POP3_OK);
}

static void
on_message(void *ctx, uint64_t number, pop3_result result,
           const pop3_error *error)
{
    (void)number;
    (void)error;
    *(size_t *)ctx += result == POP3_OK ? 1 : 0;
}

static void
retrieve_all(pop3_client *client)
{
    static uint64_t numbers[MESSAGES];
    static uint64_t octets[MESSAGES];
    size_t done = 0;
    pop3_many many = {.done = on_message, .ctx = &done, .octets = octets};

    for (unsigned i = 0; i < MESSAGES; i++) {
        numbers[i] = i + 1;
        octets[i] = MESSAGE;
    }
    CHECK_INT(pop3_client_retr_many(client, numbers, MESSAGES, &many),
              POP3_OK);
    CHECK_INT(done, MESSAGES);
}

static void
delete_all(pop3_client *client)
{
    pop3_call *calls = calloc(MESSAGES + 1, sizeof(*calls));
    size_t done = 0;

    for (unsigned i = 0; i < MESSAGES; i++)
        calls[i] =
            (pop3_call){.command = {.verb = POP3_CMD_DELE, .number = i + 1},
                        .take = count_done,
                        .ctx = &done};
    calls[MESSAGES] = (pop3_call){.command.verb = POP3_CMD_QUIT};
    CHECK_INT(pop3_client_run(client, calls, MESSAGES + 1), POP3_OK);
    CHECK_INT(done, MESSAGES);
    CHECK_INT(calls[MESSAGES].result, POP3_OK);
    CHECK_INT(pop3_client_deletes(client), POP3_DELETES_CONFIRMED);
    free(calls);
}

static void
run_session(struct server *s, pop3_client *client)
{
    log_in(client);
    list_all(client);
    retrieve_all(client);
    delete_all(client);
    printf("%u turns, %u writes, %u reads\n", s->turns, s->writes, s->reads);
}

/* CAPA; USER, PASS; CAPA, STAT, UIDL, LIST; 2,000 RETR in two; DELE, QUIT.
 */
static void
test_whole_session(void)
{
    struct server s;
    pop3_client *client;

    set_up(&s, &client, true, false);
    run_session(&s, client);
    CHECK_INT(s.turns, 6);
    tear_down(&s, client);
}

/* PIPELINING only after login: PASS waits for USER, and STAT for CAPA. */
static void
test_announced_late(void)
{
    struct server s;
    pop3_client *client;

    set_up(&s, &client, false, false);
    run_session(&s, client);
    CHECK_INT(s.turns, 8);
    tear_down(&s, client);
}

/* The switch: every command in its own turn. */
static void
test_lock_step(void)
{
    struct server s;
    pop3_client *client;

    set_up(&s, &client, true, true);
    run_session(&s, client);
    CHECK_INT(s.turns, 1 + 2 + 4 + MESSAGES + MESSAGES + 1);
    tear_down(&s, client);
}

/* Calls of the transport for each message: a write serves half a window, and
 * a read fills the receive buffer (96 KiB: one for two dozen messages). */
static void
test_calls(void)
{
    struct server s;
    pop3_client *client;
    unsigned before;

    set_up(&s, &client, true, false);
    log_in(client);
    list_all(client);
    before = s.writes;
    s.reads = 0;
    retrieve_all(client);
    printf("%u writes, %u reads for %u messages\n", s.writes - before, s.reads,
           MESSAGES);
    CHECK(s.writes - before <= 12);
    CHECK(s.reads <= MESSAGES / 22);
    tear_down(&s, client);
}

int
main(void)
{
    test_whole_session();
    test_announced_late();
    test_lock_step();
    test_calls();
    return test_summary();
}
