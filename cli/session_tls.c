/* SPDX-License-Identifier: MIT */
/*
 * session_tls - the URL and the flags say when TLS begins, whom to trust in
 * it, and by which certificate the server knows us.
 *
 * The passphrase of that certificate's key is fetched, or asked for on the
 * terminal, only when the library finds that the key has one.
 */
#include "cli/session_tls.h"

#include "base/banned.h"

static pop3_security
security_of(const session *s)
{
    switch (s->opt->tls) {
    case TLS_IMPLICIT:
        return POP3_TLS_IMPLICIT;
    case TLS_STLS:
        return POP3_TLS_STLS;
    case TLS_NONE:
        return POP3_TLS_NONE;
    default:
        return s->where.scheme == URL_POPS ? POP3_TLS_IMPLICIT : POP3_TLS_STLS;
    }
}

/* For pop3_tls_options.passphrase. */
static pop3_result
fetch_passphrase(void *ctx, pop3_span *value)
{
    session *s = ctx;

    if (!password_prepare(&s->passphrase, s->opt->cert))
        return POP3_ERR_CANCELED;
    return password_fetch(&s->passphrase, value);
}

void
session_tls(session *s, pop3_options *o)
{
    o->security = security_of(s);
    o->tls.ca_file = s->opt->ca_file;
    o->tls.ca_path = s->opt->ca_path;
    o->tls.cert_file = s->opt->cert;
    o->tls.key_file = s->opt->key;
    o->tls.passphrase = fetch_passphrase;
    o->tls.passphrase_ctx = s;
    o->tls.server_name = s->opt->server_name;
    if (o->tls.server_name == NULL && s->checked[0] != '\0')
        o->tls.server_name = s->checked;
    o->tls.fingerprint = s->opt->fingerprint;
    o->tls.ocsp_required = s->opt->ocsp == OCSP_REQUIRED;
    o->tls.insecure = s->opt->insecure;
}
