/* SPDX-License-Identifier: MIT */
/*
 * octets - arguments from Python: octets, text and numbers.
 *
 * Only bytes never change, so whatever else holds octets is copied: a call may
 * run code of Python's (a hook, a password function, the collector) that
 * empties a bytearray, and its memory is gone then. Text becomes UTF-8 in an
 * object of our own. Copies are wiped when they are let go, because they may
 * be of a password.
 */
#include <string.h>

#include "ext.h"

static int
take_bytes(ext_octets *octets, PyObject *bytes, bool made_here)
{
    octets->owner = bytes;
    octets->ptr = PyBytes_AsString(bytes);
    octets->len = (size_t)PyBytes_Size(bytes);
    octets->made_here = made_here;
    return 1;
}

int
ext_take_octets(PyObject *object, void *result)
{
    ext_octets *octets = result;
    PyObject *view;

    if (PyBytes_Check(object)) {
        Py_INCREF(object);
        return take_bytes(octets, object, false);
    }
    view = PyMemoryView_FromObject(object);
    if (view == NULL)
        return 0;
    object = PyBytes_FromObject(view);
    Py_DECREF(view);
    return object == NULL ? 0 : take_bytes(octets, object, true);
}

/* str, bytes or None. A NUL cannot be told to the core, which would refuse
 * it: so it is refused here. */
int
ext_take_text(PyObject *object, void *result)
{
    ext_octets *octets = result;
    bool is_text = PyUnicode_Check(object);

    if (object == Py_None)
        return 1;
    if (!is_text && !PyBytes_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "an argument is str or bytes");
        return 0;
    }
    if (is_text)
        object = PyUnicode_AsUTF8String(object);
    else
        Py_INCREF(object);
    return object == NULL ? 0 : take_bytes(octets, object, is_text);
}

int
ext_take_number(PyObject *object, void *result)
{
    PyObject *number = PyNumber_Index(object);
    unsigned long long value;

    if (number == NULL)
        return 0;
    value = PyLong_AsUnsignedLongLong(number);
    Py_DECREF(number);
    if (value == (unsigned long long)-1 && PyErr_Occurred() != NULL)
        return 0;
    *(uint64_t *)result = value;
    return 1;
}

void
ext_octets_clear(ext_octets *octets)
{
    /* Python shares the objects of one octet and of none. */
    if (octets->made_here && octets->len > 1 && Py_REFCNT(octets->owner) == 1)
        explicit_bzero(PyBytes_AsString(octets->owner), octets->len);
    Py_CLEAR(octets->owner);
    *octets = (ext_octets){0};
}
