/* SPDX-License-Identifier: MIT */
/*
 * md5_none - the build without OpenSSL has no MD5, and so no APOP.
 */
#include "auth/md5.h"

pop3_result
md5_hex(pop3_span first, pop3_span second, char hex[MD5_HEX_SIZE])
{
    (void)first;
    (void)second;
    (void)hex;
    return POP3_ERR_UNSUPPORTED;
}
