/* SPDX-License-Identifier: MIT */
/*
 * tls_ocsp - judges the OCSP staple of a server.
 *
 * A staple is asked for in every handshake that trusts authorities. What is
 * signed counts, whatever it says: `revoked` and `unknown` end the handshake,
 * as does what should be signed and is not, is too old, or is about another
 * certificate; for a server that sends such a thing is broken, or worse. What
 * is not signed (tryLater and the other errors of a responder) counts as no
 * staple: whoever holds a stolen key could as well send none. No staple is
 * good enough, unless the certificate demands one (RFC 7633) or the user does.
 *
 * Nothing is fetched: to ask the authority ourselves would tell it who reads
 * mail where, and an attacker on the way would make that question fail.
 *
 * The one trust anchor is the issuer in the chain that passed, so a responder
 * is the issuer itself, or one whom it gave a certificate for that purpose
 * (RFC 6960 §4.2.2.2). Its key and digests have to be strong (R5).
 *
 * A session is resumed without a staple, so it may not outlive the one that
 * it was made under; see docs/adr/0014-ocsp.md.
 */
#include "net/tls_ocsp.h"

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "net/tls_words.h"
#include "base/banned.h"

enum {
    SKEW_S = 300,               /* clocks may differ by so much */
    AGE_MAX_S = 7 * 24 * 3600,  /* of an answer that names no end */
    FEATURE_STATUS_REQUEST = 5, /* RFC 7633 §4.1 */
    FEATURES_MAX = 16           /* that are looked at */
};

bool
tls_ocsp_counts(const pop3_tls *shared)
{
    return !shared->insecure && shared->pins.count == 0;
}

/* ---- in words ---- */

typedef struct staple {
    X509 *cert;
    X509 *issuer;
    OCSP_BASICRESP *basic;
    net_error *error;
    const char *absent; /* why there is none; NULL: there is one */
    time_t good_until;
} staple;

static text_builder
begin_words(const staple *s, int code, const char *what)
{
    text_builder t = text_start(s->error->text, sizeof(s->error->text));

    s->error->sys = code;
    text_add(&t, "the server's certificate ");
    text_add(&t, what);
    return t;
}

static bool
refuse(const staple *s, int code, const char *what)
{
    text_builder t = begin_words(s, code, what);

    tls_words_end(&t, TLS_WORDS_ADMIN, s->cert);
    return false;
}

static bool
refuse_date(const staple *s, const char *what, const ASN1_TIME *date)
{
    text_builder t = begin_words(s, X509_V_ERR_OCSP_VERIFY_FAILED, what);

    tls_words_date(&t, date);
    tls_words_end(&t, TLS_WORDS_CLOCK, s->cert);
    return false;
}

static bool
refuse_revoked(const staple *s, int reason, const ASN1_TIME *date)
{
    text_builder t = begin_words(s, X509_V_ERR_CERT_REVOKED,
                                 "was revoked by its authority on ");

    tls_words_date(&t, date);
    if (reason >= 0) {
        text_add(&t, " (");
        text_add(&t, OCSP_crl_reason_str(reason));
        text_add(&t, ")");
    }
    text_add(&t, ", as the OCSP staple says");
    tls_words_end(&t, TLS_WORDS_ADMIN, s->cert);
    return false;
}

/* ---- who signed it ---- */

static bool
is_signed_weakly(const staple *s)
{
    const ASN1_OBJECT *algorithm = NULL;
    int digest = NID_undef;

    X509_ALGOR_get0(&algorithm, NULL, NULL,
                    OCSP_resp_get0_tbs_sigalg(s->basic));
    return OBJ_find_sigid_algs(OBJ_obj2nid(algorithm), &digest, NULL) != 1 ||
           digest == NID_md5 || digest == NID_sha1;
}

static bool
is_signer_weak(const staple *s, STACK_OF(X509) * known)
{
    X509 *signer = NULL;

    return OCSP_resp_get0_signer(s->basic, &signer, known) != 1 ||
           tls_verify_is_weak_key(signer) ||
           (X509_cmp(signer, s->issuer) != 0 &&
            tls_verify_is_weakly_signed(signer));
}

/* The issuer alone is trusted, also one that is no root. */
static bool
is_signed_by_issuer(const staple *s, STACK_OF(X509) * known)
{
    X509_STORE *anchor = X509_STORE_new();
    bool good = anchor != NULL && X509_STORE_add_cert(anchor, s->issuer) == 1;

    if (good)
        X509_STORE_set_flags(anchor, X509_V_FLAG_PARTIAL_CHAIN);
    good = good &&
           OCSP_basic_verify(s->basic, known, anchor, OCSP_NOEXPLICIT) == 1;
    X509_STORE_free(anchor);
    return good;
}

static bool
check_signature(const staple *s)
{
    STACK_OF(X509) *known = sk_X509_new_null();
    const char *what = NULL;

    if (known == NULL || sk_X509_push(known, s->issuer) < 1 ||
        !is_signed_by_issuer(s, known))
        what = "comes with an OCSP staple that its authority did not sign";
    else if (is_signed_weakly(s) || is_signer_weak(s, known))
        what = "comes with an OCSP staple whose signature can be forged: its "
               "key or digest is weak";
    sk_X509_free(known);
    return what == NULL || refuse(s, X509_V_ERR_OCSP_VERIFY_FAILED, what);
}

/* ---- what it says ---- */

static bool
is_about(const staple *s, const OCSP_SINGLERESP *single)
{
    const OCSP_CERTID *id = OCSP_SINGLERESP_get0_id(single);
    ASN1_OBJECT *algorithm = NULL;
    OCSP_CERTID *wanted = NULL;
    bool same;

    (void)OCSP_id_get0_info(NULL, &algorithm, NULL, NULL, (OCSP_CERTID *)id);
    if (algorithm != NULL && EVP_get_digestbyobj(algorithm) != NULL)
        wanted = OCSP_cert_to_id(EVP_get_digestbyobj(algorithm), s->cert,
                                 s->issuer);
    same = wanted != NULL && OCSP_id_cmp(wanted, id) == 0;
    OCSP_CERTID_free(wanted);
    return same;
}

static OCSP_SINGLERESP *
find_single(const staple *s)
{
    int count = OCSP_resp_count(s->basic);

    for (int i = 0; i < count; i++) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(s->basic, i);

        if (is_about(s, single))
            return single;
    }
    return NULL;
}

static time_t
to_time(const ASN1_TIME *time)
{
    struct tm tm = {0};

    return ASN1_TIME_to_tm(time, &tm) == 1 ? timegm(&tm) : -1;
}

/* Not OCSP_check_validity(): it does not say what is wrong. */
static bool
check_dates(staple *s, const ASN1_TIME *made, const ASN1_TIME *next)
{
    time_t now = time(NULL);
    time_t begin = to_time(made);
    time_t end = next == NULL ? begin + AGE_MAX_S : to_time(next);

    if (begin > now + SKEW_S)
        return refuse_date(s,
                           "comes with an OCSP staple that is not valid "
                           "before ",
                           made);
    if (begin < 0 || end < now - SKEW_S || end < begin)
        return refuse_date(s,
                           next == NULL
                               ? "comes with an OCSP staple that is too old: "
                                 "it was made on "
                               : "comes with an OCSP staple that expired on ",
                           next == NULL ? made : next);
    s->good_until = end;
    return true;
}

static bool
check_status(staple *s)
{
    OCSP_SINGLERESP *single = find_single(s);
    ASN1_GENERALIZEDTIME *revoked = NULL;
    ASN1_GENERALIZEDTIME *made = NULL;
    ASN1_GENERALIZEDTIME *next = NULL;
    int reason = -1;

    if (single == NULL)
        return refuse(s, X509_V_ERR_OCSP_VERIFY_FAILED,
                      "comes with an OCSP staple that is about another one");
    switch (OCSP_single_get0_status(single, &reason, &revoked, &made, &next)) {
    case V_OCSP_CERTSTATUS_REVOKED:
        return refuse_revoked(s, reason, revoked);
    case V_OCSP_CERTSTATUS_GOOD:
        return check_dates(s, made, next);
    default:
        return refuse(s, X509_V_ERR_OCSP_CERT_UNKNOWN,
                      "is unknown to the authority that should have issued "
                      "it, as the OCSP staple says");
    }
}

/* ---- whether there is one ---- */

static bool
check_response(staple *s, OCSP_RESPONSE *response)
{
    int status = OCSP_response_status(response);
    bool good;

    if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        s->absent = OCSP_response_status_str(status);
        return true;
    }
    s->basic = OCSP_response_get1_basic(response);
    if (s->basic == NULL)
        return refuse(s, X509_V_ERR_OCSP_VERIFY_FAILED,
                      "comes with an OCSP staple that makes no sense");
    good = check_signature(s) && check_status(s);
    OCSP_BASICRESP_free(s->basic);
    return good;
}

static bool
check_octets(staple *s, const unsigned char *der, long len)
{
    const unsigned char *end = der;
    OCSP_RESPONSE *response = NULL;
    bool good;

    if (der == NULL || len < 0) {
        s->absent = "no staple";
        return true;
    }
    response = d2i_OCSP_RESPONSE(NULL, &end, len);
    good = response != NULL && end == der + len
               ? check_response(s, response)
               : refuse(s, X509_V_ERR_OCSP_VERIFY_FAILED,
                        "comes with an OCSP staple that makes no sense");
    OCSP_RESPONSE_free(response);
    return good;
}

/* RFC 7633. An extension that cannot be read demands what it may. */
static bool
must_staple(const X509 *cert)
{
    int place = -1;
    TLS_FEATURE *features =
        X509_get_ext_d2i(cert, NID_tlsfeature, &place, NULL);
    int count = sk_ASN1_INTEGER_num(features);
    bool must = features == NULL ? place != -1 : count > FEATURES_MAX;

    for (int i = 0; i < count && i < FEATURES_MAX; i++)
        if (ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) ==
            FEATURE_STATUS_REQUEST)
            must = true;
    TLS_FEATURE_free(features);
    return must;
}

static bool
refuse_absent(const staple *s, const char *what)
{
    text_builder t = begin_words(s, X509_V_ERR_OCSP_VERIFY_NEEDED, what);

    text_add(&t, ", but the server sent ");
    text_add(&t, s->absent);
    tls_words_end(&t, TLS_WORDS_ADMIN, s->cert);
    return false;
}

bool
tls_ocsp_check(SSL *ssl, tls_verify *v, bool required, time_t *good_until)
{
    staple s = {.cert = SSL_get0_peer_certificate(ssl),
                .issuer = v->issuer,
                .error = &v->error};
    const unsigned char *der = NULL;
    long len = SSL_get_tlsext_status_ocsp_resp(ssl, &der);

    if (s.cert == NULL || s.issuer == NULL) {
        net_error_set(s.error, X509_V_ERR_OCSP_VERIFY_FAILED,
                      "memory is short");
        return false;
    }
    if (!check_octets(&s, der, len))
        return false;
    *good_until = s.good_until;
    if (s.absent != NULL && must_staple(s.cert))
        return refuse_absent(&s, "demands an OCSP staple (must-staple)");
    if (s.absent != NULL && required)
        return refuse_absent(&s, "needs an OCSP staple (--tls-ocsp require)");
    return true;
}

/* ---- sessions ---- */

time_t
tls_ocsp_end(const SSL_SESSION *session)
{
    return (time_t)SSL_SESSION_get_time(session) +
           (time_t)SSL_SESSION_get_timeout(session);
}

void
tls_ocsp_limit(SSL_SESSION *session, time_t end)
{
    time_t begin = (time_t)SSL_SESSION_get_time(session);

    if (tls_ocsp_end(session) > end)
        (void)SSL_SESSION_set_timeout(session,
                                      end > begin ? (long)(end - begin) : 0);
}
