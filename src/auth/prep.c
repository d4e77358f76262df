/* SPDX-License-Identifier: MIT */
/*
 * prep - SASLprep (RFC 4013). ASCII is left as it is (§2); what other text
 * becomes, GNU SASL knows.
 */
#include <string.h>

#include "auth/answers.h"
#ifdef AUTH_GSASL
#include "auth/gsasl_load.h"
#else
#define GSASL_MISSING "GNU SASL, which this library was built without"
#endif

#include "base/text.h"
#include "base/banned.h"

static const char forbidden[] =
    "the name or password holds characters that SASLprep forbids, or is not "
    "UTF-8";

static pop3_result
prep_ascii(pop3_span in, secret *out, const char **why)
{
    /* RFC 4013 §2.3, which is table C.2.1 of RFC 3454 here. */
    if (text_holds_control(in.ptr, in.len)) {
        *why = forbidden;
        return POP3_ERR_ARGUMENT;
    }
    if (secret_set(out, in.ptr, in.len))
        return POP3_OK;
    *why = "memory is short";
    return POP3_ERR_NOMEM;
}

#ifdef AUTH_GSASL

static pop3_result
prep_by(const gsasl_library *library, pop3_span in, secret *out,
        const char **why)
{
    secret copy = {0}; /* with a NUL */
    char *prepared = NULL;
    int code = GSASL_MALLOC_ERROR;
    bool good;

    if (secret_set(&copy, in.ptr, in.len))
        code = library->saslprep(copy.data, GSASL_ALLOW_UNASSIGNED, &prepared,
                                 NULL);
    secret_clear(&copy);
    *why = code == GSASL_MALLOC_ERROR || code == GSASL_OK ? "memory is short"
                                                          : forbidden;
    if (code != GSASL_OK)
        return code == GSASL_MALLOC_ERROR ? POP3_ERR_NOMEM : POP3_ERR_ARGUMENT;
    good = secret_set(out, prepared, strlen(prepared));
    secret_wipe(prepared, strlen(prepared));
    library->free(prepared);
    return good ? POP3_OK : POP3_ERR_NOMEM;
}

#endif

pop3_result
prep_sasl(pop3_span in, secret *out, const char **why)
{
    if (text_is_ascii(in.ptr, in.len))
        return prep_ascii(in, out, why);
#ifdef AUTH_GSASL
    gsasl_library library;
    if (gsasl_library_open(&library)) {
        pop3_result result = prep_by(&library, in, out, why);

        gsasl_library_close(&library);
        return result;
    }
#endif
    *why = "a name or password that is not ASCII needs " GSASL_MISSING;
    return POP3_ERR_UNSUPPORTED;
}
