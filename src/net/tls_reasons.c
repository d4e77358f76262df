/* SPDX-License-Identifier: MIT */
/*
 * tls_reasons - failures of OpenSSL that have a better explanation than its
 * own.
 */
#include "net/tls_reasons.h"

#include <stddef.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/banned.h"

static const char NO_VERSION[] =
    "the server has no TLS version in common with us: it needs TLS 1.2 or "
    "newer (or what was asked for)";
static const char NO_TLS[] =
    "the server did not answer in TLS: is this a clear-text or STLS port?";
static const char BAD_CLIENT[] =
    "the server did not accept the client certificate";

static const struct {
    int reason;
    const char *words;
} REASONS[] = {
    {SSL_R_WRONG_VERSION_NUMBER, NO_TLS},
    {SSL_R_PACKET_LENGTH_TOO_LONG, NO_TLS},
    {SSL_R_HTTP_REQUEST, NO_TLS},
    {SSL_R_UNSUPPORTED_PROTOCOL, NO_VERSION},
    {SSL_R_NO_PROTOCOLS_AVAILABLE, NO_VERSION},
    {SSL_R_WRONG_SSL_VERSION, NO_VERSION},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, NO_VERSION},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
     "the server broke the handshake off: it has no cipher in common with us, "
     "or wants a client certificate"},
    {SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY,
     "the server has no cipher in common with us"},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED,
     "the server demands a client certificate: give one"},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, BAD_CLIENT},
    {SSL_R_TLSV1_ALERT_ACCESS_DENIED, BAD_CLIENT},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, BAD_CLIENT},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, BAD_CLIENT},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, BAD_CLIENT},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, BAD_CLIENT},
    {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, BAD_CLIENT},
    {SSL_R_TLSV1_UNRECOGNIZED_NAME,
     "the server does not serve this host name: check it"},
    {SSL_R_DH_KEY_TOO_SMALL,
     "the server uses a weak Diffie-Hellman key: tell its administrator"},
    {SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED,
     "the server's TLS is unsafe (it lacks RFC 5746): tell its "
     "administrator"},
};

const char *
tls_reason(unsigned long code)
{
    if (ERR_GET_LIB(code) != ERR_LIB_SSL)
        return NULL;
    for (size_t i = 0; i < sizeof(REASONS) / sizeof(REASONS[0]); i++)
        if (ERR_GET_REASON(code) == REASONS[i].reason)
            return REASONS[i].words;
    return NULL;
}
