/* SPDX-License-Identifier: MIT */
/*
 * receive - collect() for a program whose file is to be read no further than
 * the reply at hand goes: the drop-in for poplib.
 *
 * Two ways in. _collect_from() is given octets, and says how many of them it
 * needed. _receive() reads them itself, without a copy between the socket and
 * the core, and hands back what it read too much. In both cases a Core that
 * has octets behind the end of the reply is of no more use, because it would
 * take them for ones that nobody asked for.
 */
#include "ext.h"

/* Octets in the core that nothing was made of yet; *end is behind them. Its
 * buffer never grows after the first use: what is no room is filled. */
static size_t
unread(core_object *self, const char **end)
{
    void *room;
    size_t len;

    *end = NULL;
    if (pop3_core_input_buffer(self->core, &room, &len) != POP3_OK)
        return 0;
    if (len > self->capacity)
        self->capacity = len;
    *end = room;
    return self->capacity - len;
}

/* ---- _collect_from() ---- */

static bool
feed_once(core_object *self, pop3_span in, size_t *taken)
{
    pop3_result result = pop3_core_feed(self->core, in.ptr, in.len, taken);

    if (result != POP3_OK)
        (void)core_raise(self, result);
    else
        self->fresh += *taken;
    return result == POP3_OK;
}

/* Feeds octets and collects until something is to be told, or all is fed.
 * *used octets of them were needed for that. */
static bool
feed_and_collect(core_object *self, pop3_span in, PyObject *target,
                 size_t *used, pop3_event *event)
{
    const char *end;
    size_t taken;

    (void)unread(self, &end);
    do {
        if (!feed_once(self, in, &taken) ||
            !core_collect_event(self, target, event))
            return false;
        *used += taken;
        in.ptr += taken;
        in.len -= taken;
    } while (in.len > 0 && event->type == POP3_EVENT_NEED_INPUT);
    if (event->type == POP3_EVENT_DONE)
        *used -= unread(self, &end);
    return true;
}

PyObject *
core_collect_from(PyObject *object, PyObject *args)
{
    core_object *self = (core_object *)object;
    PyObject *octets;
    PyObject *target;
    PyObject *made = NULL;
    pop3_event event;
    pop3_span in;
    size_t used = 0;

    if (!PyArg_ParseTuple(args, "SO:_collect_from", &octets, &target))
        return NULL;
    in = (pop3_span){PyBytes_AsString(octets), (size_t)PyBytes_Size(octets)};
    if (in.len == 0) {
        PyErr_SetString(PyExc_ValueError, "there is nothing to feed");
        return NULL;
    }
    if (!core_enter(self))
        return NULL;
    if (feed_and_collect(self, in, target, &used, &event))
        made = ext_event(ext_state_of(self->module), &event);
    if (made != NULL && event.type == POP3_EVENT_DONE)
        core_rest(self);
    core_leave(self);
    return made == NULL ? NULL : Py_BuildValue("(nN)", (Py_ssize_t)used, made);
}

/* ---- _receive() ---- */

/* What readinto() said: octets, or 0 for None; false if it makes no sense. */
static bool
take_count(PyObject *answer, size_t room, size_t *count)
{
    uint64_t number = 0;

    if (answer != Py_None && !ext_take_number(answer, &number))
        return false;
    if (number > room) {
        PyErr_SetString(PyExc_OSError, "readinto() says that it read more "
                                       "than there was room for");
        return false;
    }
    *count = (size_t)number;
    return true;
}

/* One readinto() into the core. */
static bool
read_once(core_object *self, PyObject *readinto, size_t *count)
{
    void *room;
    size_t len;
    pop3_result result = pop3_core_input_buffer(self->core, &room, &len);
    PyObject *view;
    PyObject *answer;
    bool good;

    if (result != POP3_OK) {
        (void)core_raise(self, result);
        return false;
    }
    view = core_lend(self, room, len, true);
    if (view == NULL)
        return false;
    answer = PyObject_CallFunctionObjArgs(readinto, view, NULL);
    good = answer != NULL && take_count(answer, len, count) &&
           core_take_back(self);
    Py_XDECREF(answer);
    Py_DECREF(view);
    return good;
}

/* Reads and collects; *event stays NEED_INPUT at the end of the file. */
static bool
read_and_collect(core_object *self, PyObject *readinto, PyObject *target,
                 pop3_event *event)
{
    size_t count;

    *event = (pop3_event){.type = POP3_EVENT_NEED_INPUT};
    do {
        if (!read_once(self, readinto, &count))
            return false;
        if (count == 0)
            return true;
        pop3_core_input_filled(self->core, count);
        self->fresh += count;
        if (!core_collect_event(self, target, event))
            return false;
    } while (event->type == POP3_EVENT_NEED_INPUT);
    return true;
}

PyObject *
core_receive(PyObject *object, PyObject *args)
{
    core_object *self = (core_object *)object;
    PyObject *readinto;
    PyObject *target;
    PyObject *made = NULL;
    PyObject *rest = NULL;
    pop3_event event;
    const char *end;

    if (!PyArg_ParseTuple(args, "OO:_receive", &readinto, &target))
        return NULL;
    if (!core_enter(self))
        return NULL;
    (void)unread(self, &end);
    if (read_and_collect(self, readinto, target, &event))
        made = ext_event(ext_state_of(self->module), &event);
    if (made != NULL) {
        size_t len = unread(self, &end);

        if (event.type != POP3_EVENT_DONE)
            len = 0;
        rest = PyBytes_FromStringAndSize(end == NULL ? NULL : end - len,
                                         (Py_ssize_t)len);
        if (event.type == POP3_EVENT_DONE)
            core_rest(self);
    }
    core_leave(self);
    if (rest == NULL) {
        Py_XDECREF(made);
        return NULL;
    }
    return Py_BuildValue("(NN)", rest, made);
}
