/* SPDX-License-Identifier: MIT */
/*
 * idn_none - the build without libidn2 knows names in ASCII alone.
 */
#include "net/idn.h"

#include <errno.h>
#include <string.h>

#include "base/banned.h"

pop3_result
idn_to_ascii(const char *host, char **out, net_error *error)
{
    *out = strdup(host);
    if (*out != NULL)
        return POP3_OK;
    net_error_set(error, ENOMEM, "memory is short");
    return POP3_ERR_NOMEM;
}
