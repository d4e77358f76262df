/* SPDX-License-Identifier: MIT */
/*
 * ares_none - stands in for ares.c in a build without c-ares.
 *
 * NULL is what the caller of the library tests for; names are looked up in
 * threads then (resolve.c).
 */
#include <pop3.h>
#include <pop3/resolver.h>

#include "base/banned.h"

const pop3_resolver *
pop3_resolver_dns(void)
{
    return NULL;
}
