/* SPDX-License-Identifier: MIT */
/*
 * tls_verify - judges certificates, and says in plain words what is wrong.
 *
 * OpenSSL builds the chain and checks signatures, dates, purpose and name.
 * Added here, so that they hold whatever the security level of an SSL_CTX is
 * (R5): RSA keys of 2,048 bits, curves of 256, and no signature by MD5 or
 * SHA-1, for each certificate of the chain. How a trust anchor was signed
 * does not matter: it is trusted because it is here. Dates are compared once
 * more, since a caller's store can tell OpenSSL to ignore them.
 *
 * Names (R6, RFC 9525 §6): subjectAltName alone; an address matches iPAddress
 * entries only; a wildcard is the whole left-most label, and stands for no
 * A-label. A name with a NUL inside matches nothing, since lengths are
 * compared.
 *
 * A certificate that is pinned takes the place of chain, dates, purpose and
 * name: whoever pinned it has compared more than any authority does. Its key
 * has to be strong all the same, because a weak one can be had by others.
 *
 * Nothing is forgiven: the first failure ends the handshake, and is the one
 * that is told: tls_words.c.
 */
#include "net/tls_verify.h"

#include <string.h>

#include <openssl/x509v3.h>

#include "base/text.h"
#include "net/tls_words.h"
#include "base/banned.h"

enum {
    RSA_BITS_MIN = 2048,
    CURVE_BITS_MIN = 256,
    SECURITY_BITS_MIN = 112 /* other keys; and of signatures */
};

/* ---- what is checked ---- */

/* Case-blind: "xn--" in front of the left-most label. */
static bool
is_a_label(const char *name)
{
    return strlen(name) > 4 && text_equal_caseless(name, 4, "xn--");
}

bool
tls_verify_arm(SSL *ssl, const char *name, bool is_address)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                     X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;

    if (is_a_label(name))
        flags |= X509_CHECK_FLAG_NO_WILDCARDS;
    X509_VERIFY_PARAM_set_hostflags(param, flags);
    if (X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER) != 1)
        return false;
    /* An SSL_CTX of the caller's may have brought names of its own. */
    if (X509_VERIFY_PARAM_set1_host(param, NULL, 0) != 1 ||
        X509_VERIFY_PARAM_set1_ip(param, NULL, 0) != 1)
        return false;
    if (is_address)
        return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
    return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1;
}

bool
tls_verify_is_weak_key(X509 *cert)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);

    if (key == NULL)
        return true;
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return EVP_PKEY_get_bits(key) < RSA_BITS_MIN;
    case EVP_PKEY_EC:
        return EVP_PKEY_get_bits(key) < CURVE_BITS_MIN;
    default:
        return EVP_PKEY_get_security_bits(key) < SECURITY_BITS_MIN;
    }
}

bool
tls_verify_is_weakly_signed(X509 *cert)
{
    int bits = 0;

    /* MD5 counts 39 to 64 bits, SHA-1 63 to 80. */
    return X509_get_signature_info(cert, NULL, NULL, &bits, NULL) != 1 ||
           bits < SECURITY_BITS_MIN;
}

/* What OpenSSL may have let pass: an X509_V_ERR_* value. */
static int
find_fault(X509_STORE_CTX *store, X509 *cert, int depth)
{
    int anchor = sk_X509_num(X509_STORE_CTX_get0_chain(store)) - 1;

    if (X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0)
        return X509_V_ERR_CERT_HAS_EXPIRED;
    if (X509_cmp_current_time(X509_get0_notBefore(cert)) >= 0)
        return X509_V_ERR_CERT_NOT_YET_VALID;
    if (tls_verify_is_weak_key(cert))
        return depth == 0 ? X509_V_ERR_EE_KEY_TOO_SMALL
                          : X509_V_ERR_CA_KEY_TOO_SMALL;
    if (depth < anchor && tls_verify_is_weakly_signed(cert))
        return X509_V_ERR_CA_MD_TOO_WEAK;
    return X509_V_OK;
}

/* ---- the callback, and in its place ---- */

static int
refuse(X509_STORE_CTX *store, tls_verify *v, int code, X509 *cert, int depth)
{
    v->passed = false;
    X509_STORE_CTX_set_error(store, code);
    if (v->error.sys == 0)
        tls_words_explain(
            &v->error,
            &(tls_fault){code, cert, depth, X509_STORE_CTX_get0_cert(store)},
            v->name);
    return 0;
}

static void
pass(X509_STORE_CTX *store, tls_verify *v)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);

    v->passed = v->error.sys == 0;
    tls_verify_clear(v);
    v->issuer = sk_X509_value(chain, sk_X509_num(chain) > 1 ? 1 : 0);
    if (X509_up_ref(v->issuer) != 1)
        v->issuer = NULL;
}

/* Whatever OpenSSL found: the server's own is the pinned one, or not. */
static int
judge_pinned(X509_STORE_CTX *store, tls_verify *v)
{
    X509 *leaf = X509_STORE_CTX_get0_cert(store);

    if (!tls_pins_match(v->pins, leaf))
        return refuse(store, v, X509_V_ERR_APPLICATION_VERIFICATION, leaf, 0);
    if (tls_verify_is_weak_key(leaf))
        return refuse(store, v, X509_V_ERR_EE_KEY_TOO_SMALL, leaf, 0);
    X509_STORE_CTX_set_error(store, X509_V_OK);
    v->passed = v->error.sys == 0;
    return 1;
}

int
tls_verify_judge(int ok, X509_STORE_CTX *store, tls_verify *v)
{
    X509 *cert = X509_STORE_CTX_get_current_cert(store);
    int depth = X509_STORE_CTX_get_error_depth(store);
    int code = X509_STORE_CTX_get_error(store);

    if (v->pins->count > 0)
        return judge_pinned(store, v);
    if (cert == NULL)
        cert = X509_STORE_CTX_get0_cert(store);
    if (ok != 0)
        code = find_fault(store, cert, depth);
    if (code == X509_V_OK) {
        /* The chain is judged from the anchor down to the server's own. */
        if (depth == 0)
            pass(store, v);
        return 1;
    }
    return refuse(store, v, code, cert, depth);
}

static int
verify_chain(SSL *ssl, SSL_verify_cb callback, X509 *leaf)
{
    X509_STORE *trusted = NULL;
    X509_STORE_CTX *store = X509_STORE_CTX_new();
    int ok = 0;

    (void)SSL_get0_verify_cert_store(ssl, &trusted);
    if (trusted == NULL)
        trusted = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
    if (store != NULL &&
        X509_STORE_CTX_init(store, trusted, leaf,
                            SSL_get_peer_cert_chain(ssl)) == 1 &&
        X509_STORE_CTX_set_default(store, "ssl_server") == 1 &&
        X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(store),
                               SSL_get0_param(ssl)) == 1 &&
        X509_STORE_CTX_set_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx(),
                                   ssl) == 1) {
        X509_STORE_CTX_set_verify_cb(store, callback);
        ok = X509_verify_cert(store);
    }
    X509_STORE_CTX_free(store);
    return ok;
}

void
tls_verify_again(SSL *ssl, SSL_verify_cb callback, tls_verify *v)
{
    X509 *leaf;

    if (v->passed || v->error.sys != 0)
        return;
    leaf = SSL_get1_peer_certificate(ssl);
    if (leaf == NULL) {
        net_error_set(&v->error, X509_V_ERR_UNSPECIFIED,
                      "the server showed no certificate, so that nobody "
                      "knows who it is; check the list of ciphers");
        return;
    }
    if (verify_chain(ssl, callback, leaf) != 1) {
        v->passed = false;
        if (v->error.sys == 0)
            net_error_set(&v->error, X509_V_ERR_UNSPECIFIED,
                          "the server's certificate could not be verified");
    }
    X509_free(leaf);
}

void
tls_verify_clear(tls_verify *v)
{
    X509_free(v->issuer);
    v->issuer = NULL;
}
