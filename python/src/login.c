/* SPDX-License-Identifier: MIT */
/*
 * login - the type Login: which mechanism, its answers, and what may follow
 * a refusal. All of it is decided by src/auth, as in the library; who carries
 * the answers to the server is in Python (_login.py).
 *
 * Secrets come from functions of Python that are called when they are needed
 * and return bytes, which are kept as long as the library may look at them.
 * What they raise comes out of the call that wanted the secret.
 */
#include <string.h>

#include "auth/auth.h"
#include "auth/md5.h"
#include "ext.h"

typedef struct login_object {
    PyObject_HEAD PyObject *module; /* has the ext_state */
    PyObject *core;     /* whose capabilities the exchange looks at */
    PyObject *password; /* callable or NULL */
    PyObject *token;    /* callable or NULL */
    PyObject *held;     /* what one of them returned last, or NULL */
    ext_octets user;
    ext_octets authzid;
    ext_octets mechanism;
    ext_octets host;
    ext_octets binding_name;
    ext_octets binding;
    pop3_credentials credentials;
    auth_scene scene;
    auth_exchange exchange;
    bool busy; /* a call is under way, and calls back */
} login_object;

static login_object *
self_of(PyObject *object)
{
    return (login_object *)(void *)object;
}

/* ---- secrets ---- */

static pop3_result
take_secret(login_object *self, PyObject *answer, pop3_span *found)
{
    if (answer == NULL)
        return POP3_ERR_CANCELED;
    if (answer == Py_None) {
        Py_DECREF(answer);
        return POP3_ERR_AUTH;
    }
    if (!PyBytes_Check(answer)) {
        Py_DECREF(answer);
        PyErr_SetString(PyExc_TypeError, "a secret is bytes");
        return POP3_ERR_CANCELED;
    }
    Py_XDECREF(self->held);
    self->held = answer;
    *found =
        (pop3_span){PyBytes_AsString(answer), (size_t)PyBytes_Size(answer)};
    return POP3_OK;
}

static pop3_result
fetch_password(void *ctx, pop3_span *found)
{
    login_object *self = ctx;

    return take_secret(self, PyObject_CallObject(self->password, NULL), found);
}

static pop3_result
fetch_token(void *ctx, const pop3_span *error, pop3_span *found)
{
    login_object *self = ctx;
    PyObject *answer =
        error == NULL ? PyObject_CallFunction(self->token, "O", Py_None)
                      : PyObject_CallFunction(self->token, "y#", error->ptr,
                                              (Py_ssize_t)error->len);

    return take_secret(self, answer, found);
}

/* ---- calls ---- */

static bool
enter(login_object *self)
{
    /* Its capabilities are looked at, and may change while it is in use. */
    if (!core_is_free((core_object *)self->core))
        return false;
    if (self->busy) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the Login is in use: by another thread, or by the "
                        "call that called back");
        return false;
    }
    self->busy = true;
    return true;
}

/* Whether a call went well; else an exception is set. */
static bool
leave(login_object *self, pop3_result result)
{
    PyObject *args;

    self->busy = false;
    if (PyErr_Occurred() != NULL)
        return false;
    if (result == POP3_OK)
        return true;
    if (result == POP3_ERR_NOMEM)
        return PyErr_NoMemory() != NULL;
    args = Py_BuildValue("(iss)", (int)result, "AUTH", self->exchange.why);
    if (args != NULL)
        PyErr_SetObject(ext_state_of(self->module)->result_error, args);
    Py_XDECREF(args);
    return false;
}

/* Nothing goes on from what was refused; the words of why stay. */
static void
forget_exchange(login_object *self)
{
    const char *why = self->exchange.why;

    auth_clear(&self->exchange);
    self->exchange = (auth_exchange){.why = why};
}

static PyObject *
login_begin(PyObject *object, PyObject *unused)
{
    login_object *self = self_of(object);

    (void)unused;
    if (!enter(self))
        return NULL;
    self->scene.capa = pop3_core_capa(((core_object *)self->core)->core);
    if (leave(self,
              auth_begin(&self->exchange, &self->credentials, &self->scene)))
        Py_RETURN_NONE;
    forget_exchange(self);
    return NULL;
}

/* Only what begin() settled on can go on. */
static bool
enter_begun(login_object *self)
{
    if (self->exchange.mechanism != NULL)
        return enter(self);
    PyErr_SetString(PyExc_RuntimeError, "begin() comes first");
    return false;
}

static PyObject *
bytes_of(const secret *s)
{
    return PyBytes_FromStringAndSize(s->data, (Py_ssize_t)s->len);
}

/* Kerberos may have to talk to a server of its own, and calls nothing of
 * ours: others can go on meanwhile. */
static pop3_result
answer_to(auth_exchange *exchange, pop3_span challenge, secret *answer)
{
    const auth_mechanism *m = exchange->mechanism;
    PyThreadState *state;
    pop3_result result;

    if (m->needs != AUTH_NEEDS_TICKET)
        return m->answer(exchange, challenge, answer);
    state = PyEval_SaveThread();
    result = m->answer(exchange, challenge, answer);
    PyEval_RestoreThread(state);
    return result;
}

static PyObject *
login_answer(PyObject *object, PyObject *arg)
{
    login_object *self = self_of(object);
    ext_octets challenge = {0};
    secret answer = {0};
    PyObject *made = NULL;
    pop3_result result = POP3_ERR_USAGE;

    if (!ext_take_octets(arg, &challenge))
        return NULL;
    if (enter_begun(self)) {
        self->exchange.why = "the mechanism has no challenges";
        if (self->exchange.mechanism->kind == AUTH_BY_SASL)
            result =
                answer_to(&self->exchange,
                          (pop3_span){challenge.ptr, challenge.len}, &answer);
        self->exchange.answers++;
        if (leave(self, result))
            made = bytes_of(&answer);
    }
    secret_clear(&answer);
    ext_octets_clear(&challenge);
    return made;
}

static PyObject *
login_secret(PyObject *object, PyObject *unused)
{
    login_object *self = self_of(object);

    (void)unused;
    if (!enter_begun(self) || !leave(self, auth_fetch_secret(&self->exchange)))
        return NULL;
    return bytes_of(&self->exchange.password);
}

static PyObject *
login_apop(PyObject *object, PyObject *arg)
{
    login_object *self = self_of(object);
    ext_octets timestamp = {0};
    char hex[MD5_HEX_SIZE] = "";
    PyObject *made = NULL;

    if (!ext_take_octets(arg, &timestamp))
        return NULL;
    if (enter_begun(self) &&
        leave(self, auth_apop_digest(&self->exchange,
                                     (pop3_span){timestamp.ptr, timestamp.len},
                                     hex)))
        made = PyUnicode_FromString(hex);
    explicit_bzero(hex, sizeof(hex));
    ext_octets_clear(&timestamp);
    return made;
}

static PyObject *
login_needs_utf8(PyObject *object, PyObject *unused)
{
    login_object *self = self_of(object);
    bool needed = false;

    (void)unused;
    if (!enter_begun(self) ||
        !leave(self, auth_needs_utf8(&self->exchange, &needed)))
        return NULL;
    return PyBool_FromLong(needed);
}

static PyObject *
login_again(PyObject *object, PyObject *args)
{
    login_object *self = self_of(object);
    int resp = POP3_RESP_NONE;
    int temporary = 0;
    int initial_sent = 0;
    bool again = false;
    auth_refusal refusal;

    if (!PyArg_ParseTuple(args, "ipp:again", &resp, &temporary,
                          &initial_sent) ||
        !enter_begun(self))
        return NULL;
    refusal = (auth_refusal){.resp = (pop3_resp_code)resp,
                             .temporary = temporary != 0,
                             .initial_sent = initial_sent != 0};
    if (!leave(self, auth_again(&self->exchange, &refusal, &again)))
        return NULL;
    return PyBool_FromLong(again);
}

static PyMethodDef methods[] = {
    {"begin", login_begin, METH_NOARGS,
     "Settles on the mechanism: the one named, or the safest."},
    {"answer", login_answer, METH_O,
     "The answer to a challenge; to b'' first where the client speaks "
     "first."},
    {"secret", login_secret, METH_NOARGS, "The password, for USER and PASS."},
    {"apop", login_apop, METH_O, "The digest for APOP."},
    {"needs_utf8", login_needs_utf8, METH_NOARGS,
     "Whether UTF8 is to be sent first."},
    {"again", login_again, METH_VARARGS,
     "again(resp, temporary, initial_sent): whether AUTH may be sent once "
     "more after a refusal."},
    {0},
};

/* ---- what it knows ---- */

static PyObject *
get_mechanism(PyObject *object, void *closure)
{
    const auth_mechanism *m = self_of(object)->exchange.mechanism;

    (void)closure;
    return ext_text(m == NULL ? "" : m->name);
}

/* What `closure` names of the mechanism or of the exchange. */
static PyObject *
get_flag(PyObject *object, void *closure)
{
    const auth_exchange *x = &self_of(object)->exchange;
    const auth_mechanism *m = x->mechanism;
    bool value = false;

    if (m == NULL)
        return PyBool_FromLong(0);
    switch (*(const char *)closure) {
    case 's':
        value = m->kind == AUTH_BY_SASL;
        break;
    case 'a':
        value = m->kind == AUTH_BY_APOP;
        break;
    case 'c':
        value = m->client_first;
        break;
    case 'p':
        value = !m->proves || x->proven;
        break;
    case '2':
        value = x->two_steps;
        break;
    }
    return PyBool_FromLong(value);
}

static PyObject *
get_refusal(PyObject *object, void *closure)
{
    const bytes *refusal = &self_of(object)->exchange.refusal;

    (void)closure;
    return PyBytes_FromStringAndSize(bytes_ptr(refusal),
                                     (Py_ssize_t)bytes_len(refusal));
}

static PyObject *
get_held(PyObject *object, void *closure)
{
    (void)closure;
    return bytes_of(&self_of(object)->exchange.password);
}

/* One letter for get_flag(). */
#define FLAG(letter) ((void *)(uintptr_t)(letter))

static PyGetSetDef properties[] = {
    {"mechanism", get_mechanism, NULL, "Its name, or ''.", NULL},
    {"is_sasl", get_flag, NULL, "Whether AUTH carries it.", FLAG("s")},
    {"is_apop", get_flag, NULL, "Whether APOP does.", FLAG("a")},
    {"client_first", get_flag, NULL, "Whether an answer may go with AUTH.",
     FLAG("c")},
    {"is_proven", get_flag, NULL, "Whether a +OK may be believed.", FLAG("p")},
    {"two_steps", get_flag, NULL, "Whether it may not after all.", FLAG("2")},
    {"refusal", get_refusal, NULL, "What a server said of a token.", NULL},
    {"held", get_held, NULL, "The secret, or b'' if it was not needed yet.",
     NULL},
    {0},
};

/* ---- life ---- */

static bool
is_callable(PyObject *object, PyObject **to)
{
    if (object == Py_None)
        return true;
    if (!PyCallable_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "password and token are callables");
        return false;
    }
    Py_INCREF(object);
    *to = object;
    return true;
}

static void
set_up(login_object *self, bool certificate)
{
    self->credentials = (pop3_credentials)POP3_CREDENTIALS_INIT;
    self->credentials.user = self->user.ptr;
    self->credentials.authzid = self->authzid.ptr;
    self->credentials.mechanism = self->mechanism.ptr;
    self->credentials.ctx = self;
    if (self->password != NULL)
        self->credentials.secret = fetch_password;
    if (self->token != NULL)
        self->credentials.token = fetch_token;
    self->scene = (auth_scene){
        .host = self->host.ptr == NULL ? "" : self->host.ptr,
        .tls = pop3_core_is_tls(((core_object *)self->core)->core),
        .certificate = certificate,
        .binding_name = self->binding_name.ptr,
        .binding = {self->binding.ptr, self->binding.len}};
}

static bool
take_args(login_object *self, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {
        "core",         "user",    "authzid", "mechanism",
        "password",     "token",   "host",    "certificate",
        "binding_name", "binding", NULL};
    PyTypeObject *core_type =
        (PyTypeObject *)ext_state_of(self->module)->core_type;
    PyObject *core;
    PyObject *password = Py_None;
    PyObject *token = Py_None;
    int certificate = 0;

    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O!|$O&O&O&OOO&pO&O&:Login", EXT_NAMES(names),
            core_type, &core, ext_take_text, &self->user, ext_take_text,
            &self->authzid, ext_take_text, &self->mechanism, &password, &token,
            ext_take_text, &self->host, &certificate, ext_take_text,
            &self->binding_name, ext_take_octets, &self->binding))
        return false;
    Py_INCREF(core);
    self->core = core;
    if (!is_callable(password, &self->password) ||
        !is_callable(token, &self->token))
        return false;
    set_up(self, certificate != 0);
    return true;
}

static PyObject *
login_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    allocfunc alloc = (allocfunc)(uintptr_t)PyType_GetSlot(type, Py_tp_alloc);
    login_object *self = (login_object *)(void *)alloc(type, 0);

    if (self == NULL)
        return NULL;
    self->exchange.why = "";
    self->module = PyObject_GetAttrString((PyObject *)type, "_module");
    if (self->module != NULL && take_args(self, args, kwargs))
        return (PyObject *)self;
    Py_DECREF(self);
    return NULL;
}

static int
login_traverse(PyObject *object, visitproc visit, void *arg)
{
    login_object *self = self_of(object);

    Py_VISIT((PyObject *)Py_TYPE(object));
    Py_VISIT(self->module);
    Py_VISIT(self->core);
    Py_VISIT(self->password);
    Py_VISIT(self->token);
    return 0;
}

static int
login_clear(PyObject *object)
{
    login_object *self = self_of(object);

    Py_CLEAR(self->password);
    Py_CLEAR(self->token);
    self->credentials.secret = NULL;
    self->credentials.token = NULL;
    return 0;
}

static void
login_dealloc(PyObject *object)
{
    login_object *self = self_of(object);
    PyTypeObject *type = Py_TYPE(object);
    freefunc free_object =
        (freefunc)(uintptr_t)PyType_GetSlot(type, Py_tp_free);

    PyObject_GC_UnTrack(object);
    auth_clear(&self->exchange);
    (void)login_clear(object);
    ext_octets_clear(&self->user);
    ext_octets_clear(&self->authzid);
    ext_octets_clear(&self->mechanism);
    ext_octets_clear(&self->host);
    ext_octets_clear(&self->binding_name);
    ext_octets_clear(&self->binding);
    Py_CLEAR(self->held);
    Py_CLEAR(self->core);
    Py_CLEAR(self->module);
    free_object(object);
    Py_DECREF((PyObject *)type);
}

PyObject *
ext_make_login_type(PyObject *module)
{
    PyType_Slot slots[] = {
        {Py_tp_doc,
         (void *)(uintptr_t) "A login: its mechanism and its answers."},
        {Py_tp_new, EXT_SLOT(login_new)},
        {Py_tp_dealloc, EXT_SLOT(login_dealloc)},
        {Py_tp_traverse, EXT_SLOT(login_traverse)},
        {Py_tp_clear, EXT_SLOT(login_clear)},
        {Py_tp_methods, methods},
        {Py_tp_getset, properties},
        {0, NULL},
    };
    PyType_Spec spec = {"_pop3.Login", (int)sizeof(login_object), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
    PyObject *type = PyType_FromSpec(&spec);

    if (type != NULL && PyObject_SetAttrString(type, "_module", module) < 0)
        Py_CLEAR(type);
    return type;
}
