/* SPDX-License-Identifier: MIT */
/*
 * doctor_tls - what a server shows in its TLS handshake, whatever that is
 * worth.
 *
 * The session looks at a certificate and refuses it; this one describes it, so
 * that a person sees what is wrong with it. For that it takes any certificate,
 * any key and any version, on a connection of its own that carries no more
 * than a greeting and STLS, and is closed when the handshake is done.
 *
 * It has one deadline for all of it, and takes a line of 4,096 octets at most.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/base64.h"
#include "base/text.h"
#include "cli/doctor.h"
#include "cli/report.h"
#include "net/clock.h"
#include "net/resolve.h"
#include "net/tls_pins.h"

#include "base/banned.h"

typedef struct look {
    doctor *d;
    int fd; /* does not block */
    int64_t end;
    char line[4097];
} look;

static bool
wait_for(const look *l, short events)
{
    struct pollfd p = {.fd = l->fd, .events = events};
    int64_t left = l->end - clock_ms();

    return left > 0 && poll(&p, 1, (int)left) == 1;
}

/* ---- in clear ---- */

/* One line without its end, octet by octet, so that what follows it stays in
 * the socket. False: it did not come. */
static bool
read_line(look *l)
{
    size_t len = 0;

    while (len + 1 < sizeof(l->line)) {
        ssize_t n = read(l->fd, l->line + len, 1);

        if (n == 1 && l->line[len] == '\n') {
            l->line[len] = '\0';
            if (len > 0 && l->line[len - 1] == '\r')
                l->line[len - 1] = '\0';
            return true;
        }
        if (n == 1)
            len++;
        else if (n == 0 || errno != EAGAIN || !wait_for(l, POLLIN))
            return false;
    }
    return false;
}

static bool
start_tls(look *l)
{
    static const char command[] = "STLS\r\n";
    doctor_step *step = doctor_begin(l->d, "greeting before STLS");

    if (!read_line(l)) {
        doctor_end(step, false, "none came");
        return false;
    }
    doctor_end(step, strncmp(l->line, "+OK", 3) == 0, "%s",
               printable(l->line));
    step = doctor_begin(l->d, "STLS");
    if (write(l->fd, command, strlen(command)) != (ssize_t)strlen(command) ||
        !read_line(l)) {
        doctor_end(step, false, "no answer");
        return false;
    }
    doctor_end(step, strncmp(l->line, "+OK", 3) == 0, "%s",
               printable(l->line));
    return step->good;
}

/* ---- the certificate ---- */

static void
take_name(const X509_NAME *name, char *out, size_t size)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long len = 0;

    if (bio != NULL && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
        len = BIO_get_mem_data(bio, &text);
    (void)snprintf(
        out, size, "%.250s",
        printable_span((pop3_span){text, len < 0 ? 0 : (size_t)len}));
    BIO_free(bio);
}

static void
add_name(text_builder *t, const GENERAL_NAME *name)
{
    size_t budget = 100;
    int kind;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &kind);
    const unsigned char *data;
    char address[64];

    if (kind != GEN_DNS &&
        (kind != GEN_IPADD ||
         (ASN1_STRING_length(value) != 4 && ASN1_STRING_length(value) != 16)))
        return;
    data = ASN1_STRING_get0_data(value);
    if (t->len > 0)
        text_add(t, ", ");
    if (kind == GEN_DNS) {
        text_add_printable(t, (const char *)data,
                           (size_t)ASN1_STRING_length(value), &budget);
    } else if (inet_ntop(ASN1_STRING_length(value) == 4 ? AF_INET : AF_INET6,
                         data, address, sizeof(address)) != NULL) {
        text_add(t, address);
    }
}

static void
take_names(X509 *cert, doctor_cert *out)
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    text_builder t = text_start(out->names, sizeof(out->names));
    int i;

    for (i = 0; i < sk_GENERAL_NAME_num(names); i++)
        add_name(&t, sk_GENERAL_NAME_value(names, i));
    GENERAL_NAMES_free(names);
}

static void
take_time(const ASN1_TIME *at, char *out, size_t size)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(at, &tm) != 1 ||
        strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        out[0] = '\0';
}

/* Of the whole SubjectPublicKeyInfo, as RFC 7469 §2.4 has it. */
static void
take_key_pin(X509 *cert, doctor_cert *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned char *key = NULL;
    unsigned digest_len = 0;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &key);

    if (len > 0 && EVP_Digest(key, (size_t)len, digest, &digest_len,
                              EVP_sha256(), NULL) == 1) {
        char *at = out->key_pin;

        (void)snprintf(at, sizeof(out->key_pin), "spki-sha256:");
        base64_encode(digest, digest_len, at + strlen(at));
    }
    OPENSSL_free(key);
}

static void
take_cert(X509 *cert, doctor_cert *out)
{
    text_builder pin = text_start(out->pin, sizeof(out->pin));
    int days = 0;
    int seconds = 0;

    out->seen = true;
    take_name(X509_get_subject_name(cert), out->subject, sizeof(out->subject));
    take_name(X509_get_issuer_name(cert), out->issuer, sizeof(out->issuer));
    take_names(cert, out);
    take_time(X509_get0_notBefore(cert), out->from, sizeof(out->from));
    take_time(X509_get0_notAfter(cert), out->until, sizeof(out->until));
    if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)) == 1)
        out->days_left = seconds < 0 ? days - 1 : days;
    out->self_signed = X509_self_signed(cert, 1) == 1;
    tls_pins_show(&pin, cert);
    take_key_pin(cert, out);
}

/* ---- the handshake ---- */

static const char *
last_reason(void)
{
    const char *why = ERR_reason_error_string(ERR_peek_error());

    return why == NULL ? "the connection ended" : why;
}

static bool
shake_hands(look *l, SSL *ssl)
{
    for (;;) {
        int returned = SSL_connect(ssl);

        if (returned == 1)
            return true;
        switch (SSL_get_error(ssl, returned)) {
        case SSL_ERROR_WANT_READ:
            if (wait_for(l, POLLIN))
                continue;
            return false;
        case SSL_ERROR_WANT_WRITE:
            if (wait_for(l, POLLOUT))
                continue;
            return false;
        default:
            return false;
        }
    }
}

static void
describe(look *l, SSL *ssl, doctor_step *step)
{
    doctor_cert *out = &l->d->cert;
    X509 *cert = SSL_get1_peer_certificate(ssl);

    (void)snprintf(out->tls, sizeof(out->tls), "%s %s", SSL_get_version(ssl),
                   SSL_get_cipher_name(ssl));
    if (cert != NULL)
        take_cert(cert, out);
    X509_free(cert);
    doctor_end(step, true, "%s", out->tls);
}

static void
handshake(look *l, SSL_CTX *ctx)
{
    const options *opt = l->d->opt;
    const char *name = opt->server_name != NULL     ? opt->server_name
                       : l->d->s.checked[0] != '\0' ? l->d->s.checked
                                                    : l->d->s.where.host;
    doctor_step *step = doctor_begin(l->d, "TLS handshake");
    SSL *ssl = SSL_new(ctx);
    bool good = ssl != NULL && SSL_set_fd(ssl, l->fd) == 1;

    if (good && !resolve_is_address(name))
        good = SSL_set_tlsext_host_name(ssl, name) == 1;
    ERR_clear_error();
    if (good && shake_hands(l, ssl))
        describe(l, ssl, step);
    else
        doctor_end(step, false, "%s", last_reason());
    ERR_clear_error();
    SSL_free(ssl);
}

static SSL_CTX *
make_context(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    if (ctx == NULL)
        return NULL;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_security_level(ctx, 0);
    (void)SSL_CTX_set_min_proto_version(ctx, 0);
    return ctx;
}

static bool
is_stls(const doctor *d)
{
    return d->opt->tls == TLS_STLS ||
           (d->opt->tls == TLS_BY_URL && d->s.where.scheme == URL_POP);
}

void
doctor_tls(doctor *d, int fd)
{
    look l = {.d = d,
              .fd = fd,
              .end = clock_ms() + (int64_t)d->opt->connect_timeout_ms};
    SSL_CTX *ctx = fd == -1 ? NULL : make_context();

    if (fd != -1 && d->opt->tls == TLS_NONE)
        doctor_skip(d, "TLS", "--tls none: it is not used");
    else if (ctx != NULL && (!is_stls(d) || start_tls(&l)))
        handshake(&l, ctx);
    SSL_CTX_free(ctx);
    if (fd != -1)
        (void)close(fd);
}
