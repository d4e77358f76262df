/* SPDX-License-Identifier: MIT */
/*
 * tls_identity - files become the client's certificate and key.
 *
 * They are in PEM, or in one file of PKCS#12 (RFC 7292; ".p12", ".pfx"), as
 * authorities and browsers hand them out. The first two octets tell: DER has
 * a SEQUENCE of more than 127 octets there, and PEM is text.
 *
 * A passphrase is fetched only when the file has one, and nothing here ever
 * asks on the terminal, as OpenSSL would. Its copy is wiped.
 */
#include "net/tls_identity.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "base/secret.h"
#include "net/tls_config.h"
#include "base/banned.h"

enum {
    PASSPHRASE_MAX = 1024 /* octets; OpenSSL's own limit for PEM */
};

typedef struct passphrase {
    const pop3_tls_options *options;
    bool asked;
    bool given_up;      /* OpenSSL asks again, and would get no other one */
    pop3_result result; /* of the caller's function */
} passphrase;

/* Called by OpenSSL when there is one. -1: there is none to be had. */
static int
fetch(char *buf, int size, int writing, void *ctx)
{
    passphrase *p = ctx;
    const pop3_tls_options *o = p->options;
    pop3_span phrase = {0};

    (void)writing;
    p->asked = true;
    if (o->passphrase == NULL || p->given_up)
        return -1;
    p->given_up = true;
    p->result = o->passphrase(o->passphrase_ctx, &phrase);
    if (p->result != POP3_OK || phrase.len > (size_t)size)
        return -1;
    p->given_up = false;
    if (phrase.len > 0)
        memcpy(buf, phrase.ptr, phrase.len);
    return (int)phrase.len;
}

/* Why a key could not be read. */
static pop3_result
refuse_key(const passphrase *p, const char *path, const char *otherwise,
           net_error *error)
{
    if (p->result != POP3_OK) {
        ERR_clear_error();
        net_error_set(error, 0, "there is no passphrase for the client key %s",
                      path);
        return p->result;
    }
    if (!p->asked)
        return tls_config_refuse(error, "cannot use the client key", path,
                                 otherwise);
    return tls_config_refuse(
        error, "cannot use the client key", path,
        p->options->passphrase == NULL
            ? "it has a passphrase, and none was given: see "
              "--cert-password-file"
            : "it has a passphrase, and the one that was given may be wrong");
}

/* ---- PKCS#12 ---- */

static bool
is_pkcs12(const char *path)
{
    unsigned char head[2] = {0};
    BIO *bio = BIO_new_file(path, "rb");
    bool is = bio != NULL && BIO_read(bio, head, 2) == 2 && head[0] == 0x30 &&
              head[1] >= 0x80;

    BIO_free(bio);
    return is;
}

static PKCS12 *
read_pkcs12(const char *path)
{
    BIO *bio = BIO_new_file(path, "rb");
    PKCS12 *p12 = bio == NULL ? NULL : d2i_PKCS12_bio(bio, NULL);

    BIO_free(bio);
    return p12;
}

static pop3_result
use_pkcs12(SSL_CTX *ctx, PKCS12 *p12, const char *phrase, passphrase *p,
           net_error *error)
{
    static const char ADVICE[] = "it has to hold one certificate with its key";
    const char *path = p->options->cert_file;
    EVP_PKEY *key = NULL;
    X509 *cert = NULL;
    STACK_OF(X509) *chain = NULL;
    pop3_result result = POP3_OK;

    if (PKCS12_parse(p12, phrase, &key, &cert, &chain) != 1)
        result = refuse_key(p, path,
                            "its cipher may be an old one: make it anew by "
                            "`openssl pkcs12 -export`",
                            error);
    else if (key == NULL || cert == NULL ||
             SSL_CTX_use_cert_and_key(ctx, cert, key, chain, 1) != 1)
        result = tls_config_refuse(error, "cannot use the client certificate",
                                   path, ADVICE);
    EVP_PKEY_free(key);
    X509_free(cert);
    sk_X509_pop_free(chain, X509_free);
    return result;
}

static pop3_result
open_pkcs12(SSL_CTX *ctx, PKCS12 *p12, passphrase *p, net_error *error)
{
    char phrase[PASSPHRASE_MAX + 1] = "";
    pop3_result result;
    int len = 0;

    if (PKCS12_mac_present(p12) == 1 && PKCS12_verify_mac(p12, NULL, 0) != 1 &&
        PKCS12_verify_mac(p12, "", 0) != 1)
        len = fetch(phrase, PASSPHRASE_MAX, 0, p);
    ERR_clear_error();
    if (len < 0)
        return refuse_key(p, p->options->cert_file, "", error);
    phrase[len] = '\0';
    result = use_pkcs12(ctx, p12, phrase, p, error);
    secret_wipe(phrase, sizeof(phrase));
    return result;
}

static pop3_result
load_pkcs12(SSL_CTX *ctx, passphrase *p, net_error *error)
{
    const char *path = p->options->cert_file;
    pop3_result result;
    PKCS12 *p12;

    if (p->options->key_file != NULL) {
        net_error_set(error, 0,
                      "the client certificate %s is PKCS#12, which has its "
                      "key inside: give no key file",
                      path);
        return POP3_ERR_ARGUMENT;
    }
    p12 = read_pkcs12(path);
    if (p12 == NULL)
        return tls_config_refuse(error, "cannot use the client certificate",
                                 path, "it has to be PEM or PKCS#12");
    result = open_pkcs12(ctx, p12, p, error);
    PKCS12_free(p12);
    return result;
}

/* ---- PEM ---- */

static pop3_result
load_key(SSL_CTX *ctx, const char *path, passphrase *p, net_error *error)
{
    int loaded;

    SSL_CTX_set_default_passwd_cb(ctx, fetch);
    SSL_CTX_set_default_passwd_cb_userdata(ctx, p);
    loaded = SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM);
    SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
    SSL_CTX_set_default_passwd_cb(ctx, NULL);
    if (loaded == 1)
        return POP3_OK;
    return refuse_key(p, path,
                      "it has to be the key of the certificate, in PEM form",
                      error);
}

pop3_result
tls_identity_load(SSL_CTX *ctx, const pop3_tls_options *o, net_error *error)
{
    const char *key = o->key_file != NULL ? o->key_file : o->cert_file;
    passphrase p = {.options = o, .result = POP3_OK};
    pop3_result result;

    if (key == NULL)
        return POP3_OK;
    if (o->cert_file == NULL) {
        net_error_set(error, 0,
                      "there is a key file, but no certificate for it: give "
                      "both");
        return POP3_ERR_ARGUMENT;
    }
    result =
        tls_config_check_path("client certificate", o->cert_file, 0, error);
    if (result == POP3_OK)
        result = tls_config_check_path("client key", key, 0, error);
    if (result != POP3_OK)
        return result;
    if (is_pkcs12(o->cert_file))
        return load_pkcs12(ctx, &p, error);
    if (SSL_CTX_use_certificate_chain_file(ctx, o->cert_file) != 1)
        return tls_config_refuse(error, "cannot use the client certificate",
                                 o->cert_file,
                                 "it has to be in PEM form, or in PKCS#12");
    return load_key(ctx, key, &p, error);
}
