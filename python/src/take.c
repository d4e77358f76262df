/* SPDX-License-Identifier: MIT */
/*
 * take - what to make of the octets at hand: the loop over the core's events,
 * for each of the four things that a caller may want.
 *
 *   HOW_NEXT      nothing: every event is told
 *   HOW_DATA      messages, listings as lines, into any target: collect.c
 *   HOW_ITEMS     rows of LIST and UIDL, into a list of tuples
 *   HOW_MESSAGES  whole messages of a pipelined batch, into a list of tuples
 *
 * A message of a batch mostly stands in one buffer, so its first part is made
 * bytes at once, and is the message if no second part follows. Else the parts
 * are put together in self->carry.
 */
#include <stdlib.h>
#include <string.h>

#include "ext.h"

enum {
    /* Memory for a message that came in parts that is kept for the next. */
    CARRY_KEPT = 1 << 20,
    CARRY_KEPT_AT_REST = 1024
};

/* Appends (number, object), whose reference it takes; NULL is an error. */
static bool
append_pair(PyObject *list, uint64_t number, PyObject *object)
{
    PyObject *left =
        object == NULL ? NULL : PyLong_FromUnsignedLongLong(number);
    PyObject *pair = left == NULL ? NULL : PyTuple_New(2);
    bool appended;

    if (pair == NULL) {
        Py_XDECREF(left);
        Py_XDECREF(object);
        return false;
    }
    (void)PyTuple_SetItem(pair, 0, left);
    (void)PyTuple_SetItem(pair, 1, object);
    PyObject_GC_UnTrack(pair); /* no cycle can go through numbers and bytes */
    appended = PyList_Append(list, pair) == 0;
    Py_DECREF(pair);
    return appended;
}

/* ---- rows ---- */

static bool
append_item(PyObject *list, pop3_verb verb, const pop3_item *item)
{
    if (verb == POP3_CMD_UIDL)
        return append_pair(list, item->number, ext_span(item->uid));
    return append_pair(list, item->number,
                       PyLong_FromUnsignedLongLong(item->octets));
}

static bool
is_good_item(const pop3_event *event)
{
    return event->type == POP3_EVENT_ITEM && event->result == POP3_OK &&
           (event->verb == POP3_CMD_LIST || event->verb == POP3_CMD_UIDL);
}

/* Most rows need no event of their own. */
static bool
take_more_items(const core_object *self, PyObject *list, pop3_verb verb)
{
    pop3_item items[64];
    size_t count;

    do {
        count = pop3_core_more_items(self->core, items,
                                     sizeof(items) / sizeof(items[0]));
        for (size_t i = 0; i < count; i++)
            if (!append_item(list, verb, &items[i]))
                return false;
    } while (count > 0);
    return true;
}

static bool
take_items(core_object *self, PyObject *list, pop3_event *event)
{
    while (core_next(self, event), is_good_item(event))
        if (!append_item(list, event->verb, &event->item) ||
            !take_more_items(self, list, event->verb))
            return false;
    return true;
}

/* ---- messages ---- */

static void
trim_carry(core_object *self, size_t kept)
{
    if (self->carry.len > 0 || self->carry.capacity <= kept)
        return;
    free(self->carry.data);
    self->carry = (ext_carry){0};
}

void
core_forget_parts(core_object *self)
{
    Py_CLEAR(self->whole);
    self->carry.len = 0;
    trim_carry(self, CARRY_KEPT);
}

void
core_rest(core_object *self)
{
    pop3_core_input_filled(self->core, 0);
    if (pop3_core_pending(self->core) == 0)
        trim_carry(self, CARRY_KEPT_AT_REST);
}

PyObject *
core_tell(core_object *self, const pop3_event *event)
{
    PyObject *made = ext_event(ext_state_of(self->module), event);

    if (pop3_core_pending(self->core) == 0)
        core_rest(self);
    return made;
}

static bool
add_part(core_object *self, pop3_span part)
{
    bool carried = true;

    if (self->whole == NULL && self->carry.len == 0) {
        self->whole = ext_span(part);
        return self->whole != NULL;
    }
    if (self->whole != NULL)
        carried = core_carry(self, PyBytes_AsString(self->whole),
                             (size_t)PyBytes_Size(self->whole));
    Py_CLEAR(self->whole);
    return carried && core_carry(self, part.ptr, part.len);
}

static bool
append_message(core_object *self, PyObject *list, uint64_t number)
{
    PyObject *message = self->whole;

    if (message != NULL)
        Py_INCREF(message);
    else
        message = PyBytes_FromStringAndSize(self->carry.data,
                                            (Py_ssize_t)self->carry.len);
    core_forget_parts(self);
    return append_pair(list, number, message);
}

/* Ends with the first event that is not about a command that went well, and
 * behind the last command: what comes then is for the next one to find. */
static bool
take_messages(core_object *self, PyObject *list, pop3_event *event)
{
    bool good = true;

    do {
        (void)core_next(self, event);
        if (event->type == POP3_EVENT_DATA)
            good = add_part(self, event->text);
        else if (event->type == POP3_EVENT_DONE && event->result == POP3_OK)
            good = append_message(self, list, event->number);
        else if (event->type == POP3_EVENT_REPLY)
            core_forget_parts(self);
        else
            return true;
    } while (good && pop3_core_pending(self->core) > 0);
    *event = (pop3_event){.type = POP3_EVENT_NEED_INPUT};
    return good;
}

/* ---- all of them ---- */

bool
core_how_valid(int how, PyObject *target)
{
    if (how < HOW_NEXT || how > HOW_MESSAGES) {
        PyErr_SetString(PyExc_ValueError, "no such way to take events");
        return false;
    }
    if (how <= HOW_DATA || PyList_Check(target))
        return true;
    PyErr_SetString(PyExc_TypeError, "what is taken is appended to a list");
    return false;
}

bool
core_take(core_object *self, int how, PyObject *target, pop3_event *event)
{
    if (how == HOW_DATA)
        return core_collect_event(self, target, event);
    if (how == HOW_ITEMS)
        return take_items(self, target, event);
    if (how == HOW_MESSAGES)
        return take_messages(self, target, event);
    (void)core_next(self, event);
    return true;
}

static PyObject *
take(core_object *self, int how, PyObject *target)
{
    pop3_event event;
    PyObject *made = NULL;

    if (!core_how_valid(how, target) || !core_enter(self))
        return NULL;
    if (core_take(self, how, target, &event))
        made = core_tell(self, &event);
    core_leave(self);
    return made;
}

PyObject *
core_collect(PyObject *object, PyObject *target)
{
    return take((core_object *)object, HOW_DATA, target);
}

PyObject *
core_collect_items(PyObject *object, PyObject *target)
{
    return take((core_object *)object, HOW_ITEMS, target);
}

PyObject *
core_next_event(PyObject *object, PyObject *unused)
{
    return take((core_object *)object, HOW_NEXT, unused);
}

PyObject *
core_take_events(PyObject *object, PyObject *args)
{
    PyObject *target;
    int how;

    if (!PyArg_ParseTuple(args, "iO:_take", &how, &target))
        return NULL;
    return take((core_object *)object, how, target);
}
