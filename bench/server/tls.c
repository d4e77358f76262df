/* SPDX-License-Identifier: MIT */
#include "tls.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "certificate.h"
#include "memory.h"

enum {
    BATCH = 256 << 10, /* octets that become records at once */
    VECTORS = 32
};

static void
fail(const char *what)
{
    fprintf(stderr, "pop3-bench-server: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static void
read_files(SSL_CTX *ctx, const server_options *o)
{
    if (SSL_CTX_use_certificate_chain_file(ctx, o->cert_file) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, o->key_file, SSL_FILETYPE_PEM) != 1)
        fail("cannot use this certificate");
}

SSL_CTX *
tls_context(const server_options *options)
{
    SSL_CTX *ctx;

    if (options->ca_file == NULL && options->cert_file == NULL)
        return NULL;
    ctx = need(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
                              SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    if (options->cert_file != NULL)
        read_files(ctx, options);
    else if (!certificate_make(ctx, options->ca_file))
        fail("cannot make a certificate");
    return ctx;
}

void
tls_init(tls_stream *t, SSL_CTX *ctx)
{
    *t = (tls_stream){.ssl = need(SSL_new(ctx)),
                      .in = need(BIO_new(BIO_s_mem())),
                      .out = need(BIO_new(BIO_s_mem()))};
    SSL_set_bio(t->ssl, t->in, t->out);
    SSL_set_accept_state(t->ssl);
}

void
tls_clear(tls_stream *t)
{
    SSL_free(t->ssl);
    *t = (tls_stream){0};
}

void
tls_put(tls_stream *t, const void *data, size_t len)
{
    (void)BIO_write(t->in, data, (int)len);
}

bool
tls_handshake(tls_stream *t, bool *up)
{
    int result;

    ERR_clear_error();
    result = SSL_do_handshake(t->ssl);
    *up = result == 1;
    return *up || SSL_get_error(t->ssl, result) == SSL_ERROR_WANT_READ;
}

int
tls_take(tls_stream *t, char *data, int room)
{
    int got;

    ERR_clear_error();
    got = SSL_read(t->ssl, data, room);
    if (got > 0)
        return got;
    return SSL_get_error(t->ssl, got) == SSL_ERROR_WANT_READ ? 0 : -1;
}

static size_t
encrypt(tls_stream *t, pieces *queue)
{
    struct iovec vectors[VECTORS];
    size_t count = pieces_peek(queue, vectors, VECTORS, BATCH);
    size_t all = 0;

    for (size_t i = 0; i < count; i++) {
        size_t at = 0;

        while (at < vectors[i].iov_len) {
            int done = SSL_write(t->ssl, (char *)vectors[i].iov_base + at,
                                 (int)(vectors[i].iov_len - at));

            if (done <= 0)
                return all;
            at += (size_t)done;
            all += (size_t)done;
            pieces_sent(queue, (size_t)done);
        }
    }
    return all;
}

const char *
tls_records(tls_stream *t, pieces *queue, size_t *len, size_t *octets)
{
    char *data;
    size_t there = (size_t)BIO_get_mem_data(t->out, &data);

    *octets = 0;
    if (there == t->sent && !pieces_empty(queue)) {
        (void)BIO_reset(t->out);
        t->sent = 0;
        *octets = encrypt(t, queue);
        there = (size_t)BIO_get_mem_data(t->out, &data);
    }
    *len = there - t->sent;
    return data + t->sent;
}

void
tls_records_sent(tls_stream *t, size_t len)
{
    t->sent += len;
}
