/* SPDX-License-Identifier: MIT */
#include "certificate.h"

#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

typedef struct extension {
    int nid;
    const char *value;
} extension;

static const extension AUTHORITY[] = {
    {NID_basic_constraints, "critical,CA:TRUE"},
    {NID_key_usage, "critical,keyCertSign,cRLSign"},
    {NID_subject_key_identifier, "hash"},
    {0}};
static const extension SERVER[] = {
    {NID_basic_constraints, "critical,CA:FALSE"},
    {NID_key_usage, "critical,digitalSignature"},
    {NID_ext_key_usage, "serverAuth"},
    {NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1"},
    {NID_subject_key_identifier, "hash"},
    {NID_authority_key_identifier, "keyid"},
    {0}};

static bool
extend(X509 *cert, X509 *issuer, const extension *wanted)
{
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    for (; wanted->nid != 0; wanted++) {
        X509_EXTENSION *made =
            X509V3_EXT_conf_nid(NULL, &ctx, wanted->nid, wanted->value);
        bool added = made != NULL && X509_add_ext(cert, made, -1) == 1;

        X509_EXTENSION_free(made);
        if (!added)
            return false;
    }
    return true;
}

/* issuer NULL: it signs itself. */
static X509 *
make(const char *name, long serial, EVP_PKEY *key, X509 *issuer,
     EVP_PKEY *issuer_key, const extension *extensions)
{
    X509 *cert = X509_new();
    X509_NAME *subject;

    if (cert == NULL)
        return NULL;
    issuer = issuer == NULL ? cert : issuer;
    subject = X509_get_subject_name(cert);
    if (X509_set_version(cert, X509_VERSION_3) == 1 &&
        ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(cert), -86400) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(cert), 30 * 86400L) != NULL &&
        X509_set_pubkey(cert, key) == 1 &&
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                   (const unsigned char *)name, -1, -1,
                                   0) == 1 &&
        X509_set_issuer_name(cert, X509_get_subject_name(issuer)) == 1 &&
        extend(cert, issuer, extensions) &&
        X509_sign(cert, issuer_key, EVP_sha256()) > 0)
        return cert;
    X509_free(cert);
    return NULL;
}

static bool
write_pem(X509 *cert, const char *path)
{
    FILE *file = fopen(path, "w");
    bool good;

    if (file == NULL)
        return false;
    good = PEM_write_X509(file, cert) == 1;
    return fclose(file) == 0 && good;
}

bool
certificate_make(SSL_CTX *ctx, const char *ca_file)
{
    EVP_PKEY *ca_key = EVP_EC_gen("P-256");
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *ca = NULL, *cert = NULL;
    bool good = false;

    if (ca_key != NULL && key != NULL)
        ca = make("bench authority", 1, ca_key, NULL, ca_key, AUTHORITY);
    if (ca != NULL)
        cert = make("localhost", 2, key, ca, ca_key, SERVER);
    if (cert != NULL)
        good = SSL_CTX_use_certificate(ctx, cert) == 1 &&
               SSL_CTX_use_PrivateKey(ctx, key) == 1 && write_pem(ca, ca_file);
    X509_free(cert);
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
    return good;
}
