/* SPDX-License-Identifier: MIT */
/*
 * pull - receives from a plain socket straight into the core, and takes what
 * comes of it, for as long as that is all there is to do.
 *
 * One turn is a recv(2) of what the core has room for and the taking of it;
 * Python code runs only where the target is Python code. If there is nothing
 * to be received, and the caller gave time for it, poll(2) waits. The GIL is
 * free in both, signals are looked at once a turn, and the number of the
 * socket is asked for again each time, since a callback may have closed it.
 *
 * It ends when an event is to be told; or when something else than receiving
 * is due, which NEED_INPUT tells: to send, to look at the clock, to let others
 * have their turn. Deadlines are the caller's: here they only end the wait.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "ext.h"

enum {
    NEVER_MS = 3600000, /* poll() is called again after so long */
    UNLIMITED = -1
};

typedef struct pulling {
    PyObject *sock;
    PyObject *target;
    int how;
    int turns;       /* that are left, or UNLIMITED */
    double silence;  /* seconds that the server may be silent for */
    double until;    /* when waiting has to end anyway; in the past: no wait */
    double last_io;  /* when something was received last */
    uint64_t octets; /* received */
    int error;       /* errno of a recv() that failed */
    bool over;       /* there is nothing to be received now */
    bool drained;    /* the last recv() took all there was */
} pulling;

static double
now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* *fd is negative if the socket was closed; false with an exception. */
static bool
descriptor(const pulling *p, int *fd)
{
    PyObject *number = PyObject_CallMethod(p->sock, "fileno", NULL);
    long value = number == NULL ? -1 : PyLong_AsLong(number);

    Py_XDECREF(number);
    *fd = value >= 0 && value <= INT32_MAX ? (int)value : -1;
    return PyErr_Occurred() == NULL;
}

/* ---- waiting ---- */

/* Milliseconds that may be waited; 0: none. */
static int
time_left(const pulling *p)
{
    double by = p->last_io + p->silence;
    double left = (by < p->until ? by : p->until) - now();

    if (!(left > 0))
        return 0;
    return left * 1000 >= NEVER_MS ? NEVER_MS : (int)ceil(left * 1000);
}

/* The Core is ours again. Who has it in between lets go of it soon. */
static bool
reenter(core_object *self)
{
    while (self->busy) {
        Py_BEGIN_ALLOW_THREADS(void) poll(NULL, 0, 1);
        Py_END_ALLOW_THREADS
    }
    self->busy = true;
    return core_take_back(self);
}

/* Whether there is something to be received now. Others may ask the Core
 * something while it waits. */
static bool
wait_for_input(core_object *self, const pulling *p, bool *ready)
{
    struct pollfd poll_for = {.events = POLLIN};
    int ms;
    int count;

    if (!descriptor(p, &poll_for.fd))
        return false;
    core_rest(self);
    *ready = poll_for.fd < 0; /* recv() will tell */
    while ((ms = time_left(p)) > 0 && !*ready) {
        PyThreadState *suspended;

        core_leave(self);
        suspended = PyEval_SaveThread();
        count = poll(&poll_for, 1, ms);
        PyEval_RestoreThread(suspended);
        if (!reenter(self) || PyErr_CheckSignals() < 0)
            return false;
        *ready = count > 0;
    }
    return true;
}

/* ---- receiving ---- */

/* One recv() into the core; false with an exception. */
static bool
receive(core_object *self, pulling *p)
{
    void *room;
    size_t len;
    ssize_t got;
    int fd;

    if (!descriptor(p, &fd))
        return false;
    if (pop3_core_input_buffer(self->core, &room, &len) != POP3_OK) {
        p->over = true; /* the session is; its events tell */
        return true;
    }
    Py_BEGIN_ALLOW_THREADS;
    got = recv(fd, room, len, MSG_DONTWAIT);
    p->error = got < 0 ? errno : 0;
    Py_END_ALLOW_THREADS;
    p->drained = got < (ssize_t)len;
    if (got < 0) {
        core_rest(self);
        return true;
    }
    if (got == 0)
        pop3_core_input_eof(self->core);
    pop3_core_input_filled(self->core, (size_t)got);
    self->fresh += (size_t)got;
    p->octets += (uint64_t)got;
    p->last_io = now();
    return true;
}

static bool
is_nothing_there(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/* Whether there is no need to wait, because something was taken already. */
static bool
has_something(const pulling *p)
{
    return p->how == HOW_MESSAGES && PyList_Size(p->target) > 0;
}

/* Receives something, or sets p->over if there is nothing to be had. */
static bool
receive_or_wait(core_object *self, pulling *p)
{
    bool ready = !p->drained;

    do {
        if (!ready && !has_something(p) && !wait_for_input(self, p, &ready))
            return false;
        p->over = !ready;
        if (ready && !receive(self, p))
            return false;
        ready = false;
    } while (!p->over && is_nothing_there(p->error));
    p->over = p->over || p->error != 0;
    if (is_nothing_there(p->error))
        p->error = 0;
    return true;
}

/* Whether receiving is what the session needs next. */
static bool
wants_input(const core_object *self, const pulling *p, const pop3_event *event)
{
    return event->type == POP3_EVENT_NEED_INPUT && p->turns != 0 &&
           !pop3_core_is_quiet(self->core) &&
           pop3_core_output(self->core).len == 0;
}

static bool
pull(core_object *self, pulling *p, pop3_event *event)
{
    if (!core_take(self, p->how, p->target, event))
        return false;
    while (!p->over && wants_input(self, p, event)) {
        if (!receive_or_wait(self, p) || PyErr_CheckSignals() < 0)
            return false;
        if (!p->over && !core_take(self, p->how, p->target, event))
            return false;
        if (p->turns > 0)
            p->turns--;
    }
    return true;
}

PyObject *
core_pull(PyObject *object, PyObject *args)
{
    core_object *self = (core_object *)object;
    pulling p = {0};
    pop3_event event;
    PyObject *made = NULL;

    if (!PyArg_ParseTuple(args, "OiOiddd:_pull", &p.sock, &p.how, &p.target,
                          &p.turns, &p.silence, &p.until, &p.last_io))
        return NULL;
    if (p.turns == 0)
        p.turns = UNLIMITED;
    if (!core_how_valid(p.how, p.target) || !core_enter(self))
        return NULL;
    if (pull(self, &p, &event))
        made = core_tell(self, &event);
    core_leave(self);
    if (made == NULL)
        return NULL;
    return Py_BuildValue("(NKiOd)", made, (unsigned long long)p.octets,
                         p.error, p.drained ? Py_True : Py_False, p.last_io);
}
