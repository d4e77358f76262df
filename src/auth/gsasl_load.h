/* SPDX-License-Identifier: MIT */
/*
 * gsasl_load - GNU SASL, which is loaded when it is needed: see
 * docs/adr/0019-memory-of-libraries.md. For the files of src/auth alone.
 */
#ifndef AUTH_GSASL_LOAD_H
#define AUTH_GSASL_LOAD_H

#include <stdbool.h>

#include <gsasl.h>

/* What the interface of <gsasl.h> goes by. */
#if GSASL_VERSION_MAJOR >= 2
#define GSASL_SONAME "libgsasl.so.18"
#else
#define GSASL_SONAME "libgsasl.so.7"
#endif

/* For messages: "… needs " GSASL_MISSING. */
#define GSASL_MISSING "GNU SASL, which cannot be loaded: install " GSASL_SONAME

/* What is called of it: gsasl_init() is init, and so on. */
#define GSASL_FUNCTIONS(F) \
    F(init)                \
    F(done)                \
    F(client_start)        \
    F(finish)              \
    F(step)                \
    F(property_set)        \
    F(property_fast)       \
    F(saslprep)            \
    F(strerror)            \
    F(free)

#define GSASL_MEMBER(name) __typeof__(gsasl_##name) *(name);

typedef struct gsasl_library {
    void *handle;
    GSASL_FUNCTIONS(GSASL_MEMBER)
} gsasl_library;

/* False: it is not installed, and there is nothing to close. Its text stays
 * mapped when it is closed: words that it returned are good for ever. */
bool gsasl_library_open(gsasl_library *l);
void gsasl_library_close(gsasl_library *l);

/* Whether it can be loaded. */
bool gsasl_library_is_here(void);

#endif
