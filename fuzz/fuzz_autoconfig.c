/* SPDX-License-Identifier: MIT */
/*
 * fuzz_autoconfig - XML documents: hosts, ports and names of users come out,
 * or a reason.
 */
#include "cli/autoconfig.h"
#include "fuzz.h"

#include <string.h>

static void
check_server(const found_server *s)
{
    size_t i;

    PROPERTY(strnlen(s->host, sizeof(s->host)) < sizeof(s->host));
    PROPERTY(domain_is_name(s->host));
    PROPERTY(s->port > 0 && s->port < 65536);
    PROPERTY(s->tls == TLS_IMPLICIT || s->tls == TLS_STLS);
    PROPERTY(s->user[0] != '\0');
    PROPERTY(strnlen(s->user, sizeof(s->user)) < sizeof(s->user));
    for (i = 0; s->user[i] != '\0'; i++)
        PROPERTY((unsigned char)s->user[i] > 32 && s->user[i] != 127);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const mail_address address = {"alice@example.org", "alice",
                                         "example.org"};
    autoconfig found;
    char why[200] = "";
    size_t i;

    if (autoconfig_parse((const char *)data, size, &address, &found, why,
                         sizeof(why))) {
        PROPERTY(found.count <= AUTOCONFIG_MAX);
        for (i = 0; i < found.count; i++)
            check_server(&found.items[i]);
    } else {
        PROPERTY(why[0] != '\0' && found.count == 0);
    }
    return 0;
}
