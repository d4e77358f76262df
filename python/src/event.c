/* SPDX-License-Identifier: MIT */
/*
 * event - events and errors of the core as Python objects.
 *
 * An Event is a tuple with names. Spans are copied: only collect() hands on
 * octets without a copy, and it is the way for everything large.
 */
#include "ext.h"

static PyStructSequence_Field FIELDS[] = {
    {"type", "one of EVENT_*"},
    {"id", "the command, or 0"},
    {"verb", "of that command, as 'RETR'; None if id is 0"},
    {"number", "of that command"},
    {"result", "DONE, GREETING, CLOSED, ITEM: OK or one of ERR_*"},
    {"line", "GREETING, REPLY, ITEM, DONE: the line as sent"},
    {"text", "what follows +OK; octets of the message; the challenge"},
    {"resp", "one of RESP_*"},
    {"item_number", "ITEM of LIST and UIDL, REPLY to LIST n and UIDL n"},
    {"item_octets", "the same"},
    {"item_uid", "the same: b'' means none"},
    {"stat_count", "REPLY to STAT"},
    {"stat_octets", "REPLY to STAT"},
    {"octets", "DONE of RETR, TOP, RAW: octets given as DATA"},
    {NULL, NULL},
};

enum {
    FIELD_COUNT = sizeof(FIELDS) / sizeof(FIELDS[0]) - 1
};

PyObject *
ext_make_event_type(void)
{
    PyStructSequence_Desc description = {
        "_pop3.Event", "What happened in a session.", FIELDS, FIELD_COUNT};

    return (PyObject *)PyStructSequence_NewType(&description);
}

PyObject *
ext_span(pop3_span span)
{
    return PyBytes_FromStringAndSize(span.ptr, (Py_ssize_t)span.len);
}

PyObject *
ext_text(const char *text)
{
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
}

/* The verb's name, as a new reference. */
static PyObject *
verb_of(const ext_state *state, const pop3_event *event)
{
    PyObject *verb = Py_None;

    if (event->id != 0 && (unsigned)event->verb < EXT_VERBS)
        verb = state->verbs[event->verb];
    Py_INCREF(verb);
    return verb;
}

/* Fields that were not made are NULL, which the sequence accepts, and which
 * is_complete() sees. */
static void
set_fields(const ext_state *state, const pop3_event *event, PyObject **field)
{
    field[0] = PyLong_FromLong((long)event->type);
    field[1] = PyLong_FromUnsignedLong(event->id);
    field[2] = verb_of(state, event);
    field[3] = PyLong_FromUnsignedLongLong(event->number);
    field[4] = PyLong_FromLong((long)event->result);
    field[5] = ext_span(event->line);
    field[6] = ext_span(event->text);
    field[7] = PyLong_FromLong((long)event->resp);
    field[8] = PyLong_FromUnsignedLongLong(event->item.number);
    field[9] = PyLong_FromUnsignedLongLong(event->item.octets);
    field[10] = ext_span(event->item.uid);
    field[11] = PyLong_FromUnsignedLongLong(event->stat.count);
    field[12] = PyLong_FromUnsignedLongLong(event->stat.octets);
    field[13] = PyLong_FromUnsignedLongLong(event->octets);
}

PyObject *
ext_event(const ext_state *state, const pop3_event *event)
{
    PyObject *made =
        PyStructSequence_New((PyTypeObject *)(void *)state->event_type);
    PyObject *field[FIELD_COUNT];
    bool complete = true;

    if (made == NULL)
        return NULL;
    set_fields(state, event, field);
    for (Py_ssize_t i = 0; i < FIELD_COUNT; i++) {
        complete = complete && field[i] != NULL;
        PyStructSequence_SetItem(made, i, field[i]);
    }
    if (complete)
        return made;
    Py_DECREF(made);
    return NULL;
}

PyObject *
ext_error(const pop3_error *error)
{
    PyObject *op = ext_text(error->op);
    PyObject *resp_text = ext_text(error->resp_text);
    PyObject *text = ext_text(error->text);

    if (op != NULL && resp_text != NULL && text != NULL)
        return Py_BuildValue("(iiiNNN)", (int)error->result, (int)error->resp,
                             error->sys, op, resp_text, text);
    Py_XDECREF(op);
    Py_XDECREF(resp_text);
    Py_XDECREF(text);
    return NULL;
}
