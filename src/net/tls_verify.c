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
 * that is told. The certificate's own words come last in the text, printable
 * (R24) and with a budget, so that they cannot push the advice out of it.
 */
#include "net/tls_verify.h"

#include <arpa/inet.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "base/banned.h"

enum {
    RSA_BITS_MIN = 2048,
    CURVE_BITS_MIN = 256,
    SECURITY_BITS_MIN = 112, /* other keys; and of signatures */
    WORDS_MAX = 64,          /* octets of a name in a certificate */
    NAMES_MAX = 4            /* names that are listed */
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

static bool
is_weak_key(X509 *cert)
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

static bool
is_weakly_signed(X509 *cert)
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
    if (is_weak_key(cert))
        return depth == 0 ? X509_V_ERR_EE_KEY_TOO_SMALL
                          : X509_V_ERR_CA_KEY_TOO_SMALL;
    if (depth < anchor && is_weakly_signed(cert))
        return X509_V_ERR_CA_MD_TOO_WEAK;
    return X509_V_OK;
}

/* ---- in words ---- */

static void
add_name(text_builder *t, const unsigned char *data, int len)
{
    size_t budget = WORDS_MAX;

    text_add(t, "\"");
    if (len > 0)
        text_add_printable(t, (const char *)data, (size_t)len, &budget);
    text_add(t, "\"");
}

/* The last common name, or else organization, of a subject or issuer. */
static void
add_subject(text_builder *t, const X509_NAME *name)
{
    static const int WANTED[] = {NID_commonName, NID_organizationName};
    unsigned char *utf8 = NULL;
    int at = -1;
    int len = -1;

    for (size_t i = 0; i < 2 && at < 0; i++)
        for (int next = -1;
             (next = X509_NAME_get_index_by_NID(name, WANTED[i], next)) >= 0;)
            at = next;
    if (at >= 0)
        len = ASN1_STRING_to_UTF8(
            &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (len < 0) {
        text_add(t, "an unnamed one");
        return;
    }
    add_name(t, utf8, len);
    OPENSSL_free(utf8);
}

static void
add_two_digits(text_builder *t, int number)
{
    if (number < 10)
        text_add(t, "0");
    text_add_number(t, number < 0 ? 0 : (uint64_t)number);
}

static void
add_date(text_builder *t, const ASN1_TIME *time)
{
    struct tm tm = {0};
    int year;

    if (ASN1_TIME_to_tm(time, &tm) != 1 || tm.tm_year < -1900) {
        text_add(t, "a date that makes no sense");
        return;
    }
    year = tm.tm_year + 1900;
    text_add_number(t, (uint64_t)year);
    text_add(t, "-");
    add_two_digits(t, tm.tm_mon + 1);
    text_add(t, "-");
    add_two_digits(t, tm.tm_mday);
}

static void
add_address(text_builder *t, const ASN1_OCTET_STRING *octets)
{
    char words[INET6_ADDRSTRLEN];
    int family = ASN1_STRING_length(octets) == 4 ? AF_INET : AF_INET6;

    if ((family == AF_INET || ASN1_STRING_length(octets) == 16) &&
        inet_ntop(family, ASN1_STRING_get0_data(octets), words,
                  sizeof(words)) != NULL)
        text_add(t, words);
    else
        text_add(t, "a malformed address");
}

/* One entry of a subjectAltName; false for kinds that name no host. */
static bool
add_alt_name(text_builder *t, const GENERAL_NAME *name)
{
    int type;
    const void *value = GENERAL_NAME_get0_value(name, &type);

    if (type == GEN_DNS)
        add_name(t, ASN1_STRING_get0_data(value), ASN1_STRING_length(value));
    else if (type == GEN_IPADD)
        add_address(t, value);
    else
        return false;
    return true;
}

/* "; it is for A, B and others" */
static void
add_alt_names(text_builder *t, const X509 *cert)
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    int count = sk_GENERAL_NAME_num(names);
    int listed = 0;

    for (int i = 0; i < count && listed < NAMES_MAX; i++) {
        size_t before = t->len;

        text_add(t, listed == 0 ? "; it is for " : ", ");
        if (add_alt_name(t, sk_GENERAL_NAME_value(names, i))) {
            listed++;
        } else {
            t->len = before;
            t->buf[before] = '\0';
        }
    }
    if (listed == 0)
        text_add(t, "; it has no subjectAltName for a host, and a name in its "
                    "subject does not count");
    else if (count > NAMES_MAX)
        text_add(t, " and others");
    GENERAL_NAMES_free(names);
}

static void
add_key(text_builder *t, X509 *cert)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);
    const char *type = key == NULL ? NULL : EVP_PKEY_get0_type_name(key);

    if (type == NULL) {
        text_add(t, "of a kind that is not known");
        return;
    }
    text_add(t, type);
    text_add(t, ", ");
    text_add_number(t, (uint64_t)EVP_PKEY_get_bits(key));
    text_add(t, " bits");
}

static void
add_digest(text_builder *t, X509 *cert)
{
    int digest = NID_undef;

    (void)X509_get_signature_info(cert, &digest, NULL, NULL, NULL);
    text_add(t, digest == NID_undef ? "a weak digest" : OBJ_nid2sn(digest));
}

static const char ADMIN[] = "tell the server's administrator";
static const char CLOCK[] = "check the date of this computer; if it is right, "
                            "tell the server's administrator";
static const char NAME[] = "check the host name; if it is right, tell the "
                           "server's administrator";
static const char ANCHOR[] = "if you trust it, give its certificate as CA "
                             "file (--ca-file)";
static const char PINNED[] =
    "if its administrator says that this is the new one, pin that; if not, "
    "somebody is between you and the server";
static const char CHAIN[] =
    "if you trust that authority, give its certificate as CA file "
    "(--ca-file); if it is a public one, tell the server's administrator";

/* What is wrong, behind "the certificate of the server". Returns the advice;
 * NULL: the code is none of those that need more than fixed words. */
static const char *
add_detail(text_builder *t, int code, X509 *cert, const char *name)
{
    switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        text_add(t, "expired on ");
        add_date(t, X509_get0_notAfter(cert));
        return CLOCK;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        text_add(t, "is not valid before ");
        add_date(t, X509_get0_notBefore(cert));
        return CLOCK;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        text_add(t, "is not for ");
        text_add(t, name);
        return NAME;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
        text_add(t, "has a weak key (");
        add_key(t, cert);
        text_add(t, ")");
        return ADMIN;
    case X509_V_ERR_CA_MD_TOO_WEAK:
        text_add(t, "is signed by means of ");
        add_digest(t, cert);
        text_add(t, ", which can be forged");
        return ADMIN;
    case X509_V_ERR_APPLICATION_VERIFICATION:
        text_add(t, "is not the one that is pinned (--tls-fingerprint), but ");
        tls_pins_show(t, cert);
        return PINNED;
    default:
        return NULL;
    }
}

static const struct {
    int code;
    const char *what;
    const char *advice;
} WORDS[] = {
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
     "is signed by itself, so nobody vouches for it", ANCHOR},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
     "is that of an authority that is not trusted here", ANCHOR},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
     "was issued by an authority that is unknown here, or the server does "
     "not send all of the chain",
     CHAIN},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
     "was issued by an authority that is unknown here", CHAIN},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
     "was issued by an authority that is unknown here, or the server does "
     "not send all of the chain",
     CHAIN},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE,
     "has a wrong signature: it was damaged or forged", ADMIN},
    {X509_V_ERR_INVALID_PURPOSE, "is not meant for servers", ADMIN},
    {X509_V_ERR_INVALID_CA, "issues others without being an authority", ADMIN},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "issues others without being allowed to",
     ADMIN},
    {X509_V_ERR_CERT_REVOKED, "was revoked", ADMIN},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION,
     "has a critical extension that is not understood here", ADMIN},
};

static const char *
add_words(text_builder *t, int code)
{
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        if (WORDS[i].code == code) {
            text_add(t, WORDS[i].what);
            return WORDS[i].advice;
        }
    }
    text_add(t, "does not pass: ");
    text_add(t, X509_verify_cert_error_string(code));
    return ADMIN;
}

/* Whether it is trust that lacks, so that a pin would help. */
static bool
lacks_trust(int code)
{
    return code == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
           code == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
           code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
           code == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

static void
add_pin(text_builder *t, X509 *leaf)
{
    text_add(t, "; or, if its administrator confirms this fingerprint, pin "
                "it: --tls-fingerprint ");
    tls_pins_show(t, leaf);
}

/* Which one of the chain: RFC 8446 §4.4.2 has the server's first. */
static void
add_place(text_builder *t, int depth)
{
    if (depth == 0) {
        text_add(t, "the server's certificate ");
        return;
    }
    text_add(t, "certificate ");
    text_add_number(t, (uint64_t)depth + 1);
    text_add(t, " of the chain, above the server's, ");
}

static void
explain(tls_verify *v, int code, X509 *cert, X509 *leaf, int depth)
{
    text_builder t = text_start(v->error.text, sizeof(v->error.text));
    const char *advice;

    v->error.sys = code;
    add_place(&t, depth);
    advice = add_detail(&t, code, cert, v->name);
    if (advice == NULL)
        advice = add_words(&t, code);
    text_add(&t, "; ");
    text_add(&t, advice);
    if (lacks_trust(code))
        add_pin(&t, leaf);
    text_add(&t, " (certificate of ");
    add_subject(&t, X509_get_subject_name(cert));
    text_add(&t, ", issued by ");
    add_subject(&t, X509_get_issuer_name(cert));
    if (code == X509_V_ERR_HOSTNAME_MISMATCH ||
        code == X509_V_ERR_IP_ADDRESS_MISMATCH)
        add_alt_names(&t, cert);
    text_add(&t, ")");
}

/* ---- the callback, and in its place ---- */

static int
refuse(X509_STORE_CTX *store, tls_verify *v, int code, X509 *cert, int depth)
{
    v->passed = false;
    X509_STORE_CTX_set_error(store, code);
    if (v->error.sys == 0)
        explain(v, code, cert, X509_STORE_CTX_get0_cert(store), depth);
    return 0;
}

/* Whatever OpenSSL found: the server's own is the pinned one, or not. */
static int
judge_pinned(X509_STORE_CTX *store, tls_verify *v)
{
    X509 *leaf = X509_STORE_CTX_get0_cert(store);

    if (!tls_pins_match(v->pins, leaf))
        return refuse(store, v, X509_V_ERR_APPLICATION_VERIFICATION, leaf, 0);
    if (is_weak_key(leaf))
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
            v->passed = v->error.sys == 0;
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
