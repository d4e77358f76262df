/* SPDX-License-Identifier: MIT */
/*
 * primitives - what the mechanisms of src/auth are made of, from Python's own
 * modules: hashlib, hmac, os, and pop3._prep for SASLprep. So the package
 * needs no OpenSSL of its own beside the interpreter's.
 *
 * Called with the GIL. What cannot be had here, as a hash that the machine
 * forbids, is told to src/auth; any other exception stays set, and comes out
 * of the call that wanted it.
 */
#include <string.h>

#include "auth/answers.h"
#include "auth/digest.h"
#include "auth/md5.h"
#include "ext.h"

/* Calls module.function with arguments as Py_BuildValue() has them. NULL: it
 * could not be had, or an exception is set. */
static PyObject *
call(const char *module_name, const char *name, const char *format, ...)
{
    PyObject *module = PyImport_ImportModule(module_name);
    PyObject *function =
        module == NULL ? NULL : PyObject_GetAttrString(module, name);
    PyObject *args = NULL;
    PyObject *answer = NULL;
    va_list list;

    va_start(list, format);
    if (function != NULL)
        args = Py_VaBuildValue(format, list);
    va_end(list);
    if (args != NULL)
        answer = PyObject_CallObject(function, args);
    Py_XDECREF(args);
    Py_XDECREF(function);
    Py_XDECREF(module);
    if (answer == NULL && (PyErr_ExceptionMatches(PyExc_ValueError) ||
                           PyErr_ExceptionMatches(PyExc_ImportError)))
        PyErr_Clear();
    return answer;
}

/* Takes `len` octets out of an answer, and lets it go. */
static bool
take(PyObject *answer, unsigned char *out, size_t len)
{
    bool good = answer != NULL && PyBytes_Check(answer) != 0 &&
                (size_t)PyBytes_Size(answer) == len;

    if (good)
        memcpy(out, PyBytes_AsString(answer), len);
    Py_XDECREF(answer);
    return good;
}

static const char *
name_of(digest_hash hash)
{
    return hash == DIGEST_SHA_1 ? "sha1" : "sha256";
}

size_t
digest_len(digest_hash hash)
{
    return hash == DIGEST_SHA_1 ? 20 : 32;
}

bool
digest_of(digest_hash hash, const void *data, size_t len, unsigned char *out)
{
    PyObject *made =
        call("hashlib", "new", "(sy#)", name_of(hash), data, (Py_ssize_t)len);
    PyObject *answer =
        made == NULL ? NULL : PyObject_CallMethod(made, "digest", NULL);

    Py_XDECREF(made);
    return take(answer, out, digest_len(hash));
}

bool
digest_hmac(digest_hash hash, const unsigned char *key, pop3_span data,
            unsigned char *out)
{
    return take(call("hmac", "digest", "(y#y#s)", key,
                     (Py_ssize_t)digest_len(hash), data.ptr,
                     (Py_ssize_t)data.len, name_of(hash)),
                out, digest_len(hash));
}

bool
digest_pbkdf2(digest_hash hash, pop3_span password, pop3_span salt,
              int iterations, unsigned char *out)
{
    return take(call("hashlib", "pbkdf2_hmac", "(sy#y#i)", name_of(hash),
                     password.ptr == NULL ? "" : password.ptr,
                     (Py_ssize_t)password.len, salt.ptr, (Py_ssize_t)salt.len,
                     iterations),
                out, digest_len(hash));
}

bool
digest_random(unsigned char *out, size_t len)
{
    return take(call("os", "urandom", "(n)", (Py_ssize_t)len), out, len);
}

pop3_result
md5_hex(pop3_span first, pop3_span second, char hex[MD5_HEX_SIZE])
{
    PyObject *answer =
        call("pop3._prep", "md5_hex", "(y#y#)", first.ptr,
             (Py_ssize_t)first.len, second.ptr, (Py_ssize_t)second.len);

    hex[MD5_HEX_SIZE - 1] = '\0';
    return take(answer, (unsigned char *)hex, MD5_HEX_SIZE - 1)
               ? POP3_OK
               : POP3_ERR_UNSUPPORTED;
}

pop3_result
prep_sasl(pop3_span in, secret *out, const char **why)
{
    PyObject *answer =
        call("pop3._prep", "saslprep", "(y#)", in.ptr, (Py_ssize_t)in.len);
    bool good = answer != NULL && PyBytes_Check(answer) != 0;
    bool kept = good && secret_set(out, PyBytes_AsString(answer),
                                   (size_t)PyBytes_Size(answer));

    Py_XDECREF(answer);
    if (kept)
        return POP3_OK;
    *why = good ? "memory is short"
                : "the name or password holds characters that SASLprep "
                  "forbids, or is not UTF-8";
    return good ? POP3_ERR_NOMEM : POP3_ERR_ARGUMENT;
}
