/* SPDX-License-Identifier: MIT */
/*
 * prep_none - SASLprep where GNU SASL is not there: ASCII is left as it is
 * (RFC 4013 §2), and of other text nobody knows what it should become.
 */
#include "auth/answers.h"

pop3_result
prep_sasl(pop3_span in, secret *out, const char **why)
{
    for (size_t i = 0; i < in.len; i++) {
        unsigned char c = (unsigned char)in.ptr[i];

        if (c >= 128) {
            *why = "this build cannot prepare a name or password that is not "
                   "ASCII: it lacks GNU SASL";
            return POP3_ERR_UNSUPPORTED;
        }
        if (c < 32 || c == 127) {
            *why = "the name or password holds a control character";
            return POP3_ERR_ARGUMENT;
        }
    }
    if (secret_set(out, in.ptr, in.len))
        return POP3_OK;
    *why = "memory is short";
    return POP3_ERR_NOMEM;
}
