/* SPDX-License-Identifier: MIT */
/*
 * hooks - the core calls back into Python.
 *
 * putline may veto: what it raises comes out of the call that wanted to send.
 * trace may not: it is told what has happened already, so what it raises goes
 * to sys.unraisablehook, and the session is as if it had returned.
 */
#include "ext.h"

/* The core may run without the GIL. */
static void
resume(core_object *self)
{
    if (self->suspended != NULL)
        PyEval_RestoreThread(self->suspended);
}

static void
suspend(core_object *self, bool was_suspended)
{
    self->suspended = was_suspended ? PyEval_SaveThread() : NULL;
}

static void
on_trace(void *ctx, char direction, const char *line)
{
    core_object *self = ctx;
    bool was_suspended = self->suspended != NULL;
    const char name[2] = {direction, '\0'};
    PyObject *answer;

    resume(self);
    answer = PyObject_CallFunction(self->trace, "ss", name, line);
    if (answer == NULL)
        PyErr_WriteUnraisable(self->trace);
    Py_XDECREF(answer);
    suspend(self, was_suspended);
}

/* Only calls with the GIL submit. */
static pop3_result
on_putline(void *ctx, pop3_span line)
{
    core_object *self = ctx;
    PyObject *answer = PyObject_CallFunction(self->putline, "y#", line.ptr,
                                             (Py_ssize_t)line.len);

    Py_XDECREF(answer);
    return answer == NULL ? POP3_ERR_VETO : POP3_OK;
}

static pop3_trace
trace_of(core_object *self, int level)
{
    if (self->trace == Py_None)
        return (pop3_trace){0};
    return (pop3_trace){level, on_trace, self};
}

void
core_hook_options(core_object *self, pop3_core_options *options, int level)
{
    options->trace = trace_of(self, level);
    options->audit.ctx = self;
    if (self->putline != Py_None)
        options->audit.putline = on_putline;
}

PyObject *
core_set_trace(PyObject *object, PyObject *args)
{
    core_object *self = (core_object *)object;
    PyObject *trace;
    PyObject *old;
    int level = 1;
    pop3_trace options;

    if (!PyArg_ParseTuple(args, "O|i:set_trace", &trace, &level))
        return NULL;
    if (trace != Py_None && !PyCallable_Check(trace)) {
        PyErr_SetString(PyExc_TypeError, "trace is a callable or None");
        return NULL;
    }
    if (!core_enter(self))
        return NULL;
    old = self->trace;
    Py_INCREF(trace);
    self->trace = trace;
    options = trace_of(self, level);
    pop3_core_set_trace(self->core, &options);
    core_leave(self);
    Py_XDECREF(old);
    Py_RETURN_NONE;
}
