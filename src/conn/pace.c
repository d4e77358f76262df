/* SPDX-License-Identifier: MIT */
/*
 * pace - deadlines of a connection, on the monotonic clock (R37).
 *
 *   connect  from the start to the end of the TLS handshake, in all; once
 *            more for the handshake behind STLS
 *   idle     since an octet moved, while an answer is due
 *   step     since a command had its turn; every octet of its answer adds
 *            1/min_rate seconds, so that a message may be of any size and a
 *            server that drips is still found out
 *
 * Nothing is limited while nothing is asked: a session may rest. And the time
 * that the program takes with events is not the server's: when it wants more
 * than is here, all the time since octets moved last, if it had an event since
 * then, is added to every deadline. So an event costs no look at the clock.
 */
#include <limits.h>

#include "conn/conn_impl.h"
#include "net/clock.h"

enum {
    MIN_RATE_DEFAULT = 512,
    NO_DEADLINE = -1
};

void
pace_start(pop3_conn *conn)
{
    int64_t now = clock_ms();

    conn->pace = (pace){.connect_by = now + conn->options.connect_timeout_ms,
                        .last_io = now,
                        .step_began = now,
                        .seen = now};
}

void
pace_rest(pop3_conn *conn)
{
    conn->pace.rests = true;
}

void
pace_resume(pop3_conn *conn)
{
    int64_t rested;

    if (!conn->pace.rests)
        return;
    rested = clock_ms() - conn->pace.seen;
    conn->pace.rests = false;
    conn->pace.seen += rested;
    conn->pace.connect_by += rested;
    conn->pace.last_io += rested;
    conn->pace.step_began += rested;
}

/* Octets went or came, at this moment. */
void
pace_moved(pop3_conn *conn, size_t received)
{
    conn->pace.last_io = clock_ms();
    conn->pace.seen = conn->pace.last_io;
    conn->pace.step_octets += received;
}

/* A command was submitted. */
void
pace_asked(pop3_conn *conn)
{
    if (pop3_core_pending(conn->core) != 1)
        return;
    conn->pace.last_io = clock_ms();
    conn->pace.step_began = conn->pace.last_io;
    conn->pace.seen = conn->pace.last_io;
    conn->pace.rests = false;
    conn->pace.step_octets = 0;
}

/* A command ended: it is the turn of the next. */
void
pace_step(pop3_conn *conn, const pop3_event *event)
{
    if (event->type != POP3_EVENT_DONE && event->type != POP3_EVENT_GREETING)
        return;
    conn->pace.step_began = conn->pace.seen;
    conn->pace.step_octets = 0;
}

/* Whether the server owes us something. */
static bool
is_waiting(const pop3_conn *conn)
{
    return pop3_core_state(conn->core) == POP3_STATE_GREETING ||
           pop3_core_pending(conn->core) > 0;
}

static int64_t
step_deadline(const pop3_conn *conn)
{
    uint64_t rate = conn->options.min_rate;
    uint64_t seconds =
        conn->pace.step_octets / (rate == 0 ? MIN_RATE_DEFAULT : rate);

    if (seconds > INT_MAX)
        seconds = INT_MAX;
    return conn->pace.step_began + conn->options.step_timeout_ms +
           (int64_t)seconds * 1000;
}

/* What did not come in time; NULL: the connection stands. */
static const char *
connect_words(const pop3_conn *conn)
{
    if (conn->stage == CONN_DIALING)
        return conn->proxy == NULL
                   ? "no connection within the connect timeout"
                   : "no connection to the proxy within the connect timeout";
    if (conn->stage == CONN_PROXY)
        return "the proxy gave no connection within the connect timeout";
    if (conn->stage == CONN_HANDSHAKE ||
        (conn->stage == CONN_STREAM && conn->starting_tls))
        return "no TLS handshake within the connect timeout";
    return NULL;
}

/* The deadline that comes first, and the words for it. */
static int64_t
next_deadline(const pop3_conn *conn, const char **words)
{
    int64_t idle = conn->pace.last_io + conn->options.idle_timeout_ms;
    int64_t step = step_deadline(conn);

    *words = connect_words(conn);
    if (*words != NULL)
        return conn->pace.connect_by;
    if (conn->stage == CONN_OVER || !is_waiting(conn))
        return NO_DEADLINE;
    *words = idle < step ? "the server was silent for the idle timeout"
                         : "the server took longer than the step timeout";
    return idle < step ? idle : step;
}

int
pace_left_ms(const pop3_conn *conn)
{
    const char *words;
    int64_t deadline = next_deadline(conn, &words);
    int64_t left;

    if (deadline == NO_DEADLINE)
        return -1;
    left = deadline - clock_ms();
    if (left < 0)
        return 0;
    return left > INT_MAX ? INT_MAX : (int)left;
}

bool
pace_is_late(const pop3_conn *conn)
{
    const char *words;
    int64_t deadline = next_deadline(conn, &words);

    return deadline != NO_DEADLINE && conn->pace.seen >= deadline;
}

bool
pace_check(pop3_conn *conn)
{
    const char *words;
    int64_t deadline = next_deadline(conn, &words);

    if (deadline == NO_DEADLINE || clock_ms() < deadline)
        return false;
    pop3_core_fail(conn->core, POP3_ERR_TIMEOUT, 0, words);
    return true;
}
