/* SPDX-License-Identifier: MIT */
/*
 * tls_openssl - TLS by OpenSSL 3, over another transport.
 *
 *   core ◀─▶ tls_read/tls_write ◀─▶ SSL ◀─▶ BIO ◀─▶ inner transport (TCP)
 *
 * The BIO is our own: OpenSSL's writes with write(2), which can raise SIGPIPE,
 * and the inner transport knows best whether an error was an end of file, a
 * reset or only a wait. What it said last is kept in `inner_result`, so that
 * SSL_ERROR_SYSCALL can be told as what it was. An end of the stream is CLOSED
 * with and without close_notify: whether it may come is for the core (R8).
 *
 * Verified means three things that hold for a caller's SSL_CTX too, because
 * they are set on the SSL object and looked at after the handshake: TLS 1.2 or
 * newer, a chain that tls_verify accepts, and the name (R5, R6).
 *
 * OpenSSL's queue of errors is one a thread. It is emptied before each call,
 * since SSL_get_error() would believe what others left there, and after each
 * failure, so that others need not.
 *
 * OpenSSL goes on inside one call as long as records come that hold no data
 * (HelloRequest, KeyUpdate, tickets), so each call may read a few times only:
 * else a server could keep a step from ever ending, deadlines and all.
 *
 * Octets that OpenSSL or tls_ahead holds are invisible to poll(2): the reader
 * reads until it is told AGAIN. That is what makes reading ahead safe, and
 * when the memory for it goes back to the heap, OpenSSL's too.
 */
#include "net/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/tls_ahead.h"
#include "net/tls_config.h"
#include "net/tls_ocsp.h"
#include "net/tls_reasons.h"
#include "net/tls_verify.h"
#include "base/banned.h"

enum {
    READS_MAX = 4, /* of the inner transport, for one call of ours */
    KEPT_MAX = 4   /* sessions of one connection, as all share 256 */
};

typedef struct tls {
    pop3_transport inner;
    const tls_config *config;
    BIO_METHOD *method; /* bio_read() and friends */
    SSL *ssl;
    tls_verify verify;
    pop3_result inner_result; /* of the last call to inner */
    pop3_result failed;       /* POP3_OK, or what every call returns now */
    net_error error;          /* of the last call that failed */
    unsigned reads;           /* of inner, that the call at hand has left */
    bytes ahead;              /* from inner, for OpenSSL */
    SSL_SESSION *session;     /* to be kept once the handshake was looked at */
    unsigned kept;            /* sessions, so far */
    time_t good_until;        /* may they be resumed; 0: as long as they say */
    bool up;                  /* the handshake is done and was looked at */
    char words[96];           /* tls_describe() */
} tls;

/* ---- the BIO ---- */

/* OpenSSL gives its buffers back behind each record and each write, if it is
 * to: not while records come one after another. */
static pop3_result
read_on(tls *t)
{
    pop3_result result;

    if (t->reads == 0)
        return POP3_ERR_AGAIN;
    t->reads--;
    result = tls_ahead_fill(&t->ahead, &t->inner);
    if (result == POP3_OK)
        (void)SSL_clear_mode(t->ssl, SSL_MODE_RELEASE_BUFFERS);
    else
        (void)SSL_set_mode(t->ssl, SSL_MODE_RELEASE_BUFFERS);
    return result;
}

static int
bio_read(BIO *bio, char *buf, int len)
{
    tls *t = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    t->inner_result = bytes_len(&t->ahead) > 0 ? POP3_OK : read_on(t);
    if (t->inner_result == POP3_OK)
        return (int)tls_ahead_take(&t->ahead, buf, (size_t)len);
    if (t->inner_result == POP3_ERR_AGAIN)
        BIO_set_retry_read(bio);
    return t->inner_result == POP3_ERR_CLOSED ? 0 : -1;
}

static int
bio_write(BIO *bio, const char *data, int len)
{
    tls *t = BIO_get_data(bio);
    size_t sent = 0;
    int want = 0;

    BIO_clear_retry_flags(bio);
    t->inner_result =
        t->inner.write(t->inner.ctx, data, (size_t)len, &sent, &want);
    if (t->inner_result == POP3_OK)
        return (int)sent;
    if (t->inner_result == POP3_ERR_AGAIN)
        BIO_set_retry_write(bio);
    return -1;
}

/* BIO_CTRL_EOF is 0 on purpose: an end of file stays SSL_ERROR_SYSCALL. */
static long
bio_ctrl(BIO *bio, int command, long number, void *ptr)
{
    (void)bio;
    (void)number;
    (void)ptr;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *
new_method(void)
{
    /* No type of our own: OpenSSL has 127 for a whole process. */
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "pop3_transport");

    if (method != NULL && BIO_meth_set_read(method, bio_read) == 1 &&
        BIO_meth_set_write(method, bio_write) == 1 &&
        BIO_meth_set_ctrl(method, bio_ctrl) == 1)
        return method;
    BIO_meth_free(method);
    return NULL;
}

/* ---- results ---- */

static void
explain_tls(tls *t)
{
    unsigned long code = ERR_peek_error();
    const char *why = ERR_reason_error_string(code);
    const char *words = tls_reason(code);

    if (words == NULL)
        words = t->up ? "TLS failed" : "the TLS handshake failed";
    net_error_set(&t->error, 0, "%s (OpenSSL: %s)", words,
                  why == NULL ? "no reason given" : why);
}

static pop3_result
fail(tls *t, pop3_result result)
{
    ERR_clear_error();
    t->failed = result;
    return result;
}

/* The inner transport said why. */
static pop3_result
fail_inner(tls *t)
{
    int sys = 0;
    const char *why = NULL;

    if (t->inner_result == POP3_ERR_NOMEM)
        why = "memory is short";
    else if (t->inner.error_text != NULL)
        why = t->inner.error_text(t->inner.ctx, &sys);
    if (why == NULL)
        why = "the connection broke";
    net_error_set(&t->error, sys, "%s%s", why,
                  t->up ? "" : " during the TLS handshake");
    return fail(t, t->inner_result);
}

static pop3_result
fail_ssl(tls *t)
{
    if (!t->config->shared->insecure && t->verify.error.sys != 0) {
        t->error = t->verify.error;
        return fail(t, POP3_ERR_CERT);
    }
    explain_tls(t);
    return fail(t, POP3_ERR_TLS);
}

/* What a call of OpenSSL that did not return 1 means for us. */
static pop3_result
translate(tls *t, int returned, int *want)
{
    switch (SSL_get_error(t->ssl, returned)) {
    case SSL_ERROR_WANT_READ:
        *want = POP3_POLL_IN;
        return POP3_ERR_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        *want = POP3_POLL_OUT;
        return POP3_ERR_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        /* The server may still read what we have to say. */
        net_error_set(&t->error, 0, "the server ended the TLS session");
        return POP3_ERR_CLOSED;
    case SSL_ERROR_SYSCALL:
        if (t->inner_result != POP3_OK && t->inner_result != POP3_ERR_AGAIN)
            return fail_inner(t);
        return fail_ssl(t);
    default:
        return fail_ssl(t);
    }
}

/* ---- the transport ---- */

static pop3_result
tls_read(void *ctx, void *buf, size_t len, size_t *got, int *want)
{
    tls *t = ctx;
    size_t n = 0;
    int returned;

    if (t->failed != POP3_OK)
        return t->failed;
    if (!t->up)
        return POP3_ERR_USAGE;
    ERR_clear_error();
    t->reads = READS_MAX;
    returned = SSL_read_ex(t->ssl, buf, len, &n);
    if (returned != 1)
        return translate(t, returned, want);
    *got = n;
    return POP3_OK;
}

static pop3_result
tls_write(void *ctx, const void *data, size_t len, size_t *sent, int *want)
{
    tls *t = ctx;
    size_t n = 0;
    int returned;

    if (t->failed != POP3_OK)
        return t->failed;
    if (!t->up)
        return POP3_ERR_USAGE;
    ERR_clear_error();
    (void)SSL_set_mode(t->ssl, SSL_MODE_RELEASE_BUFFERS);
    t->reads = READS_MAX;
    returned = SSL_write_ex(t->ssl, data, len, &n);
    if (returned != 1)
        return translate(t, returned, want);
    *sent = n;
    return POP3_OK;
}

/* SSL_set_verify() has no context argument; the BIO has one. */
static int
on_certificate(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(
        store, SSL_get_ex_data_X509_STORE_CTX_idx());
    tls *t = BIO_get_data(SSL_get_rbio(ssl));

    return t->config->shared->insecure
               ? 1
               : tls_verify_judge(ok, store, &t->verify);
}

/* ---- sessions ---- */

static void
keep_session(tls *t)
{
    if (t->session != NULL && t->good_until != 0)
        tls_ocsp_limit(t->session, t->good_until);
    if (t->session != NULL)
        tls_sessions_put(t->config->shared->sessions, t->config->session,
                         t->session);
    t->session = NULL;
}

/* TLS 1.2 tells of it before the handshake is done, 1.3 at any time later. */
static int
on_session(SSL *ssl, SSL_SESSION *session)
{
    tls *t = BIO_get_data(SSL_get_rbio(ssl));

    if (t->kept >= KEPT_MAX)
        return 0;
    t->kept++;
    SSL_SESSION_free(t->session);
    t->session = session;
    if (t->up)
        keep_session(t);
    return 1; /* the reference is ours */
}

bool
tls_keep_sessions(pop3_tls *shared)
{
    shared->sessions = tls_sessions_new();
    if (shared->sessions == NULL)
        return false;
    (void)SSL_CTX_set_session_cache_mode(
        shared->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(shared->ctx, on_session);
    return true;
}

static void
forget_sessions(tls *t)
{
    if (t->config->shared->sessions != NULL)
        tls_sessions_forget(t->config->shared->sessions, t->config->session);
}

/* The time of the session is over, or the server has another certificate now,
 * if it is still there. */
static bool
has_expired(SSL_SESSION *session)
{
    const X509 *cert = SSL_SESSION_get0_peer(session);

    return tls_ocsp_end(session) <= time(NULL) ||
           (cert != NULL &&
            X509_cmp_current_time(X509_get0_notAfter(cert)) < 0);
}

/* The certificate that came with the session is verified once more, by
 * finish(): against this name, at this time. */
static bool
resume_session(tls *t)
{
    pop3_tls *shared = t->config->shared;
    SSL_SESSION *session =
        shared->sessions != NULL
            ? tls_sessions_take(shared->sessions, t->config->session)
            : NULL;
    bool good = true;

    if (session != NULL && has_expired(session))
        forget_sessions(t);
    else if (session != NULL)
        good = SSL_set_session(t->ssl, session) == 1;
    if (session != NULL)
        t->good_until = tls_ocsp_end(session); /* nor what comes of it */
    SSL_SESSION_free(session);
    return good;
}

/* ---- the end of the handshake ---- */

/* What the authority says today; a session that is resumed was made under a
 * staple that still holds. */
static bool
is_stapled(tls *t)
{
    const pop3_tls *shared = t->config->shared;

    if (SSL_session_reused(t->ssl) == 1)
        return true;
    t->good_until = 0;
    return !tls_ocsp_counts(shared) ||
           tls_ocsp_check(t->ssl, &t->verify, shared->ocsp_required,
                          &t->good_until);
}

/* The handshake is done: may we talk to whom it was done with? */
static pop3_result
finish(tls *t)
{
    if (!t->config->shared->insecure) {
        tls_verify_again(t->ssl, on_certificate, &t->verify);
        if (!t->verify.passed || !is_stapled(t)) {
            if (SSL_session_reused(t->ssl) == 1)
                forget_sessions(t); /* all have the same certificate */
            return fail_ssl(t);
        }
    }
    (void)snprintf(t->words, sizeof(t->words), "%s %s%s",
                   SSL_get_version(t->ssl), SSL_get_cipher_name(t->ssl),
                   SSL_session_reused(t->ssl) == 1 ? ", resumed" : "");
    t->up = true;
    keep_session(t);
    ERR_clear_error();
    return POP3_OK;
}

/* The name is the one that the configuration was made for. */
static pop3_result
tls_start(void *ctx, const char *server_name, int *want)
{
    tls *t = ctx;
    int returned;

    (void)server_name;
    if (t->failed != POP3_OK)
        return t->failed;
    if (t->up)
        return POP3_OK;
    ERR_clear_error();
    t->reads = READS_MAX;
    returned = SSL_do_handshake(t->ssl);
    return returned == 1 ? finish(t) : translate(t, returned, want);
}

static int
tls_fd(void *ctx)
{
    const tls *t = ctx;

    return t->inner.fd(t->inner.ctx);
}

static const char *
tls_error_text(void *ctx, int *sys)
{
    const tls *t = ctx;

    *sys = t->error.sys;
    return t->error.text;
}

static void
tls_close(void *ctx)
{
    tls *t = ctx;

    ERR_clear_error();
    /* One close_notify if there is room for it; nobody waits for an answer. */
    if (t->up && t->failed == POP3_OK)
        (void)SSL_shutdown(t->ssl);
    SSL_free(t->ssl);
    SSL_SESSION_free(t->session);
    tls_verify_clear(&t->verify);
    BIO_meth_free(t->method);
    bytes_release(&t->ahead);
    ERR_clear_error();
    if (t->inner.close != NULL)
        t->inner.close(t->inner.ctx);
    free(t);
}

/* ---- wrapping ---- */

static bool
set_up_bio(tls *t)
{
    BIO *bio;

    t->method = new_method();
    if (t->method == NULL)
        return false;
    bio = BIO_new(t->method);
    if (bio == NULL)
        return false;
    BIO_set_data(bio, t);
    BIO_set_init(bio, 1);
    SSL_set_bio(t->ssl, bio, bio);
    return true;
}

/* Only ever raises it: the system or the caller may want more. */
static bool
set_min_version(SSL *ssl, int version)
{
    return SSL_get_min_proto_version(ssl) >= version ||
           SSL_set_min_proto_version(ssl, version) == 1;
}

static bool
set_up(tls *t)
{
    const tls_config *config = t->config;

    t->ssl = SSL_new(config->shared->ctx);
    if (t->ssl == NULL || !set_up_bio(t) ||
        !set_min_version(t->ssl, config->shared->min_version))
        return false;
    SSL_set_options(t->ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_set_mode(t->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
                             SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_read_ahead(t->ssl, 0);
    SSL_set_verify(
        t->ssl, config->shared->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
        on_certificate);
    SSL_set_connect_state(t->ssl);
    if (!resume_session(t))
        return false;
    if (!config->is_address &&
        SSL_set_tlsext_host_name(t->ssl, config->name) != 1)
        return false;
    if (tls_ocsp_counts(config->shared) &&
        SSL_set_tlsext_status_type(t->ssl, TLSEXT_STATUSTYPE_ocsp) != 1)
        return false;
    t->verify.name = config->name;
    t->verify.pins = &config->shared->pins;
    return config->shared->insecure ||
           tls_verify_arm(t->ssl, config->name, config->is_address);
}

pop3_result
tls_wrap(pop3_transport *transport, const tls_config *config, net_error *error)
{
    tls *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return tls_config_nomem(error);
    t->config = config;
    t->inner = *transport;
    ERR_clear_error();
    if (!set_up(t)) {
        SSL_free(t->ssl);
        BIO_meth_free(t->method);
        free(t);
        return tls_config_nomem(error);
    }
    *transport = (pop3_transport){
        .size = sizeof(*transport),
        .ctx = t,
        .read = tls_read,
        .write = tls_write,
        .start_tls = tls_start,
        .fd = tls_fd,
        .error_text = tls_error_text,
        .close = tls_close,
        .secure = true,
    };
    return POP3_OK;
}

const char *
tls_describe(const pop3_transport *transport)
{
    const tls *t = transport->ctx;

    return transport->read == tls_read ? t->words : "";
}

/* The digest that the certificate was signed with; SHA-256 in the place of
 * the weak ones (RFC 5929 §4.1). */
static bool
hash_certificate(SSL *ssl, unsigned char *out, unsigned *len)
{
    X509 *cert = SSL_get0_peer_certificate(ssl);
    const EVP_MD *digest = NULL;
    int nid = NID_undef;

    if (cert == NULL ||
        X509_get_signature_info(cert, &nid, NULL, NULL, NULL) != 1)
        return false;
    digest = nid == NID_md5 || nid == NID_sha1 ? EVP_sha256()
                                               : EVP_get_digestbynid(nid);
    return digest != NULL && X509_digest(cert, digest, out, len) == 1;
}

const char *
tls_binding(const pop3_transport *transport, char *out, size_t size,
            size_t *len)
{
    static const char LABEL[] = "EXPORTER-Channel-Binding";
    const tls *t = transport->ctx;
    unsigned hashed = 0;
    const char *name = NULL;

    if (transport->read != tls_read || !t->up || size < EVP_MAX_MD_SIZE)
        return NULL;
    if (SSL_version(t->ssl) >= TLS1_3_VERSION) {
        *len = 32;
        if (SSL_export_keying_material(t->ssl, (unsigned char *)out, *len,
                                       LABEL, sizeof(LABEL) - 1,
                                       (const unsigned char *)"", 0, 1) == 1)
            name = "tls-exporter";
    } else if (hash_certificate(t->ssl, (unsigned char *)out, &hashed)) {
        *len = hashed;
        name = "tls-server-end-point";
    }
    ERR_clear_error();
    return name;
}
