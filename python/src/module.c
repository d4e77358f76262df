/* SPDX-License-Identifier: MIT */
/*
 * module - _pop3: the core of libpop3 for Python.
 *
 * What stands here: the constants, the functions that need no session, and
 * the making of the module in several phases (PEP 489). No C variable is ever
 * written, so that every interpreter of a process, also one with a GIL of its
 * own, may have its module.
 */
#include <stdlib.h>
#include <string.h>

#include "ext.h"

/* Slots of newer versions than the one that the limited API asks for. */
enum {
    SLOT_MULTIPLE_INTERPRETERS = 3,
    PER_INTERPRETER_GIL = 2
};

ext_state *
ext_state_of(PyObject *module)
{
    return PyModule_GetState(module);
}

/* ---- functions ---- */

static bool
take_result(PyObject *arg, pop3_result *result)
{
    long number = PyLong_AsLong(arg);

    if (number == -1 && PyErr_Occurred() != NULL)
        return false;
    if (number < POP3_ERR_INTERNAL || number > POP3_OK) {
        PyErr_SetString(PyExc_ValueError, "not a result of pop3");
        return false;
    }
    *result = (pop3_result)number;
    return true;
}

static PyObject *
module_strerror(PyObject *module, PyObject *arg)
{
    pop3_result result;

    (void)module;
    return take_result(arg, &result) ? ext_text(pop3_strerror(result)) : NULL;
}

static PyObject *
module_result_name(PyObject *module, PyObject *arg)
{
    pop3_result result;

    (void)module;
    return take_result(arg, &result) ? ext_text(pop3_result_name(result))
                                     : NULL;
}

static PyObject *
module_is_fatal(PyObject *module, PyObject *arg)
{
    pop3_result result;

    (void)module;
    return take_result(arg, &result) ? PyBool_FromLong(pop3_is_fatal(result))
                                     : NULL;
}

static PyObject *
module_is_temporary(PyObject *module, PyObject *arg)
{
    int result;
    int resp;
    int sys;
    PyObject *op;
    PyObject *resp_text;
    PyObject *text;
    PyObject *octets;
    pop3_error error;

    (void)module;
    if (!PyTuple_Check(arg)) {
        PyErr_SetString(PyExc_TypeError, "the error of a Core is a tuple");
        return NULL;
    }
    if (!PyArg_ParseTuple(arg, "iiiUUU", &result, &resp, &sys, &op, &resp_text,
                          &text))
        return NULL;
    octets = PyUnicode_AsUTF8String(text);
    if (octets == NULL)
        return NULL;
    error = (pop3_error){.result = (pop3_result)result,
                         .resp = (pop3_resp_code)resp,
                         .sys = sys,
                         .op = "",
                         .resp_text = "",
                         .text = PyBytes_AsString(octets)};
    arg = PyBool_FromLong(pop3_error_is_temporary(&error));
    Py_DECREF(octets);
    return arg;
}

static PyObject *
module_printable(PyObject *module, PyObject *arg)
{
    ext_octets octets = {0};
    char out[2048];

    (void)module;
    if (!ext_take_octets(arg, &octets))
        return NULL;
    (void)pop3_printable((pop3_span){octets.ptr, octets.len}, out,
                         sizeof(out));
    ext_octets_clear(&octets);
    return ext_text(out);
}

/* A core that has seen a greeting, for the two functions below. */
static pop3_core *
core_after_greeting(const char *greeting, size_t len,
                    const pop3_core_options *options)
{
    pop3_core *core;
    pop3_event event;
    size_t taken;

    if (pop3_core_new(&core, options) != POP3_OK)
        return NULL;
    if (pop3_core_feed(core, greeting, len, &taken) == POP3_OK &&
        pop3_core_feed(core, "\r\n", 2, &taken) == POP3_OK)
        (void)pop3_core_next(core, &event);
    return core;
}

static PyObject *
module_timestamp(PyObject *module, PyObject *arg)
{
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    ext_octets octets = {0};
    pop3_core *core;
    PyObject *timestamp;

    (void)module;
    if (!ext_take_octets(arg, &octets))
        return NULL;
    options.limits.reply_line = 65536;
    core = core_after_greeting(octets.ptr, octets.len, &options);
    ext_octets_clear(&octets);
    if (core == NULL)
        return PyErr_NoMemory();
    timestamp = ext_span(pop3_core_timestamp(core));
    pop3_core_free(core);
    return timestamp;
}

/* Keeps the one line that it is given. */
static void
keep_line(void *ctx, char direction, const char *line)
{
    PyObject **kept = ctx;

    if (direction == 'C' && *kept == NULL)
        *kept = ext_text(line);
}

static PyObject *
module_masked(PyObject *module, PyObject *arg)
{
    pop3_core_options options = POP3_CORE_OPTIONS_INIT;
    ext_octets line = {0};
    PyObject *kept = NULL;
    pop3_core *core;
    pop3_command command = {.verb = POP3_CMD_RAW};
    pop3_id id;

    (void)module;
    if (!ext_take_text(arg, &line))
        return NULL;
    if (line.ptr == NULL) {
        PyErr_SetString(PyExc_TypeError, "a line is str or bytes");
        return NULL;
    }
    options.any_state = true;
    options.clear_credentials = true;
    core = core_after_greeting("+OK", 3, &options);
    if (core != NULL) {
        pop3_core_set_trace(core, &(pop3_trace){1, keep_line, &kept});
        command.arg = line.ptr;
        if (strlen(line.ptr) == line.len)
            (void)!pop3_core_submit(core, &command, &id);
        pop3_core_free(core);
    }
    ext_octets_clear(&line);
    if (kept == NULL && PyErr_Occurred() == NULL)
        kept = ext_text("****");
    return kept;
}

static PyMethodDef functions[] = {
    {"strerror", module_strerror, METH_O,
     "strerror(result)\n--\n\nA result in a few words."},
    {"result_name", module_result_name, METH_O,
     "result_name(result)\n--\n\nThe name of the constant in C."},
    {"is_fatal", module_is_fatal, METH_O,
     "is_fatal(result)\n--\n\nWhether the session ended with this result."},
    {"is_temporary", module_is_temporary, METH_O,
     "is_temporary(error)\n--\n\n"
     "Whether trying later may help; error is that of a Core."},
    {"printable", module_printable, METH_O,
     "printable(octets)\n--\n\nText of a stranger, safe on a terminal."},
    {"timestamp", module_timestamp, METH_O,
     "timestamp(greeting)\n--\n\n"
     "The APOP timestamp in a greeting, or b'' if it holds no msg-id."},
    {"masked", module_masked, METH_O,
     "masked(line)\n--\n\n"
     "A command line, printable and with its secrets as ****."},
    {0},
};

/* ---- constants ---- */

static const struct {
    const char *name;
    int value;
} CONSTANTS[] = {
    {"EVENT_NEED_INPUT", POP3_EVENT_NEED_INPUT},
    {"EVENT_GREETING", POP3_EVENT_GREETING},
    {"EVENT_READY", POP3_EVENT_READY},
    {"EVENT_REPLY", POP3_EVENT_REPLY},
    {"EVENT_ITEM", POP3_EVENT_ITEM},
    {"EVENT_DATA", POP3_EVENT_DATA},
    {"EVENT_CHALLENGE", POP3_EVENT_CHALLENGE},
    {"EVENT_START_TLS", POP3_EVENT_START_TLS},
    {"EVENT_DONE", POP3_EVENT_DONE},
    {"EVENT_CLOSED", POP3_EVENT_CLOSED},
    {"STATE_GREETING", POP3_STATE_GREETING},
    {"STATE_AUTHORIZATION", POP3_STATE_AUTHORIZATION},
    {"STATE_TRANSACTION", POP3_STATE_TRANSACTION},
    {"STATE_CLOSED", POP3_STATE_CLOSED},
    {"STATE_BROKEN", POP3_STATE_BROKEN},
    {"RESP_NONE", POP3_RESP_NONE},
    {"RESP_OTHER", POP3_RESP_OTHER},
    {"RESP_IN_USE", POP3_RESP_IN_USE},
    {"RESP_LOGIN_DELAY", POP3_RESP_LOGIN_DELAY},
    {"RESP_SYS_TEMP", POP3_RESP_SYS_TEMP},
    {"RESP_SYS_PERM", POP3_RESP_SYS_PERM},
    {"RESP_AUTH", POP3_RESP_AUTH},
    {"RESP_UTF8", POP3_RESP_UTF8},
};

static const pop3_result RESULTS[] = {
    POP3_OK,           POP3_ERR_USAGE,       POP3_ERR_ARGUMENT,
    POP3_ERR_NOMEM,    POP3_ERR_VETO,        POP3_ERR_CANCELED,
    POP3_ERR_INSECURE, POP3_ERR_NOT_SENT,    POP3_ERR_REFUSED,
    POP3_ERR_AUTH,     POP3_ERR_UNSUPPORTED, POP3_ERR_MALFORMED,
    POP3_ERR_PROTOCOL, POP3_ERR_LIMIT,       POP3_ERR_CLOSED,
    POP3_ERR_IO,       POP3_ERR_TIMEOUT,     POP3_ERR_RESOLVE,
    POP3_ERR_TLS,      POP3_ERR_CERT,        POP3_ERR_AGAIN,
    POP3_ERR_INTERNAL,
};

/* "POP3_ERR_IO" is ERR_IO here. */
static int
add_results(PyObject *module)
{
    for (size_t i = 0; i < sizeof(RESULTS) / sizeof(RESULTS[0]); i++) {
        const char *name = pop3_result_name(RESULTS[i]) + strlen("POP3_");

        if (PyModule_AddIntConstant(module, name, RESULTS[i]) < 0)
            return -1;
    }
    return 0;
}

static int
add_constants(PyObject *module)
{
    for (size_t i = 0; i < sizeof(CONSTANTS) / sizeof(CONSTANTS[0]); i++)
        if (PyModule_AddIntConstant(module, CONSTANTS[i].name,
                                    CONSTANTS[i].value) < 0)
            return -1;
    if (add_results(module) < 0)
        return -1;
    return PyModule_AddStringConstant(module, "version", pop3_version());
}

/* ---- the module ---- */

static int
add_object(PyObject *module, const char *name, PyObject *object)
{
    if (object == NULL)
        return -1;
    return PyObject_SetAttrString(module, name, object);
}

static int
module_exec(PyObject *module)
{
    ext_state *state = ext_state_of(module);

    for (int verb = 0; verb < EXT_VERBS; verb++) {
        state->verbs[verb] =
            PyUnicode_InternFromString(pop3_verb_name((pop3_verb)verb));
        if (state->verbs[verb] == NULL)
            return -1;
    }
    state->write = PyUnicode_InternFromString("write");
    if (state->write == NULL)
        return -1;
    state->event_type = ext_make_event_type();
    state->room_type = ext_make_room_type();
    if (state->room_type == NULL)
        return -1;
    state->result_error = PyErr_NewExceptionWithDoc(
        "_pop3.ResultError",
        "A call of a Core failed. args: (result, op, text).", NULL, NULL);
    state->core_type = ext_make_core_type(module);
    state->login_type = ext_make_login_type(module);
    if (add_object(module, "Login", state->login_type) < 0)
        return -1;
    if (add_object(module, "Event", state->event_type) < 0 ||
        add_object(module, "ResultError", state->result_error) < 0 ||
        add_object(module, "Core", state->core_type) < 0)
        return -1;
    return add_constants(module);
}

static int
module_traverse(PyObject *module, visitproc visit, void *arg)
{
    ext_state *state = ext_state_of(module);

    Py_VISIT(state->core_type);
    Py_VISIT(state->login_type);
    Py_VISIT(state->event_type);
    Py_VISIT(state->room_type);
    Py_VISIT(state->result_error);
    return 0;
}

static int
module_clear(PyObject *module)
{
    ext_state *state = ext_state_of(module);

    Py_CLEAR(state->core_type);
    Py_CLEAR(state->login_type);
    Py_CLEAR(state->event_type);
    Py_CLEAR(state->room_type);
    Py_CLEAR(state->result_error);
    Py_CLEAR(state->write);
    for (int verb = 0; verb < EXT_VERBS; verb++)
        Py_CLEAR(state->verbs[verb]);
    return 0;
}

static void
module_free(void *module)
{
    (void)module_clear(module);
}

#define MODULE(with)                                               \
    {                                                              \
        PyModuleDef_HEAD_INIT,                                     \
            .m_name = "_pop3",                                     \
            .m_doc = "The core of libpop3: bytes in, events out.", \
            .m_size = sizeof(ext_state), .m_methods = functions,   \
            .m_slots = (with), .m_traverse = module_traverse,      \
            .m_clear = module_clear, .m_free = module_free,        \
    }

static PyModuleDef_Slot slots[] = {{Py_mod_exec, EXT_SLOT(module_exec)},
                                   {0, NULL}};
static PyModuleDef_Slot slots_312[] = {
    {Py_mod_exec, EXT_SLOT(module_exec)},
    {SLOT_MULTIPLE_INTERPRETERS, (void *)PER_INTERPRETER_GIL},
    {0, NULL}};

static struct PyModuleDef module = MODULE(slots);
static struct PyModuleDef module_312 = MODULE(slots_312);

/* Versions before 3.12 refuse the slot that later ones want. */
static bool
is_python_312(void)
{
    const char *version = Py_GetVersion();
    char *end;
    long major = strtol(version, &end, 10);
    long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;

    return major > 3 || (major == 3 && minor >= 12);
}

PyMODINIT_FUNC PyInit__pop3(void);

PyMODINIT_FUNC
PyInit__pop3(void)
{
    return PyModuleDef_Init(is_python_312() ? &module_312 : &module);
}
