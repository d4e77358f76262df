/* SPDX-License-Identifier: MIT */
/*
 * core_type - the type Core: its life, and who may use it when.
 *
 * A Core is used by one call at a time. The core's own code runs without the
 * GIL when there is much to scan, and calls back into Python, so a flag says
 * whether a call is under way; a second one, by another thread or from within
 * a callback, is refused with RuntimeError and changes nothing.
 *
 * Memory that is lent to Python code (to receive into, or to write from) is
 * taken back by the next call; if it is still in use then, that call fails
 * with BufferError and changes nothing: see room.c.
 */
#include <stdlib.h>

#include "ext.h"

/* ---- calls ---- */

bool
core_is_free(const core_object *self)
{
    if (self->busy)
        PyErr_SetString(PyExc_RuntimeError,
                        "the Core is in use: by another thread, or by the "
                        "call that called back");
    return !self->busy;
}

bool
core_enter(core_object *self)
{
    if (!core_is_free(self) || !core_take_back(self))
        return false;
    self->busy = true;
    self->target_raised = false;
    return true;
}

void
core_leave(core_object *self)
{
    self->busy = false;
}

PyObject *
core_raise(const core_object *self, pop3_result result)
{
    const pop3_error *error = pop3_core_error(self->core);
    const char *text =
        error->result == result ? error->text : pop3_strerror(result);
    PyObject *args;

    if (result == POP3_ERR_NOMEM)
        return PyErr_NoMemory();
    args = Py_BuildValue("(iss)", (int)result, error->op, text);
    if (args != NULL)
        PyErr_SetObject(ext_state_of(self->module)->result_error, args);
    Py_XDECREF(args);
    return NULL;
}

/* ---- life ---- */

static int
take_options(PyObject *args, PyObject *kwargs, core_object *self,
             pop3_core_options *options)
{
    static const char *const names[] = {
        "tls_active",    "clear_credentials", "no_pipelining", "any_state",
        "window_octets", "reply_line",        "list_items",    "body_octets",
        "trace",         "trace_level",       "putline",       NULL};
    int flags[4] = {0};
    uint64_t sizes[4] = {0};
    int level = 0;
    PyObject *trace = Py_None;
    PyObject *putline = Py_None;

    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "|$ppppO&O&O&O&OiO:Core", EXT_NAMES(names),
            &flags[0], &flags[1], &flags[2], &flags[3], ext_take_number,
            &sizes[0], ext_take_number, &sizes[1], ext_take_number, &sizes[2],
            ext_take_number, &sizes[3], &trace, &level, &putline))
        return -1;
    if ((trace != Py_None && !PyCallable_Check(trace)) ||
        (putline != Py_None && !PyCallable_Check(putline))) {
        PyErr_SetString(PyExc_TypeError, "trace and putline are callables");
        return -1;
    }
    options->tls_active = flags[0] != 0;
    options->clear_credentials = flags[1] != 0;
    options->no_pipelining = flags[2] != 0;
    options->any_state = flags[3] != 0;
    options->window_octets = (size_t)sizes[0];
    options->limits.reply_line = (size_t)sizes[1];
    options->limits.list_items = sizes[2];
    options->limits.body_octets = sizes[3];
    Py_INCREF(trace);
    self->trace = trace;
    Py_INCREF(putline);
    self->putline = putline;
    core_hook_options(self, options, level);
    return 0;
}

static PyObject *
core_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    allocfunc alloc = (allocfunc)(uintptr_t)PyType_GetSlot(type, Py_tp_alloc);
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    core_object *self = (core_object *)(void *)alloc(type, 0);
    pop3_result result;

    if (self == NULL)
        return NULL;
    self->module = PyObject_GetAttrString((PyObject *)type, "_module");
    if (self->module == NULL || take_options(args, kwargs, self, &options)) {
        Py_DECREF(self);
        return NULL;
    }
    result = pop3_core_new(&self->core, &options);
    if (result == POP3_OK)
        return (PyObject *)self;
    Py_DECREF(self);
    if (result == POP3_ERR_NOMEM)
        return PyErr_NoMemory();
    PyErr_SetString(PyExc_ValueError, "a limit of the Core is out of range: "
                                      "reply_line is 512 to 65536");
    return NULL;
}

static int
core_traverse(PyObject *object, visitproc visit, void *arg)
{
    core_object *self = (core_object *)object;

    Py_VISIT((PyObject *)Py_TYPE(object));
    Py_VISIT(self->module);
    Py_VISIT(self->trace);
    Py_VISIT(self->putline);
    Py_VISIT(self->room);
    return 0;
}

static int
core_clear(PyObject *object)
{
    core_object *self = (core_object *)object;

    Py_CLEAR(self->trace);
    Py_CLEAR(self->putline);
    return 0;
}

static void
core_dealloc(PyObject *object)
{
    core_object *self = (core_object *)object;
    PyTypeObject *type = Py_TYPE(object);
    freefunc free_object =
        (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);

    PyObject_GC_UnTrack(object);
    pop3_core_free(self->core);
    free(self->carry.data);
    Py_CLEAR(self->whole);
    (void)core_clear(object);
    core_forget_room(self);
    Py_CLEAR(self->module);
    free_object(object);
    Py_DECREF((PyObject *)type);
}

/* ---- what it knows ---- */

static const pop3_core *
core_of(PyObject *object)
{
    return ((core_object *)object)->core;
}

static PyObject *
get_state(PyObject *object, void *closure)
{
    (void)closure;
    return PyLong_FromLong((long)pop3_core_state(core_of(object)));
}

static PyObject *
get_is_tls(PyObject *object, void *closure)
{
    (void)closure;
    return PyBool_FromLong(pop3_core_is_tls(core_of(object)));
}

static PyObject *
get_is_quiet(PyObject *object, void *closure)
{
    (void)closure;
    return PyBool_FromLong(pop3_core_is_quiet(core_of(object)));
}

static PyObject *
get_pending(PyObject *object, void *closure)
{
    (void)closure;
    return PyLong_FromSize_t(pop3_core_pending(core_of(object)));
}

/* The rest point into memory that a call under way may be changing. */
static PyObject *
get_greeting(PyObject *object, void *closure)
{
    core_object *self = (core_object *)object;

    (void)closure;
    return core_is_free(self) ? ext_span(pop3_core_greeting(self->core))
                              : NULL;
}

static PyObject *
get_timestamp(PyObject *object, void *closure)
{
    core_object *self = (core_object *)object;

    (void)closure;
    return core_is_free(self) ? ext_span(pop3_core_timestamp(self->core))
                              : NULL;
}

static PyObject *
get_error(PyObject *object, void *closure)
{
    core_object *self = (core_object *)object;

    (void)closure;
    return core_is_free(self) ? ext_error(pop3_core_error(self->core)) : NULL;
}

static PyGetSetDef properties[] = {
    {"state", get_state, NULL, "One of STATE_*.", NULL},
    {"is_tls", get_is_tls, NULL, "Whether the transport is TLS.", NULL},
    {"is_quiet", get_is_quiet, NULL, "Whether all that was sent is answered.",
     NULL},
    {"pending", get_pending, NULL, "Commands without a DONE yet.", NULL},
    {"greeting", get_greeting, NULL, "The greeting without its line end.",
     NULL},
    {"timestamp", get_timestamp, NULL, "The APOP timestamp, or b''.", NULL},
    {"error", get_error, NULL,
     "Why the last event or call failed: a tuple "
     "(result, resp, sys, op, resp_text, text).",
     NULL},
    {0},
};

/* ---- the type ---- */

PyObject *
ext_make_core_type(PyObject *module)
{
    PyType_Slot slots[] = {
        {Py_tp_doc, (void *)(uintptr_t) "A POP3 session without I/O."},
        {Py_tp_new, EXT_SLOT(core_new)},
        {Py_tp_dealloc, EXT_SLOT(core_dealloc)},
        {Py_tp_traverse, EXT_SLOT(core_traverse)},
        {Py_tp_clear, EXT_SLOT(core_clear)},
        {Py_tp_methods, core_call_methods},
        {Py_tp_getset, properties},
        {0, NULL},
    };
    PyType_Spec spec = {"_pop3.Core", (int)sizeof(core_object), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
    PyObject *type = PyType_FromSpec(&spec);

    if (type != NULL && PyObject_SetAttrString(type, "_module", module) < 0)
        Py_CLEAR(type);
    return type;
}
