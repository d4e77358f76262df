/* SPDX-License-Identifier: MIT */
/*
 * calls - the methods of Core, one for each function of the core.
 *
 * What the core refuses is raised as ResultError; a hook's own exception
 * stands instead of the veto that it caused.
 */
#include <string.h>

#include "ext.h"

/* ---- answers and secrets ---- */

/* None, or what went wrong. */
static PyObject *
outcome(const core_object *self, pop3_result result)
{
    if (PyErr_Occurred() != NULL)
        return NULL;
    if (result != POP3_OK)
        return core_raise(self, result);
    Py_RETURN_NONE;
}

typedef pop3_result span_call(pop3_core *core, pop3_span span);

static PyObject *
call_with_span(PyObject *object, PyObject *arg, span_call *call)
{
    core_object *self = (core_object *)object;
    ext_octets octets = {0};
    PyObject *answer = NULL;

    if (!ext_take_octets(arg, &octets))
        return NULL;
    if (core_enter(self)) {
        pop3_result result =
            call(self->core, (pop3_span){octets.ptr, octets.len});

        answer = outcome(self, result);
        core_leave(self);
    }
    ext_octets_clear(&octets);
    return answer;
}

static PyObject *
core_respond(PyObject *object, PyObject *answer)
{
    return call_with_span(object, answer, pop3_core_respond);
}

static PyObject *
core_mask(PyObject *object, PyObject *secret)
{
    return call_with_span(object, secret, pop3_core_mask);
}

typedef pop3_result plain_call(pop3_core *core);

static PyObject *
call_plain(PyObject *object, plain_call *call)
{
    core_object *self = (core_object *)object;
    PyObject *answer;

    if (!core_enter(self))
        return NULL;
    answer = outcome(self, call(self->core));
    core_leave(self);
    return answer;
}

static PyObject *
core_respond_cancel(PyObject *object, PyObject *unused)
{
    (void)unused;
    return call_plain(object, pop3_core_respond_cancel);
}

static PyObject *
core_tls_done(PyObject *object, PyObject *unused)
{
    (void)unused;
    return call_plain(object, pop3_core_tls_done);
}

/* ---- input ---- */

static PyObject *
core_input_buffer(PyObject *object, PyObject *unused)
{
    core_object *self = (core_object *)object;
    void *room;
    size_t len;
    pop3_result result;
    PyObject *view = NULL;

    (void)unused;
    if (!core_enter(self))
        return NULL;
    result = pop3_core_input_buffer(self->core, &room, &len);
    if (result == POP3_OK)
        view = core_lend(self, room, len, true);
    else
        (void)core_raise(self, result);
    if (view != NULL)
        self->view_len = len;
    core_leave(self);
    return view;
}

static PyObject *
core_input_filled(PyObject *object, PyObject *arg)
{
    core_object *self = (core_object *)object;
    size_t room = self->view_len;
    uint64_t len;

    if (!ext_take_number(arg, &len))
        return NULL;
    if (!core_enter(self))
        return NULL;
    if (len <= room) {
        pop3_core_input_filled(self->core, (size_t)len);
        self->fresh += (size_t)len;
    }
    core_leave(self);
    if (len <= room)
        Py_RETURN_NONE;
    PyErr_SetString(PyExc_ValueError,
                    "more than the input buffer has room for; or there was "
                    "another call after input_buffer()");
    return NULL;
}

static PyObject *
core_feed(PyObject *object, PyObject *arg)
{
    core_object *self = (core_object *)object;
    ext_octets octets = {0};
    size_t taken;
    pop3_result result;
    PyObject *answer = NULL;

    if (!ext_take_octets(arg, &octets))
        return NULL;
    if (core_enter(self)) {
        result = pop3_core_feed(self->core, octets.ptr, octets.len, &taken);
        if (result == POP3_OK) {
            self->fresh += taken;
            answer = PyLong_FromSize_t(taken);
        } else {
            (void)core_raise(self, result);
        }
        core_leave(self);
    }
    ext_octets_clear(&octets);
    return answer;
}

static PyObject *
core_eof(PyObject *object, PyObject *unused)
{
    core_object *self = (core_object *)object;

    (void)unused;
    if (!core_enter(self))
        return NULL;
    pop3_core_input_eof(self->core);
    core_leave(self);
    Py_RETURN_NONE;
}

static PyObject *
core_fail(PyObject *object, PyObject *args)
{
    core_object *self = (core_object *)object;
    ext_octets text = {0};
    int result;
    int sys;

    if (!PyArg_ParseTuple(args, "iiO&:fail", &result, &sys, ext_take_text,
                          &text)) {
        ext_octets_clear(&text);
        return NULL;
    }
    if (result < POP3_ERR_INTERNAL || result > POP3_OK ||
        !pop3_is_fatal((pop3_result)result)) {
        ext_octets_clear(&text);
        PyErr_SetString(PyExc_ValueError, "the result is not a fatal one");
        return NULL;
    }
    if (!core_enter(self)) {
        ext_octets_clear(&text);
        return NULL;
    }
    pop3_core_fail(self->core, (pop3_result)result, sys, text.ptr);
    core_leave(self);
    ext_octets_clear(&text);
    Py_RETURN_NONE;
}

/* ---- output and events ---- */

static PyObject *
core_output(PyObject *object, PyObject *unused)
{
    core_object *self = (core_object *)object;
    PyObject *output;

    (void)unused;
    if (!core_enter(self))
        return NULL;
    output = ext_span(pop3_core_output(self->core));
    core_leave(self);
    return output;
}

static PyObject *
core_output_sent(PyObject *object, PyObject *arg)
{
    core_object *self = (core_object *)object;
    uint64_t len;
    size_t waiting;

    if (!ext_take_number(arg, &len) || !core_enter(self))
        return NULL;
    waiting = pop3_core_output(self->core).len;
    if (len <= waiting)
        pop3_core_output_sent(self->core, (size_t)len);
    core_leave(self);
    if (len <= waiting)
        Py_RETURN_NONE;
    PyErr_SetString(PyExc_ValueError, "more than there was to be sent");
    return NULL;
}

/* ---- capabilities ---- */

static PyObject *
list_capa(const pop3_capa *capa)
{
    PyObject *rows = PyList_New(0);
    pop3_span tag;
    pop3_span args;

    for (size_t i = 0; rows != NULL && pop3_capa_at(capa, i, &tag, &args);
         i++) {
        PyObject *row = Py_BuildValue("(y#y#)", tag.ptr, (Py_ssize_t)tag.len,
                                      args.ptr, (Py_ssize_t)args.len);

        if (row == NULL || PyList_Append(rows, row) < 0)
            Py_CLEAR(rows);
        Py_XDECREF(row);
    }
    return rows;
}

static PyObject *
core_capa(PyObject *object, PyObject *unused)
{
    core_object *self = (core_object *)object;
    const pop3_capa *capa;
    PyObject *rows = Py_None;

    (void)unused;
    if (!core_is_free(self))
        return NULL;
    self->busy = true; /* the collector may run code that would change them */
    capa = pop3_core_capa(self->core);
    if (capa == NULL)
        Py_INCREF(rows);
    else
        rows = list_capa(capa);
    core_leave(self);
    return rows;
}

#define KEYWORDS(function) ((PyCFunction)(void (*)(void))(function))

PyMethodDef core_call_methods[] = {
    {"submit", KEYWORDS(core_submit), METH_VARARGS | METH_KEYWORDS,
     "Queues a command; returns the id that names it in events."},
    {"input_buffer", core_input_buffer, METH_NOARGS,
     "Memory to receive into, valid until the next call on this Core."},
    {"input_filled", core_input_filled, METH_O,
     "Says how many octets were received into it."},
    {"feed", core_feed, METH_O, "Copies octets; returns how many fitted in."},
    {"eof", core_eof, METH_NOARGS, "Says that the peer closed."},
    {"fail", core_fail, METH_VARARGS,
     "fail(result, errno, text): says that the transport failed."},
    {"output", core_output, METH_NOARGS, "Octets that wait to be sent."},
    {"output_sent", core_output_sent, METH_O,
     "Says how many of them were sent."},
    {"next", core_next_event, METH_NOARGS, "The next Event."},
    {"collect", core_collect, METH_O,
     "Puts DATA and rows into a list (as lines), a bytearray or an object "
     "with write();\nreturns the first Event that is something else. What "
     "the target raises comes out;\nthe part at hand is lost to it then, and "
     "the session is in step."},
    {"collect_items", core_collect_items, METH_O,
     "Appends the rows of LIST and UIDL to a list, as tuples (number, octets "
     "or uid);\nreturns the first Event that is something else. Rows that "
     "make no sense are such."},
    {"_take", core_take_events, METH_VARARGS,
     "_take(how, target): next(), collect() or collect_items(), by number; or "
     "3: the\nmessages of a batch, appended to a list as (number, octets)."},
    {"_pull", core_pull, METH_VARARGS,
     "_pull(socket, how, target, turns, silence, until, last_io): receives "
     "and takes.\nReturns (event, octets, errno, drained, last_io)."},
    {"_submit_many", core_submit_many, METH_VARARGS,
     "_submit_many(verb, numbers, start, stop): submits a command for each "
     "number "
     "of a list\nuntil the queue is full; returns how many it were."},
    {"_blame", core_blame, METH_NOARGS,
     "Whether the last call failed because its target raised; asked once."},
    {"_collect_from", core_collect_from, METH_VARARGS,
     "_collect_from(octets, target): feeds and collects; returns how many "
     "octets it\nused, and the Event that collect() returned. If a reply "
     "ends before the octets\ndo, the Core has too many, and is to be "
     "replaced."},
    {"_receive", core_receive, METH_VARARGS,
     "_receive(readinto, target): reads and collects; returns the octets that "
     "were\nread too much, and the Event; NEED_INPUT at the end of the file. "
     "With octets too\nmany, the Core is to be replaced."},
    {"respond", core_respond, METH_O, "Answers a CHALLENGE."},
    {"respond_cancel", core_respond_cancel, METH_NOARGS,
     "Gives the exchange up."},
    {"tls_done", core_tls_done, METH_NOARGS,
     "Says that TLS is up after START_TLS."},
    {"mask", core_mask, METH_O,
     "Names a secret that must not stand in a trace or an error."},
    {"set_trace", core_set_trace, METH_VARARGS,
     "set_trace(callable or None, level)"},
    {"capa", core_capa, METH_NOARGS,
     "The capabilities: a list of tuples (tag, arguments), or None."},
    {0},
};
