/* SPDX-License-Identifier: MIT */
/*
 * md5 - for APOP alone (RFC 1939 §7). MD5 is broken as a hash; APOP is used
 * only where the user asks for it by name.
 */
#ifndef AUTH_MD5_H
#define AUTH_MD5_H

#include <pop3.h>

enum {
    MD5_HEX_SIZE = 33
};

/* The digest of both spans, one after the other, as 32 small hexadecimal
 * digits and a NUL. Errors: UNSUPPORTED (built without OpenSSL, or MD5 is
 * forbidden on this machine). */
pop3_result md5_hex(pop3_span first, pop3_span second,
                    char hex[MD5_HEX_SIZE]) POP3_MUST_CHECK;

#endif
