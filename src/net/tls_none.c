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
               const char *host, const char *port, net_error *error)
{
    (void)out;
    (void)options;
    (void)host;
    (void)port;
    return refuse(error);
}

pop3_result
pop3_tls_new(pop3_tls **tls, const pop3_tls_options *options)
{
    (void)options;
    *tls = NULL;
    return POP3_ERR_UNSUPPORTED;
}

void
pop3_tls_free(pop3_tls *tls)
{
    (void)tls;
}

const pop3_error *
pop3_tls_error(const pop3_tls *tls)
{
    static const pop3_error error = {
        .result = POP3_ERR_UNSUPPORTED,
        .op = "TLS",
        .resp_text = "",
        .text = "this libpop3 was built without TLS",
    };

    (void)tls;
    return &error;
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

const char *
tls_binding(const pop3_transport *transport, char *out, size_t size,
            size_t *len)
{
    (void)transport;
    (void)out;
    (void)size;
    (void)len;
    return NULL;
}
