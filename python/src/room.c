/* SPDX-License-Identifier: MIT */
/*
 * room - memory of the core that is lent to Python code for one call.
 *
 * A memoryview over bare memory could be sliced, and the slice would outlive
 * the core. So there is an object between: it exports the memory, counts who
 * uses it, and keeps the Core alive as long as somebody does. When the Core
 * wants its memory back, it releases the view that it gave out, and refuses
 * to go on while a slice of it, or a call like recv_into(), still has it. The
 * object can be had from a view and may outlive all of that: once the memory
 * was taken back, or the Core is gone, it exports nothing any more.
 *
 * The buffer protocol is in the limited API from 3.11 on only, but its struct
 * and its slots are the same in 3.9 and 3.10. They are spelt out here.
 */
#include "ext.h"

enum {
    SLOT_GETBUFFER = 1,
    SLOT_RELEASEBUFFER = 2,
    WANTS_WRITABLE = 1,
    WANTS_FORMAT = 4,
    WANTS_SHAPE = 8,
    WANTS_STRIDES = 16 | WANTS_SHAPE
};

/* Py_buffer. */
typedef struct room_view {
    void *buf;
    PyObject *obj;
    Py_ssize_t len;
    Py_ssize_t itemsize;
    int readonly;
    int ndim;
    char *format;
    Py_ssize_t *shape;
    Py_ssize_t *strides;
    Py_ssize_t *suboffsets;
    void *internal;
} room_view;

typedef struct room {
    PyObject_HEAD core_object *owner; /* NULL: the memory was taken back */
    void *ptr;
    Py_ssize_t len;
    Py_ssize_t stride;
    Py_ssize_t users;
    bool writable;
} room;

static int
room_getbuffer(PyObject *object, room_view *view, int flags)
{
    static char format[] = "B";
    room *self = (room *)object;
    const char *why = NULL;

    if (self->owner == NULL)
        why = "the Core took its memory back";
    else if ((flags & WANTS_WRITABLE) != 0 && !self->writable)
        why = "the octets are not writable";
    if (why != NULL) {
        view->obj = NULL;
        PyErr_SetString(PyExc_BufferError, why);
        return -1;
    }
    *view = (room_view){
        .buf = self->ptr,
        .obj = object,
        .len = self->len,
        .itemsize = 1,
        .readonly = !self->writable,
        .ndim = 1,
        .format = (flags & WANTS_FORMAT) != 0 ? format : NULL,
        .shape = (flags & WANTS_SHAPE) != 0 ? &self->len : NULL,
        .strides =
            (flags & WANTS_STRIDES) == WANTS_STRIDES ? &self->stride : NULL,
    };
    Py_INCREF(object);
    if (self->users++ == 0)
        Py_INCREF((PyObject *)self->owner);
    return 0;
}

static void
room_releasebuffer(PyObject *object, room_view *view)
{
    room *self = (room *)object;

    (void)view;
    if (--self->users == 0)
        Py_DECREF((PyObject *)self->owner);
}

static int
room_traverse(PyObject *object, visitproc visit, void *arg)
{
    room *self = (room *)object;

    Py_VISIT((PyObject *)Py_TYPE(object));
    if (self->users > 0)
        Py_VISIT((PyObject *)self->owner);
    return 0;
}

static void
room_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    freefunc free_object =
        (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);

    PyObject_GC_UnTrack(object);
    free_object(object);
    Py_DECREF((PyObject *)type);
}

PyObject *
ext_make_room_type(void)
{
    PyType_Slot slots[] = {
        {Py_tp_dealloc, EXT_SLOT(room_dealloc)},
        {Py_tp_traverse, EXT_SLOT(room_traverse)},
        {SLOT_GETBUFFER, EXT_SLOT(room_getbuffer)},
        {SLOT_RELEASEBUFFER, EXT_SLOT(room_releasebuffer)},
        {0, NULL},
    };
    PyType_Spec spec = {"_pop3._Room", (int)sizeof(room), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};

    return PyType_FromSpec(&spec);
}

static PyObject *
make_room(core_object *owner, char *ptr, size_t len, bool writable)
{
    PyTypeObject *type =
        (PyTypeObject *)(void *)ext_state_of(owner->module)->room_type;
    allocfunc alloc = (allocfunc)(uintptr_t)PyType_GetSlot(type, Py_tp_alloc);
    room *made = (room *)(void *)alloc(type, 0);

    if (made == NULL)
        return NULL;
    made->owner = owner;
    made->ptr = ptr;
    made->len = (Py_ssize_t)len;
    made->stride = 1;
    made->writable = writable;
    return (PyObject *)made;
}

PyObject *
core_lend(core_object *self, char *ptr, size_t len, bool writable)
{
    PyObject *made = make_room(self, ptr, len, writable);
    PyObject *view = made == NULL ? NULL : PyMemoryView_FromObject(made);
    PyObject *link = view == NULL ? NULL : PyWeakref_NewRef(view, NULL);

    if (link == NULL) {
        Py_XDECREF(view);
        Py_XDECREF(made);
        return NULL;
    }
    self->room = made;
    self->view = link;
    return view;
}

/* Makes the view useless, if there is one still. */
static bool
release_view(core_object *self)
{
    PyObject *view = PyObject_CallObject(self->view, NULL);
    PyObject *none;

    if (view == NULL)
        return false;
    if (view == Py_None) {
        Py_DECREF(view);
        return true;
    }
    none = PyObject_CallMethod(view, "release", NULL);
    Py_DECREF(view);
    Py_XDECREF(none);
    return none != NULL;
}

void
core_forget_room(core_object *self)
{
    if (self->room != NULL)
        ((room *)self->room)->owner = NULL;
    Py_CLEAR(self->view);
    Py_CLEAR(self->room);
    self->view_len = 0;
}

bool
core_take_back(core_object *self)
{
    if (self->room == NULL)
        return true;
    if (!release_view(self))
        return false;
    if (((room *)self->room)->users > 0) {
        PyErr_SetString(PyExc_BufferError,
                        "the memory that the Core lent is still in use: a "
                        "part of it was kept");
        return false;
    }
    core_forget_room(self);
    return true;
}
