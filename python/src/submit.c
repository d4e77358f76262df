/* SPDX-License-Identifier: MIT */
/*
 * submit - commands from Python: one with all that it may have, or one for
 * each number of a list.
 *
 * What the core refuses is raised as ResultError; a hook's own exception
 * stands instead of the veto that it caused.
 */
#include <string.h>

#include "ext.h"

static bool
take_verb(const core_object *self, PyObject *name, pop3_verb *verb)
{
    const ext_state *state = ext_state_of(self->module);

    for (int i = 0; i < EXT_VERBS; i++)
        if (PyUnicode_Compare(name, state->verbs[i]) == 0) {
            *verb = (pop3_verb)i;
            return true;
        }
    if (PyErr_Occurred() == NULL)
        PyErr_Format(PyExc_ValueError, "no such verb: %R", name);
    return false;
}

/* The arguments of submit(), which own what the command points to. */
typedef struct submission {
    pop3_command command;
    ext_octets arg;
    ext_octets arg2;
    PyObject *initial_object;
    ext_octets initial;
    pop3_span initial_span;
} submission;

static void
submission_clear(submission *s)
{
    ext_octets_clear(&s->arg);
    ext_octets_clear(&s->arg2);
    ext_octets_clear(&s->initial);
}

static bool
has_nul(const ext_octets *text)
{
    return text->ptr != NULL && strlen(text->ptr) != text->len;
}

static bool
take_submission(const core_object *self, PyObject *args, PyObject *kwargs,
                submission *s)
{
    static const char *const names[] = {"verb", "number",  "lines",     "arg",
                                        "arg2", "initial", "multiline", NULL};
    PyObject *verb;
    int multiline = 0;

    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "U|O&O&O&O&Op:submit", EXT_NAMES(names), &verb,
            ext_take_number, &s->command.number, ext_take_number,
            &s->command.lines, ext_take_text, &s->arg, ext_take_text, &s->arg2,
            &s->initial_object, &multiline) ||
        !take_verb(self, verb, &s->command.verb))
        return false;
    s->command.multiline = multiline != 0;
    s->command.arg = s->arg.ptr;
    s->command.arg2 = s->arg2.ptr;
    if (s->initial_object == NULL || s->initial_object == Py_None)
        return true;
    if (!ext_take_octets(s->initial_object, &s->initial))
        return false;
    s->initial_span = (pop3_span){s->initial.ptr, s->initial.len};
    s->command.initial = &s->initial_span;
    return true;
}

static PyObject *
raise_nul(const core_object *self, pop3_verb verb)
{
    PyObject *args =
        Py_BuildValue("(iss)", POP3_ERR_ARGUMENT, pop3_verb_name(verb),
                      "the argument holds a control character");

    if (args != NULL)
        PyErr_SetObject(ext_state_of(self->module)->result_error, args);
    Py_XDECREF(args);
    return NULL;
}

static PyObject *
submit(core_object *self, const submission *s)
{
    pop3_id id;
    pop3_result result;

    if (has_nul(&s->arg) || has_nul(&s->arg2))
        return raise_nul(self, s->command.verb);
    result = pop3_core_submit(self->core, &s->command, &id);
    if (result == POP3_OK)
        return PyLong_FromUnsignedLong(id);
    return PyErr_Occurred() != NULL ? NULL : core_raise(self, result);
}

PyObject *
core_submit(PyObject *object, PyObject *args, PyObject *kwargs)
{
    core_object *self = (core_object *)object;
    submission s = {0};
    PyObject *id = NULL;

    if (take_submission(self, args, kwargs, &s) && core_enter(self)) {
        id = submit(self, &s);
        core_leave(self);
    }
    submission_clear(&s);
    return id;
}

/* ---- many ---- */

/* False with an exception; *result is OK, or AGAIN if the queue is full. */
static bool
submit_one(core_object *self, pop3_verb verb, PyObject *number,
           pop3_result *result)
{
    pop3_command command = {.verb = verb};
    pop3_id id;

    if (number == NULL || !ext_take_number(number, &command.number))
        return false;
    *result = pop3_core_submit(self->core, &command, &id);
    if (*result == POP3_OK || *result == POP3_ERR_AGAIN)
        return true;
    if (PyErr_Occurred() == NULL)
        (void)core_raise(self, *result);
    return false;
}

PyObject *
core_submit_many(PyObject *object, PyObject *args)
{
    core_object *self = (core_object *)object;
    PyObject *name;
    PyObject *numbers;
    Py_ssize_t start;
    Py_ssize_t stop;
    Py_ssize_t at;
    pop3_verb verb;
    pop3_result result = POP3_OK;
    bool good = true;

    if (!PyArg_ParseTuple(args, "UOnn:_submit_many", &name, &numbers, &start,
                          &stop) ||
        !take_verb(self, name, &verb))
        return NULL;
    if (!PyList_Check(numbers) || start < 0) {
        PyErr_SetString(PyExc_TypeError, "the numbers are in a list");
        return NULL;
    }
    if (!core_enter(self))
        return NULL;
    for (at = start; good && at < stop && at < PyList_Size(numbers); at++) {
        PyObject *number = PyList_GetItem(numbers, at);

        Py_XINCREF(number); /* whatever its own code does to the list */
        good = submit_one(self, verb, number, &result);
        Py_XDECREF(number);
        if (result == POP3_ERR_AGAIN)
            break;
    }
    core_leave(self);
    return good ? PyLong_FromSsize_t(at - start) : NULL;
}
