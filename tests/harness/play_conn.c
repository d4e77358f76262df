/* SPDX-License-Identifier: MIT */
/*
 * play_conn - the player's view of a pop3_conn over a transport in memory.
 *
 * What the server says stands in an inbox until the connection reads it. A
 * write is taken only as far as the transcript has reached a C: line, so that
 * "sent" means here what it means for the core: gate counts the octets that
 * may still pass. start_tls waits for the TLS-DONE of the transcript.
 *
 * The connection does the TLS part itself: START_TLS is not among its events.
 * READY is left out too, except where the connection makes TLS a condition
 * (option stls), since a transcript for the core has no READY.
 */
#include "alloc.h"
#include "credentials.h"
#include "play.h"

#include <pop3/transport.h>
#include <string.h>

struct memory {
    pop3_conn *conn;
    struct octets inbox;
    size_t read;
    size_t gate;
    bool eof;
    bool tls_may_go;
    pop3_result failure;
    unsigned closed;
    struct credentials credentials;
};

static pop3_result
memory_read(void *ctx, void *buf, size_t len, size_t *got, int *want)
{
    struct memory *m = ctx;
    size_t left = m->inbox.len - m->read;

    if (m->failure != POP3_OK)
        return m->failure;
    if (left == 0) {
        *want = POP3_POLL_IN;
        return m->eof ? POP3_ERR_CLOSED : POP3_ERR_AGAIN;
    }
    *got = left < len ? left : len;
    memcpy(buf, m->inbox.ptr + m->read, *got);
    m->read += *got;
    if (m->read == m->inbox.len)
        m->read = m->inbox.len = 0;
    return POP3_OK;
}

static pop3_result
memory_write(void *ctx, const void *data, size_t len, size_t *sent, int *want)
{
    struct memory *m = ctx;

    (void)data;
    if (m->failure != POP3_OK)
        return m->failure;
    if (m->gate == 0) {
        *want = POP3_POLL_OUT;
        return POP3_ERR_AGAIN;
    }
    *sent = len < m->gate ? len : m->gate;
    m->gate -= *sent;
    return POP3_OK;
}

static pop3_result
memory_start_tls(void *ctx, const char *server_name, int *want)
{
    struct memory *m = ctx;

    (void)server_name;
    if (m->failure != POP3_OK)
        return m->failure;
    if (m->eof)
        return POP3_ERR_CLOSED;
    *want = POP3_POLL_IN;
    return m->tls_may_go ? POP3_OK : POP3_ERR_AGAIN;
}

static int
memory_fd(void *ctx)
{
    (void)ctx;
    return -1;
}

static void
memory_close(void *ctx)
{
    struct memory *m = ctx;

    m->closed++;
}

/* Whether the step is one that only a core has, or that a connection does at
 * another time. `ready` says whether the greeting came before it. */
static bool
is_for_core_alone(const struct transcript *t, const struct step *step,
                  bool ready)
{
    const struct step *end = t->steps + t->count;

    switch (step->kind) {
    case STEP_RESPOND:
    case STEP_RESPOND_CANCEL:
    case STEP_MASK:
        return true;
    case STEP_TLS_DONE:
        return step->result != POP3_OK;
    case STEP_SUBMIT:
        return !ready;
    case STEP_EVENT:
        if (strcmp(step->text.ptr, "START_TLS") == 0)
            return step + 1 < end && step[1].kind == STEP_SERVER;
        return strstr(step->text.ptr, "INSECURE") != NULL &&
               strstr(step->text.ptr, "LOGIN") == NULL && !t->stls;
    case STEP_SERVER:
    case STEP_EOF:
    case STEP_CLIENT:
    case STEP_FAIL:
    case STEP_LOGIN:
    case STEP_TRACE:
    case STEP_ASK:
        break;
    }
    return false;
}

static bool
conn_can(const struct transcript *t)
{
    bool ready = false;
    size_t i;

    for (i = 0; i < t->count; i++) {
        const struct step *step = &t->steps[i];

        if (is_for_core_alone(t, step, ready))
            return false;
        if (step->kind == STEP_EVENT &&
            (strncmp(step->text.ptr, "GREETING", 8) == 0 ||
             strncmp(step->text.ptr, "CLOSED", 6) == 0))
            ready = true;
    }
    return t->mask.len == 0 && credentials_can(t);
}

static pop3_result
conn_start(struct play *p, const pop3_core_options *core_options)
{
    struct memory *m = test_alloc(sizeof(*m));
    pop3_transport transport = POP3_TRANSPORT_INIT;
    pop3_options options = POP3_OPTIONS_INIT;

    p->session = m;
    transport.ctx = m;
    transport.read = memory_read;
    transport.write = memory_write;
    transport.start_tls = memory_start_tls;
    transport.fd = memory_fd;
    transport.close = memory_close;
    transport.secure = p->t->options.tls_active;
    options.host = "pop.example.org";
    options.security = POP3_TLS_NONE;
    if (p->t->options.tls_active)
        options.security = POP3_TLS_IMPLICIT;
    if (p->t->stls)
        options.security = POP3_TLS_STLS;
    options.no_capa = p->t->no_capa;
    options.transport = &transport;
    options.core = *core_options;
    return pop3_conn_open(&m->conn, &options);
}

static void
conn_stop(struct play *p)
{
    struct memory *m = p->session;
    bool opened = m->conn != NULL;

    pop3_conn_close(m->conn);
    if (opened && m->closed != 1 && !p->saw_nomem && p->step != NULL)
        play_fail(p, "the transport was closed %u times", m->closed);
    octets_clear(&m->inbox);
    test_free(m);
}

static const pop3_core *
conn_core(struct play *p)
{
    struct memory *m = p->session;

    return pop3_conn_core(m->conn);
}

static pop3_result
conn_feed(struct play *p, const char *ptr, size_t len, size_t *taken)
{
    struct memory *m = p->session;

    octets_add(&m->inbox, ptr, len);
    *taken = len;
    return POP3_OK;
}

static void
conn_eof(struct play *p)
{
    struct memory *m = p->session;

    m->eof = true;
}

static bool
conn_next(struct play *p, pop3_event *event)
{
    struct memory *m = p->session;
    pop3_result result;

    do
        result = pop3_conn_step(m->conn, event);
    while (result == POP3_OK && event->type == POP3_EVENT_READY &&
           !p->t->stls);
    if (result != POP3_OK && result != POP3_ERR_AGAIN)
        play_fail(p, "pop3_conn_step() gave %s", transcript_result(result));
    if (result == POP3_ERR_AGAIN && m->inbox.len > 0 && m->failure == POP3_OK)
        play_fail(p, "the connection leaves octets unread");
    return result == POP3_OK;
}

static void
conn_send(struct play *p, size_t len)
{
    struct memory *m = p->session;

    m->gate += len;
}

static pop3_result
conn_submit(struct play *p, const pop3_command *command, pop3_id *id)
{
    struct memory *m = p->session;

    return pop3_conn_submit(m->conn, command, id);
}

static pop3_result
conn_login(struct play *p, const struct step *step, pop3_id *id)
{
    struct memory *m = p->session;

    credentials_of(&m->credentials, p->t, step);
    return pop3_conn_login(m->conn, &m->credentials.value, id);
}

static pop3_result
conn_call(struct play *p, const struct step *step, pop3_id *id)
{
    struct memory *m = p->session;

    if (step->kind == STEP_LOGIN)
        return conn_login(p, step, id);
    if (step->kind == STEP_TLS_DONE)
        m->tls_may_go = true;
    if (step->kind == STEP_FAIL)
        m->failure = step->result;
    return POP3_OK;
}

const struct play_ops play_conn = {
    .name = "conn",
    .does_tls = true,
    .can = conn_can,
    .start = conn_start,
    .stop = conn_stop,
    .core = conn_core,
    .feed = conn_feed,
    .eof = conn_eof,
    .next = conn_next,
    .send = conn_send,
    .submit = conn_submit,
    .call = conn_call,
};
