/* SPDX-License-Identifier: MIT */
/*
 * gsasl_load - finds the functions of GNU SASL by their names.
 */
#include "auth/gsasl_load.h"

#include <dlfcn.h>
#include <string.h>

#include "base/banned.h"

/* ISO C has no conversion from an object's address to a function's. */
static bool
find(void *handle, const char *name, void *function)
{
    void *found = dlsym(handle, name);

    memcpy(function, &found, sizeof(found));
    return found != NULL;
}

#define FIND(name) &&find(l->handle, "gsasl_" #name, &l->name)

bool
gsasl_library_open(gsasl_library *l)
{
    l->handle = dlopen(GSASL_SONAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (l->handle == NULL)
        return false;
    if (true GSASL_FUNCTIONS(FIND))
        return true;
    gsasl_library_close(l);
    return false;
}

void
gsasl_library_close(gsasl_library *l)
{
    (void)dlclose(l->handle);
    l->handle = NULL;
}

bool
gsasl_library_is_here(void)
{
    gsasl_library l;
    bool here = gsasl_library_open(&l);

    if (here)
        gsasl_library_close(&l);
    return here;
}
