/* SPDX-License-Identifier: MIT */
/*
 * autoconfig_none - no documents, as this program was built without expat.
 */
#include <stdio.h>

#include "cli/autoconfig.h"

#include "base/banned.h"

bool
autoconfig_is_built(void)
{
    return false;
}

bool
autoconfig_parse(const char *text, size_t len, const mail_address *address,
                 autoconfig *out, char *why, size_t why_size)
{
    (void)text;
    (void)len;
    (void)address;
    *out = (autoconfig){.count = 0};
    (void)snprintf(why, why_size, "this pop3 was built without expat");
    return false;
}
