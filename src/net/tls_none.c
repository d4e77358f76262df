/* SPDX-License-Identifier: MIT */
/*
 * tls_none - stands in for tls_openssl.c in a build without TLS.
 *
 * Whoever asks for TLS is told so before anything is connected; nothing falls
 * back to clear text (R2).
 */
#include "net/tls.h"

#include "base/banned.h"

static pop3_result
refuse(net_error *error)
{
    net_error_set(error, 0,
                  "this libpop3 was built without TLS: use a build that has "
                  "it, or ask for a clear-text connection by name");
    return POP3_ERR_UNSUPPORTED;
}

pop3_result
tls_config_new(tls_config **out, const pop3_tls_options *options,
               const char *host, net_error *error)
{
    (void)out;
    (void)options;
    (void)host;
    return refuse(error);
}

void
tls_config_free(tls_config *config)
{
    (void)config;
}

pop3_result
tls_wrap(pop3_transport *transport, const tls_config *config, net_error *error)
{
    (void)transport;
    (void)config;
    return refuse(error);
}

const char *
tls_describe(const pop3_transport *transport)
{
    (void)transport;
    return "";
}
