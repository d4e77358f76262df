/* SPDX-License-Identifier: MIT */
/*
 * collect - messages and listings into Python objects, in bulk.
 *
 * An Event for each row of a listing or part of a message would cost more
 * than all else, so the loop over the core's events runs here, and only what
 * is not data comes out as an Event.
 *
 * A list gets lines cut as poplib cuts them: at LF; a line loses CR LF, or a
 * CR at its start and the LF, or the LF. The line that is not complete yet is
 * carried from part to part, and given up when the message ends.
 */
#include <stdlib.h>
#include <string.h>

#include <pop3/lines.h>

#include "ext.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
    /* From so many octets on, letting other threads run pays. */
    MUCH = 16384
};

pop3_event_type
core_next(core_object *self, pop3_event *event)
{
    pop3_event_type type;

    if (self->fresh >= MUCH) {
        self->suspended = PyEval_SaveThread();
        type = pop3_core_next(self->core, event);
        PyEval_RestoreThread(self->suspended);
        self->suspended = NULL;
    } else {
        type = pop3_core_next(self->core, event);
    }
    /* Where a step takes little, so will the ones after it. */
    if (type != POP3_EVENT_DATA || event->text.len < MUCH)
        self->fresh = 0;
    return type;
}

/* ---- lines ---- */

static bool
append_octets(PyObject *list, const char *ptr, size_t len)
{
    PyObject *line = PyBytes_FromStringAndSize(ptr, (Py_ssize_t)len);
    bool appended = line != NULL && PyList_Append(list, line) == 0;

    Py_XDECREF(line);
    return appended;
}

/* A line that ends with LF. */
static bool
append_line(PyObject *list, const char *line, size_t len)
{
    len--;
    if (len > 0 && line[len - 1] == '\r')
        return append_octets(list, line, len - 1);
    if (len > 0 && line[0] == '\r')
        return append_octets(list, line + 1, len - 1);
    return append_octets(list, line, len);
}

bool
core_carry(core_object *self, const char *ptr, size_t len)
{
    ext_carry *carry = &self->carry;

    if (len > carry->capacity - carry->len) {
        size_t capacity = carry->len + len;
        char *data;

        capacity = capacity < carry->len ? SIZE_MAX / 2 : capacity;
        capacity += capacity / 2;
        data = realloc(carry->data, capacity);
        if (data == NULL) {
            (void)PyErr_NoMemory();
            return false;
        }
        carry->data = data;
        carry->capacity = capacity;
    }
    memcpy(carry->data + carry->len, ptr, len);
    carry->len += len;
    return true;
}

/* Completes the carried line; *at moves behind it. */
static bool
append_carried(core_object *self, PyObject *list, const char **at,
               const char *end)
{
    const char *lf = memchr(*at, '\n', (size_t)(end - *at));
    const char *stop = lf == NULL ? end : lf + 1;
    ext_carry *carry = &self->carry;
    size_t len;

    if (!core_carry(self, *at, (size_t)(stop - *at)))
        return false;
    *at = stop;
    if (lf == NULL)
        return true;
    len = carry->len;
    carry->len = 0;
    return append_line(list, carry->data, len);
}

#ifdef __SSE2__
enum {
    BLOCK = 16
};

/* A bit for each LF in a block. A call of memchr() for each line would cost
 * more than the search. */
static unsigned
line_ends(const char *block)
{
    __m128i octets = _mm_loadu_si128((const __m128i *)(const void *)block);

    return (unsigned)_mm_movemask_epi8(
        _mm_cmpeq_epi8(octets, _mm_set1_epi8('\n')));
}

/* Appends the lines that end in whole blocks; *at moves behind them, and the
 * return value is where to search on, or NULL. */
static const char *
append_blocks(PyObject *list, const char **at, const char *end)
{
    const char *block = *at;

    for (; end - block >= BLOCK; block += BLOCK) {
        for (unsigned ends = line_ends(block); ends != 0; ends &= ends - 1) {
            const char *next = block + __builtin_ctz(ends) + 1;

            if (!append_line(list, *at, (size_t)(next - *at)))
                return NULL;
            *at = next;
        }
    }
    return block;
}
#else
static const char *
append_blocks(PyObject *list, const char **at, const char *end)
{
    (void)list;
    (void)end;
    return *at;
}
#endif

static bool
append_lines(core_object *self, PyObject *list, pop3_span part)
{
    const char *at = part.ptr;
    const char *end = part.ptr + part.len;
    const char *from;
    const char *lf;

    if (self->carry.len > 0 && !append_carried(self, list, &at, end))
        return false;
    from = append_blocks(list, &at, end);
    if (from == NULL)
        return false;
    while (from < end &&
           (lf = memchr(from, '\n', (size_t)(end - from))) != NULL) {
        if (!append_line(list, at, (size_t)(lf + 1 - at)))
            return false;
        at = from = lf + 1;
    }
    return at == end || core_carry(self, at, (size_t)(end - at));
}

/* ---- other targets ---- */

static bool
append_to_bytearray(PyObject *target, pop3_span part)
{
    Py_ssize_t before = PyByteArray_Size(target);

    if (PyByteArray_Resize(target, before + (Py_ssize_t)part.len) < 0)
        return false;
    memcpy(PyByteArray_AsString(target) + before, part.ptr, part.len);
    return true;
}

/* How many octets write() took: all of them if it does not tell; 0 with an
 * exception. An unbuffered file may take less than it was given. */
static size_t
write_once(const core_object *self, PyObject *target, PyObject *view,
           size_t len)
{
    PyObject *written = PyObject_CallMethodObjArgs(
        target, ext_state_of(self->module)->write, view, NULL);
    long long count = (long long)len;

    if (written == NULL)
        return 0;
    if (PyLong_Check(written) && !PyBool_Check(written))
        count = PyLong_AsLongLong(written);
    Py_DECREF(written);
    if (count > 0 && (unsigned long long)count <= len)
        return (size_t)count;
    if (PyErr_Occurred() == NULL)
        PyErr_Format(PyExc_OSError, "write() took %lld octets of %zu", count,
                     len);
    return 0;
}

/* Takes the memory back; what write() raised stands if that went well. */
static bool
end_of_write(core_object *self, size_t written)
{
    PyObject *error[3];

    if (written > 0)
        return core_take_back(self);
    self->target_raised = true;
    PyErr_Fetch(&error[0], &error[1], &error[2]);
    if (core_take_back(self)) {
        PyErr_Restore(error[0], error[1], error[2]);
        return false;
    }
    for (int i = 0; i < 3; i++)
        Py_XDECREF(error[i]);
    self->target_raised = false;
    return false;
}

static bool
append_to_file(core_object *self, PyObject *target, pop3_span part)
{
    union {
        const char *from;
        char *to;
    } memory = {part.ptr}; /* lent for reading only */

    for (size_t written = 0; part.len > 0; part.len -= written) {
        PyObject *view = core_lend(self, memory.to, part.len, false);
        bool good;

        if (view == NULL)
            return false;
        written = write_once(self, target, view, part.len);
        good = end_of_write(self, written);
        Py_DECREF(view);
        if (!good)
            return false;
        memory.to += written;
    }
    return true;
}

PyObject *
core_blame(PyObject *object, PyObject *unused)
{
    core_object *self = (core_object *)object;
    bool raised = self->target_raised;

    (void)unused;
    self->target_raised = false;
    return PyBool_FromLong(raised);
}

/* ---- rows ---- */

/* The row of the event, and those behind it that need no event. */
static bool
append_rows(const core_object *self, PyObject *list, const pop3_event *event)
{
    pop3_span rows[64];
    size_t count;

    if (!append_octets(list, event->line.ptr, event->line.len))
        return false;
    do {
        count = pop3_core_more_rows(self->core, rows,
                                    sizeof(rows) / sizeof(rows[0]));
        for (size_t i = 0; i < count; i++)
            if (!append_octets(list, rows[i].ptr, rows[i].len))
                return false;
    } while (count > 0);
    return true;
}

/* ---- collect() ---- */

/* Puts an event's octets into the target. 1: done; 0: it is no data; -1. */
static int
put(core_object *self, PyObject *target, const pop3_event *event)
{
    bool good;

    if (event->type == POP3_EVENT_ITEM && PyList_Check(target))
        return append_rows(self, target, event) ? 1 : -1;
    if (event->type != POP3_EVENT_DATA)
        return 0;
    if (PyList_Check(target))
        good = append_lines(self, target, event->text);
    else if (PyByteArray_Check(target))
        good = append_to_bytearray(target, event->text);
    else
        good = append_to_file(self, target, event->text);
    return good ? 1 : -1;
}

/* What is left of a message without a line end; nothing of it stays. */
static bool
finish_lines(core_object *self, PyObject *target, const pop3_event *event)
{
    bool good = true;

    if (event->type == POP3_EVENT_NEED_INPUT)
        return true;
    if (self->carry.len > 0 && event->type == POP3_EVENT_DONE &&
        event->result == POP3_OK && PyList_Check(target))
        good = append_octets(target, self->carry.data, self->carry.len);
    core_forget_parts(self);
    return good;
}

bool
core_collect_event(core_object *self, PyObject *target, pop3_event *event)
{
    int state;

    do {
        (void)core_next(self, event);
        state = put(self, target, event);
    } while (state > 0);
    return state == 0 && finish_lines(self, target, event);
}
