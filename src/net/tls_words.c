/* SPDX-License-Identifier: MIT */
/*
 * tls_words - what is wrong with a certificate, for whoever has to do
 * something about it: which one, what, why, and what to do.
 *
 * The certificate's own words come last in the text, printable (R24) and with
 * a budget, so that they cannot push the advice out of it.
 */
#include "net/tls_words.h"

#include <arpa/inet.h>

#include <openssl/x509v3.h>

#include "base/banned.h"

enum {
    WORDS_MAX = 64, /* octets of a name in a certificate */
    NAMES_MAX = 4   /* names that are listed */
};

const char TLS_WORDS_ADMIN[] = "tell the server's administrator";
const char TLS_WORDS_CLOCK[] =
    "check the date of this computer; if it is right, tell the server's "
    "administrator";

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

void
tls_words_date(text_builder *t, const ASN1_TIME *time)
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
        tls_words_date(t, X509_get0_notAfter(cert));
        return TLS_WORDS_CLOCK;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        text_add(t, "is not valid before ");
        tls_words_date(t, X509_get0_notBefore(cert));
        return TLS_WORDS_CLOCK;
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
        return TLS_WORDS_ADMIN;
    case X509_V_ERR_CA_MD_TOO_WEAK:
        text_add(t, "is signed by means of ");
        add_digest(t, cert);
        text_add(t, ", which can be forged");
        return TLS_WORDS_ADMIN;
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
     "has a wrong signature: it was damaged or forged", TLS_WORDS_ADMIN},
    {X509_V_ERR_INVALID_PURPOSE, "is not meant for servers", TLS_WORDS_ADMIN},
    {X509_V_ERR_INVALID_CA, "issues others without being an authority",
     TLS_WORDS_ADMIN},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "issues others without being allowed to",
     TLS_WORDS_ADMIN},
    {X509_V_ERR_CERT_REVOKED, "was revoked", TLS_WORDS_ADMIN},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION,
     "has a critical extension that is not understood here", TLS_WORDS_ADMIN},
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
    return TLS_WORDS_ADMIN;
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
add_whose(text_builder *t, X509 *cert)
{
    text_add(t, " (certificate of ");
    add_subject(t, X509_get_subject_name(cert));
    text_add(t, ", issued by ");
    add_subject(t, X509_get_issuer_name(cert));
}

void
tls_words_explain(net_error *error, const tls_fault *fault, const char *name)
{
    text_builder t = text_start(error->text, sizeof(error->text));
    int code = fault->code;
    const char *advice;

    error->sys = code;
    add_place(&t, fault->depth);
    advice = add_detail(&t, code, fault->cert, name);
    if (advice == NULL)
        advice = add_words(&t, code);
    text_add(&t, "; ");
    text_add(&t, advice);
    if (lacks_trust(code))
        add_pin(&t, fault->leaf);
    add_whose(&t, fault->cert);
    if (code == X509_V_ERR_HOSTNAME_MISMATCH ||
        code == X509_V_ERR_IP_ADDRESS_MISMATCH)
        add_alt_names(&t, fault->cert);
    text_add(&t, ")");
}

void
tls_words_end(text_builder *t, const char *advice, X509 *cert)
{
    text_add(t, "; ");
    text_add(t, advice);
    add_whose(t, cert);
    text_add(t, ")");
}
