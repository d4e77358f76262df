/* SPDX-License-Identifier: MIT */
/*
 * idn - host names with letters outside ASCII, as DNS, SNI and certificates
 * have them.
 */
#ifndef NET_IDN_H
#define NET_IDN_H

#include <pop3.h>

#include "net/net_error.h"

/* Sets *out, which is the caller's to free, to the name as DNS has it:
 * "bücher.example" becomes "xn--bcher-kva.example"; what is ASCII already is
 * copied as it is. Without libidn2, when it was built or now, all is copied,
 * so that resolve_check_host() refuses it. Errors: ARGUMENT (no host can have
 * this name: why), NOMEM. */
pop3_result idn_to_ascii(const char *host, char **out,
                         net_error *error) POP3_MUST_CHECK;

#endif
