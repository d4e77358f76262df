/* SPDX-License-Identifier: MIT */
/*
 * staple - OCSP answers in the way of RFC 6960, signed by what certs.py made.
 */
#include "staple.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "tls_lab.h"

static void
need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "staple: %s\n", what);
    exit(1);
}

static FILE *
open_file(const char *kind, const char *suffix)
{
    char name[80];
    FILE *file;

    snprintf(name, sizeof(name), "%s.%s", kind, suffix);
    file = fopen(lab_path(name), "r");
    need(file != NULL, name);
    return file;
}

static X509 *
load_cert(const char *kind)
{
    FILE *file = open_file(kind, "pem");
    X509 *cert = PEM_read_X509(file, NULL, NULL, NULL);

    need(cert != NULL, kind);
    fclose(file);
    return cert;
}

static EVP_PKEY *
load_key(const char *kind)
{
    FILE *file = open_file(kind, "key");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);

    need(key != NULL, kind);
    fclose(file);
    return key;
}

static void
add_status(OCSP_BASICRESP *basic, const staple_options *o, const char *about,
           const char *issuer)
{
    X509 *cert = load_cert(about);
    X509 *by = load_cert(issuer);
    OCSP_CERTID *id = OCSP_cert_to_id(NULL, cert, by);
    ASN1_TIME *made = X509_gmtime_adj(NULL, o->made_s);
    ASN1_TIME *end = o->end_s == 0 ? NULL : X509_gmtime_adj(NULL, o->end_s);

    need(OCSP_basic_add1_status(basic, id, o->status, o->reason, made, made,
                                end) != NULL,
         "status");
    ASN1_TIME_free(made);
    ASN1_TIME_free(end);
    OCSP_CERTID_free(id);
    X509_free(cert);
    X509_free(by);
}

/* Without certificates behind it where the signature has to be at the end. */
static void
sign(OCSP_BASICRESP *basic, const staple_options *o, const char *signer)
{
    X509 *cert = load_cert(signer);
    EVP_PKEY *key = load_key(signer);

    need(OCSP_basic_sign(
             basic, cert, key, o->by_sha1 ? EVP_sha1() : EVP_sha256(), NULL,
             o->damage == STAPLE_SIGNATURE ? OCSP_NOCERTS : 0) == 1,
         "signature");
    X509_free(cert);
    EVP_PKEY_free(key);
}

static OCSP_RESPONSE *
make_response(const staple_options *o, const char *own)
{
    const char *issuer = o->issuer == NULL ? "ca-root" : o->issuer;
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_RESPONSE *response;

    need(basic != NULL, "memory");
    if (o->error == 0) {
        add_status(basic, o, o->about == NULL ? own : o->about, issuer);
        sign(basic, o, o->signer == NULL ? issuer : o->signer);
    }
    response = OCSP_response_create(o->error, o->error == 0 ? basic : NULL);
    OCSP_BASICRESP_free(basic);
    return response;
}

unsigned char *
staple_make(const staple_options *o, const char *own, size_t *len)
{
    OCSP_RESPONSE *response = make_response(o, own);
    unsigned char *der = NULL;
    int size = i2d_OCSP_RESPONSE(response, &der);
    unsigned char *out = OPENSSL_zalloc((size_t)size + 1);

    need(size > 0 && out != NULL, "DER");
    memcpy(out, der, (size_t)size);
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    *len = (size_t)size;
    if (o->damage == STAPLE_SIGNATURE)
        out[size - 1] ^= 1;
    else if (o->damage == STAPLE_CUT)
        *len -= 1;
    else if (o->damage == STAPLE_LONGER)
        *len += 1;
    else if (o->damage == STAPLE_JUNK)
        memset(out, 0x55, *len);
    return out;
}
