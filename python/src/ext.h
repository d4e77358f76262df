/* SPDX-License-Identifier: MIT */
/*
 * ext - what the files of the extension module _pop3 share.
 *
 * The module is built against the limited API of Python 3.9, so that one
 * file serves every later version, and keeps all that it needs in its module
 * object, so that each interpreter has its own.
 */
#ifndef PYTHON_EXT_H
#define PYTHON_EXT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#include <pop3.h>

/* A function in a table of slots; ISO C has no direct conversion. */
#define EXT_SLOT(function) ((void *)(uintptr_t)(function))

/* Names of arguments, which Python does not change, though it says so. */
#define EXT_NAMES(names) ((char **)(uintptr_t)(names))

enum {
    EXT_VERBS = POP3_CMD_RAW + 1
};

/* Lives in the module object. */
typedef struct ext_state {
    PyObject *core_type;
    PyObject *login_type;
    PyObject *event_type;
    PyObject *room_type;
    PyObject *result_error;
    PyObject *write;            /* "write", interned */
    PyObject *verbs[EXT_VERBS]; /* their names, interned */
} ext_state;

/* Octets of an argument. `owner` keeps them alive, and is bytes; it is private
 * to us if it was made from something else, and is then wiped when it is let
 * go. */
typedef struct ext_octets {
    PyObject *owner;
    const char *ptr;
    size_t len;
    bool made_here;
} ext_octets;

/* The line that is not complete yet, of a message that is cut into lines. */
typedef struct ext_carry {
    char *data;
    size_t len;
    size_t capacity;
} ext_carry;

typedef struct core_object {
    PyObject_HEAD pop3_core *core;
    PyObject *module;         /* has the ext_state */
    PyObject *trace;          /* callable or NULL */
    PyObject *putline;        /* callable or NULL */
    PyObject *room;           /* memory that was lent out, or NULL */
    PyObject *view;           /* weak reference to the view that was given */
    size_t view_len;          /* of an input buffer; 0: none is lent */
    size_t capacity;          /* of the core's buffer, once it is known */
    size_t fresh;             /* octets received since the last NEED_INPUT */
    PyThreadState *suspended; /* set while the GIL is released */
    ext_carry carry;
    PyObject *whole;    /* the first part of a message of a batch, or NULL */
    bool target_raised; /* in the call before this one */
    bool busy;          /* a call is under way, in any thread */
} core_object;

/* ---- module.c ---- */

ext_state *ext_state_of(PyObject *module);

/* ---- event.c ---- */

PyObject *ext_make_event_type(void);
PyObject *ext_event(const ext_state *state, const pop3_event *event);
PyObject *ext_span(pop3_span span);
PyObject *ext_text(const char *text);
PyObject *ext_error(const pop3_error *error);

/* ---- octets.c ---- */

/* Converters for "O&" of PyArg_Parse: they fill an ext_octets or a
 * uint64_t. None leaves ptr at NULL where that is allowed. */
int ext_take_octets(PyObject *object, void *octets);
int ext_take_text(PyObject *object, void *octets);
int ext_take_number(PyObject *object, void *number);
void ext_octets_clear(ext_octets *octets);

/* ---- core_type.c ---- */

PyObject *ext_make_core_type(PyObject *module);

/* Begins and ends a call on a Core. enter fails, with an exception set, if
 * another call is under way, or if lent memory is still in use. */
bool core_enter(core_object *self);

/* For a look that disturbs nothing: lent memory stays where it is. */
bool core_is_free(const core_object *self);
void core_leave(core_object *self);

/* Raises ResultError, or MemoryError. Returns NULL. */
PyObject *core_raise(const core_object *self, pop3_result result);

/* ---- login.c ---- */

PyObject *ext_make_login_type(PyObject *module);

/* ---- room.c ---- */

PyObject *ext_make_room_type(void);

/* Lends memory to Python code, until the next call: a memoryview. */
PyObject *core_lend(core_object *self, char *ptr, size_t len, bool writable);

/* Takes it back: fails with BufferError if it is in use. */
bool core_take_back(core_object *self);

/* Nobody uses it, and nobody can from now on. */
void core_forget_room(core_object *self);

/* ---- hooks.c ---- */

/* Make the core call self->trace and self->putline. */
void core_hook_options(core_object *self, pop3_core_options *options,
                       int trace_level);
PyObject *core_set_trace(PyObject *object, PyObject *args);

/* ---- calls.c, submit.c, receive.c, pull.c ---- */

extern PyMethodDef core_call_methods[];
PyObject *core_submit(PyObject *object, PyObject *args, PyObject *kwargs);
PyObject *core_submit_many(PyObject *object, PyObject *args);
PyObject *core_collect_from(PyObject *object, PyObject *args);
PyObject *core_receive(PyObject *object, PyObject *args);
PyObject *core_pull(PyObject *object, PyObject *args);

/* ---- collect.c ---- */

/* Puts data into the target; *event is the first that is something else. */
bool core_collect_event(core_object *self, PyObject *target,
                        pop3_event *event);

/* pop3_core_next(), without the GIL if there is much to scan. */
pop3_event_type core_next(core_object *self, pop3_event *event);

/* Appends to self->carry. */
bool core_carry(core_object *self, const char *ptr, size_t len);
PyObject *core_blame(PyObject *object, PyObject *unused);

/* ---- take.c ---- */

enum {
    HOW_NEXT,
    HOW_DATA,
    HOW_ITEMS,
    HOW_MESSAGES
};

/* Whether `how` is one of these and the target fits; else an exception. */
bool core_how_valid(int how, PyObject *target);

/* Takes what the octets at hand make; *event is the first that is more. */
bool core_take(core_object *self, int how, PyObject *target,
               pop3_event *event);

/* No message is under way any more. */
void core_forget_parts(core_object *self);

/* Nothing is there to be received: gives back the memory for it. */
void core_rest(core_object *self);

/* The event as an object; rests if no command is under way any more. */
PyObject *core_tell(core_object *self, const pop3_event *event);

PyObject *core_collect(PyObject *object, PyObject *target);
PyObject *core_collect_items(PyObject *object, PyObject *target);
PyObject *core_next_event(PyObject *object, PyObject *unused);
PyObject *core_take_events(PyObject *object, PyObject *args);

#endif
