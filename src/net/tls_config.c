/* SPDX-License-Identifier: MIT */
/*
 * tls_config - options of TLS become an SSL_CTX and a name to be checked.
 *
 * All that can be wrong without a server is found here: files that are
 * missing or hold something else, lists of ciphers, names that no certificate
 * can have.
 *
 * A pop3_tls holds what does not depend on the server, for any number of
 * connections; a connection that was given none has one of its own. What a
 * pop3_tls verifies, and by which client certificate it is known, never
 * changes, so the sessions in it can be resumed by all who have it.
 *
 * A caller's SSL_CTX is used as it is: options that would have to change it
 * are refused instead of lost. What has to hold for every connection is set
 * on the SSL object, in tls_openssl.c.
 */
#include "net/tls_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/text.h"
#include "net/resolve.h"
#include "net/tls_identity.h"
#include "base/banned.h"

enum {
    SECURITY_LEVEL = 2 /* 112 bits: SSL_CTX_set_security_level(3) */
};

/* ---- files ---- */

pop3_result
tls_config_nomem(net_error *error)
{
    ERR_clear_error();
    net_error_set(error, ENOMEM, "out of memory");
    return POP3_ERR_NOMEM;
}

pop3_result
tls_config_refuse(net_error *error, const char *what, const char *argument,
                  const char *advice)
{
    unsigned long code = ERR_peek_error();
    const char *why = ERR_reason_error_string(code);

    if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
        return tls_config_nomem(error);
    net_error_set(error, 0, "%s %s: %s; %s", what, argument,
                  why == NULL ? "OpenSSL does not accept it" : why, advice);
    ERR_clear_error();
    return POP3_ERR_ARGUMENT;
}

pop3_result
tls_config_check_path(const char *what, const char *path, int flags,
                      net_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);

    if (fd < 0) {
        int sys = errno;

        net_error_set(error, sys, "cannot read the %s %s: %s", what, path,
                      strerror(sys));
        return POP3_ERR_ARGUMENT;
    }
    (void)close(fd);
    return POP3_OK;
}

static pop3_result
load_ca_file(SSL_CTX *ctx, const char *path, net_error *error)
{
    pop3_result result = tls_config_check_path("CA file", path, 0, error);

    if (result == POP3_OK && SSL_CTX_load_verify_file(ctx, path) != 1)
        return tls_config_refuse(error, "cannot use the CA file", path,
                                 "it has to hold certificates in PEM form");
    return result;
}

static pop3_result
load_ca_path(SSL_CTX *ctx, const char *path, net_error *error)
{
    pop3_result result =
        tls_config_check_path("CA directory", path, O_DIRECTORY, error);

    if (result == POP3_OK && SSL_CTX_load_verify_dir(ctx, path) != 1)
        return tls_config_refuse(
            error, "cannot use the CA directory", path,
            "it has to be one that `openssl rehash` made");
    return result;
}

static pop3_result
load_trust(SSL_CTX *ctx, const pop3_tls_options *o, net_error *error)
{
    pop3_result result = POP3_OK;

    if (o->ca_file != NULL)
        result = load_ca_file(ctx, o->ca_file, error);
    if (result == POP3_OK && o->ca_path != NULL)
        result = load_ca_path(ctx, o->ca_path, error);
    if (o->ca_file == NULL && o->ca_path == NULL &&
        SSL_CTX_set_default_verify_paths(ctx) != 1)
        return tls_config_refuse(error, "cannot use",
                                 "the system's certificates",
                                 "give a CA file");
    return result;
}

/* ---- the context ---- */

static pop3_result
set_ciphers(SSL_CTX *ctx, const pop3_tls_options *o, net_error *error)
{
    if (o->ciphers != NULL && SSL_CTX_set_cipher_list(ctx, o->ciphers) != 1)
        return tls_config_refuse(error, "bad list of ciphers", o->ciphers,
                                 "see openssl-ciphers(1)");
    if (o->ciphersuites != NULL &&
        SSL_CTX_set_ciphersuites(ctx, o->ciphersuites) != 1)
        return tls_config_refuse(error, "bad list of ciphersuites",
                                 o->ciphersuites, "see openssl-ciphers(1)");
    /* A list of ciphers can lower the level by "@SECLEVEL=0". */
    if (SSL_CTX_get_security_level(ctx) < SECURITY_LEVEL)
        SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
    return POP3_OK;
}

static pop3_result
take_ssl_ctx(pop3_tls *tls, const pop3_tls_options *o, net_error *error)
{
    if (o->ca_file != NULL || o->ca_path != NULL || o->cert_file != NULL ||
        o->key_file != NULL || o->ciphers != NULL || o->ciphersuites != NULL) {
        net_error_set(error, 0,
                      "there is an SSL_CTX, and options for which "
                      "it would have to be changed: set them in it");
        return POP3_ERR_ARGUMENT;
    }
    if (SSL_CTX_up_ref(o->ssl_ctx) != 1)
        return tls_config_nomem(error);
    tls->ctx = o->ssl_ctx;
    return POP3_OK;
}

static pop3_result
make_ssl_ctx(pop3_tls *tls, const pop3_tls_options *o, net_error *error)
{
    pop3_result result;

    tls->ctx = SSL_CTX_new(TLS_client_method());
    if (tls->ctx == NULL)
        return tls_config_nomem(error);
    result = load_trust(tls->ctx, o, error);
    if (result == POP3_OK)
        result = tls_identity_load(tls->ctx, o, error);
    return result == POP3_OK ? set_ciphers(tls->ctx, o, error) : result;
}

static pop3_result
load_pins(pop3_tls *tls, const pop3_tls_options *o, net_error *error)
{
    if (o->fingerprint == NULL)
        return POP3_OK;
    if (o->insecure)
        net_error_set(error, 0,
                      "there is a fingerprint, and any certificate is to be "
                      "accepted: choose one");
    else if (!tls_pins_parse(&tls->pins, o->fingerprint))
        net_error_set(error, 0,
                      "bad fingerprint: write sha256: and 64 hexadecimal "
                      "digits, or spki-sha256: and 44 of base64, at most %d "
                      "of them",
                      TLS_PINS_MAX);
    else
        return POP3_OK;
    return POP3_ERR_ARGUMENT;
}

/* Where no authority is asked, none can be required. */
static pop3_result
check_ocsp(const pop3_tls_options *o, net_error *error)
{
    if (!o->ocsp_required || (o->fingerprint == NULL && !o->insecure))
        return POP3_OK;
    net_error_set(error, 0, "an OCSP staple is required, and %s: choose one",
                  o->insecure ? "any certificate is to be accepted"
                              : "there is a fingerprint, beside which no "
                                "authority counts");
    return POP3_ERR_ARGUMENT;
}

static pop3_result
fill_shared(pop3_tls *tls, const pop3_tls_options *o, net_error *error)
{
    pop3_result result = load_pins(tls, o, error);

    if (result == POP3_OK)
        result = check_ocsp(o, error);
    if (result != POP3_OK)
        return result;
    tls->insecure = o->insecure;
    tls->ocsp_required = o->ocsp_required;
    tls->min_version =
        o->min_version == POP3_TLS_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    return o->ssl_ctx != NULL ? take_ssl_ctx(tls, o, error)
                              : make_ssl_ctx(tls, o, error);
}

/* One that is empty yet; NULL when memory is short. */
static pop3_tls *
new_shared(void)
{
    pop3_tls *tls = calloc(1, sizeof(*tls));

    if (tls != NULL)
        atomic_init(&tls->refs, 1);
    return tls;
}

/* ---- one connection's ---- */

/* The name without a zone, which is this machine's own business, and without
 * a dot at the end, which certificates and SNI do not have (RFC 6066 §3). */
static bool
set_name(tls_config *config, const char *host)
{
    size_t len = strlen(host);

    config->is_address = resolve_is_address(host);
    if (config->is_address)
        len = strcspn(host, "%");
    else if (host[len - 1] == '.')
        len--;
    config->name = strndup(host, len);
    return config->name != NULL;
}

/* No host or port has a space. */
static bool
set_session(tls_config *config, const char *host, const char *port)
{
    size_t size = strlen(host) + strlen(port) + strlen(config->name) + 3;

    config->session = malloc(size);
    if (config->session == NULL)
        return false;
    (void)snprintf(config->session, size, "%s %s %s", host, port,
                   config->name);
    return true;
}

static bool
is_plain(const pop3_tls_options *o)
{
    return o->ca_file == NULL && o->ca_path == NULL && o->cert_file == NULL &&
           o->key_file == NULL && o->ciphers == NULL &&
           o->ciphersuites == NULL && o->ssl_ctx == NULL &&
           o->fingerprint == NULL && o->min_version == POP3_TLS_1_2 &&
           !o->insecure && !o->ocsp_required;
}

/* Nothing that one connection asks for may be lost by sharing (R10). */
static pop3_result
share(tls_config *config, const pop3_tls_options *o, net_error *error)
{
    if (!is_plain(o) || o->shared->ctx == NULL) {
        net_error_set(error, 0,
                      o->shared->ctx == NULL
                          ? "the shared TLS settings could not be made"
                          : "there are shared TLS settings, and options that "
                            "would change them: set them in pop3_tls_new()");
        return POP3_ERR_ARGUMENT;
    }
    atomic_fetch_add(&o->shared->refs, 1);
    config->shared = o->shared;
    return POP3_OK;
}

static pop3_result
fill(tls_config *config, const pop3_tls_options *o, const char *name,
     net_error *error)
{
    if (!set_name(config, name))
        return tls_config_nomem(error);
    if (o->shared != NULL)
        return share(config, o, error);
    config->shared = new_shared();
    return config->shared == NULL ? tls_config_nomem(error)
                                  : fill_shared(config->shared, o, error);
}

pop3_result
tls_config_new(tls_config **out, const pop3_tls_options *options,
               const char *host, const char *port, net_error *error)
{
    const char *name =
        options->server_name != NULL ? options->server_name : host;
    pop3_result result = resolve_check_host(name, error);
    tls_config *config;

    if (result != POP3_OK)
        return result;
    config = calloc(1, sizeof(*config));
    if (config == NULL)
        return tls_config_nomem(error);
    ERR_clear_error();
    result = fill(config, options, name, error);
    ERR_clear_error();
    if (result == POP3_OK && !set_session(config, host, port))
        result = tls_config_nomem(error);
    if (result == POP3_OK)
        *out = config;
    else
        tls_config_free(config);
    return result;
}

void
tls_config_free(tls_config *config)
{
    if (config == NULL)
        return;
    pop3_tls_free(config->shared);
    free(config->name);
    free(config->session);
    free(config);
}

/* ---- public ---- */

static void
tell(pop3_tls *tls, pop3_result result)
{
    text_clean(tls->detail.text);
    tls->error = (pop3_error){.result = result,
                              .sys = tls->detail.sys,
                              .op = "TLS",
                              .resp_text = "",
                              .text = tls->detail.text};
}

pop3_result
pop3_tls_new(pop3_tls **tls, const pop3_tls_options *options)
{
    pop3_tls *made = new_shared();
    pop3_result result;

    *tls = made;
    if (made == NULL)
        return POP3_ERR_NOMEM;
    ERR_clear_error();
    if (options->shared != NULL || options->server_name != NULL) {
        net_error_set(&made->detail, 0,
                      "a server's name, and what is shared already, are not "
                      "for settings that are to be shared");
        result = POP3_ERR_ARGUMENT;
    } else {
        result = fill_shared(made, options, &made->detail);
    }
    if (result == POP3_OK && options->ssl_ctx == NULL &&
        !options->no_resumption && !tls_keep_sessions(made))
        result = tls_config_nomem(&made->detail);
    if (result != POP3_OK) {
        SSL_CTX_free(made->ctx);
        made->ctx = NULL;
    }
    ERR_clear_error();
    tell(made, result);
    return result;
}

void
pop3_tls_free(pop3_tls *tls)
{
    if (tls == NULL || atomic_fetch_sub(&tls->refs, 1) != 1)
        return;
    tls_sessions_free(tls->sessions);
    SSL_CTX_free(tls->ctx);
    free(tls);
}

const pop3_error *
pop3_tls_error(const pop3_tls *tls)
{
    static const pop3_error nomem = {.result = POP3_ERR_NOMEM,
                                     .op = "TLS",
                                     .resp_text = "",
                                     .text = "out of memory"};

    return tls == NULL ? &nomem : &tls->error;
}
