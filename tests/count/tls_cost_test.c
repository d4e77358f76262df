/* SPDX-License-Identifier: MIT */
/*
 * tls_cost_test - what TLS adds to a session: calls of the transport, each of
 * them a system call of a real one, and memory, the library's and OpenSSL's.
 *
 * The server is OpenSSL in this process, over memory, so that nothing depends
 * on time. What it allocates is told apart from what the client does by who
 * is at work.
 */
#include <pop3.h>
#include <pop3/tls.h>
#include <pop3/transport.h>

#include <stddef.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include "alloc.h"
#include "bench/server/certificate.h"
#include "client/client_impl.h"
#include "net/tls.h"
#include "test.h"

enum {
    MESSAGE = 8 << 20, /* octets */
    RESTING = 50,      /* sessions */
    /* Limits. The docs say what a session costs: include/pop3/tls.h. */
    READS = 66,        /* eight records each */
    WRITES = 1,        /* for a command */
    ALLOCATIONS = 610, /* of OpenSSL, for the whole message */
    FLOWING_MAX = 244 << 10,
    RESTING_MAX = 24 << 10
};

/* ---- OpenSSL's memory ---- */

static struct {
    bool server_works;
    size_t octets; /* of the client */
    size_t peak;
    unsigned long count;
} openssl;

typedef struct block {
    size_t counted; /* octets, if they are the client's */
    max_align_t data[];
} block;

static void
account(size_t less, size_t more)
{
    openssl.octets += more - less;
    if (openssl.octets + alloc_octets() > openssl.peak)
        openssl.peak = openssl.octets + alloc_octets();
}

static void *
take_memory(size_t size, const char *file, int line)
{
    block *b = test_alloc(sizeof(*b) + size);

    (void)file;
    (void)line;
    if (!openssl.server_works) {
        b->counted = size;
        openssl.count++;
        account(0, size);
    }
    return b->data;
}

static block *
block_of(void *ptr)
{
    return (block *)(void *)((char *)ptr - offsetof(block, data));
}

static void
give_memory(void *ptr, const char *file, int line)
{
    (void)file;
    (void)line;
    if (ptr == NULL)
        return;
    account(block_of(ptr)->counted, 0);
    test_free(block_of(ptr));
}

static void *
change_memory(void *ptr, size_t size, const char *file, int line)
{
    block *b;

    if (ptr == NULL)
        return take_memory(size, file, line);
    b = test_realloc(block_of(ptr), sizeof(*b) + size);
    if (b->counted > 0) {
        account(b->counted, size);
        b->counted = size;
    }
    return b->data;
}

/* ---- the server ---- */

typedef struct server {
    SSL *ssl;
    BIO *in, *out; /* of what is encrypted */
    bool greeted;
    unsigned long reads, writes; /* of the client */
} server;

static SSL_CTX *server_ctx;
static char ca_file[] = "/tmp/tls_cost_test.XXXXXX";
static char *message;

static void
need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "FAIL: %s\n", what);
    exit(1);
}

static void
say(server *s, const char *text, size_t len)
{
    need(SSL_write(s->ssl, text, (int)len) == (int)len, "the server's write");
}

static void
obey(server *s, const char *line)
{
    static const char capa[] = "+OK\r\nPIPELINING\r\n.\r\n";

    if (strncmp(line, "RETR", 4) == 0)
        say(s, message, MESSAGE);
    else if (strncmp(line, "CAPA", 4) == 0)
        say(s, capa, strlen(capa));
    else
        say(s, "+OK\r\n", 5);
}

/* A client sends one line and waits. */
static void
serve(server *s)
{
    char line[300];
    int got;

    if (!s->greeted && SSL_do_handshake(s->ssl) != 1)
        return;
    if (!s->greeted)
        say(s, "+OK\r\n", 5);
    s->greeted = true;
    while ((got = SSL_read(s->ssl, line, sizeof(line) - 1)) > 0) {
        line[got] = '\0';
        obey(s, line);
    }
}

static pop3_result
server_read(void *ctx, void *buf, size_t len, size_t *got, int *want)
{
    server *s = ctx;
    int n;

    openssl.server_works = true;
    s->reads++;
    n = BIO_read(s->out, buf, (int)len);
    openssl.server_works = false;
    *want = POP3_POLL_IN;
    *got = n > 0 ? (size_t)n : 0;
    return n > 0 ? POP3_OK : POP3_ERR_AGAIN;
}

static pop3_result
server_write(void *ctx, const void *data, size_t len, size_t *sent, int *want)
{
    server *s = ctx;

    (void)want;
    openssl.server_works = true;
    s->writes++;
    need(BIO_write(s->in, data, (int)len) == (int)len, "memory");
    serve(s);
    openssl.server_works = false;
    *sent = len;
    return POP3_OK;
}

static int
no_fd(void *ctx)
{
    (void)ctx;
    return -1;
}

static void
make_message(void)
{
    size_t i;

    message = test_alloc(MESSAGE);
    memset(message, 'x', MESSAGE);
    memcpy(message, "+OK\r\n", 5);
    for (i = 80; i < MESSAGE - 80; i += 80)
        memcpy(message + i, "\r\n", 2);
    memcpy(message + MESSAGE - 5, "\r\n.\r\n", 5);
}

static void
start_server(void)
{
    int fd = mkstemp(ca_file);

    openssl.server_works = true;
    server_ctx = SSL_CTX_new(TLS_server_method());
    need(fd != -1 && server_ctx != NULL &&
             certificate_make(server_ctx, ca_file),
         "a certificate");
    close(fd);
    make_message();
    openssl.server_works = false;
}

/* ---- the client ---- */

typedef struct session {
    server server;
    tls_config *config;
    pop3_transport transport;
    pop3_client *client;
} session;

static void
open_session(session *s, pop3_tls *shared)
{
    pop3_tls_options tls = {.shared = shared};
    pop3_options options = POP3_OPTIONS_INIT;
    net_error error = {0};
    pop3_result result;
    int want = 0;

    openssl.server_works = true;
    s->server.ssl = SSL_new(server_ctx);
    s->server.in = BIO_new(BIO_s_mem());
    s->server.out = BIO_new(BIO_s_mem());
    SSL_set_bio(s->server.ssl, s->server.in, s->server.out);
    SSL_set_accept_state(s->server.ssl);
    openssl.server_works = false;
    s->transport = (pop3_transport)POP3_TRANSPORT_INIT;
    s->transport.ctx = &s->server;
    s->transport.read = server_read;
    s->transport.write = server_write;
    s->transport.fd = no_fd;
    need(tls_config_new(&s->config, &tls, "localhost", "995", &error) ==
                 POP3_OK &&
             tls_wrap(&s->transport, s->config, &error) == POP3_OK,
         error.text);
    do
        result = s->transport.start_tls(s->transport.ctx, "localhost", &want);
    while (result == POP3_ERR_AGAIN);
    CHECK_INT(result, POP3_OK);
    options.host = "localhost";
    options.transport = &s->transport;
    options.core.any_state = true;
    CHECK_INT(pop3_client_open(&s->client, &options), POP3_OK);
    CHECK_INT(pop3_client_noop(s->client), POP3_OK);
}

/* Looks for more, as a program that waits does: there is nothing. */
static void
rest(session *s)
{
    pop3_event event;

    CHECK_INT(pop3_conn_step(s->client->conn, &event), POP3_ERR_AGAIN);
}

static void
close_session(session *s)
{
    pop3_client_close(s->client);
    tls_config_free(s->config);
    openssl.server_works = true;
    SSL_free(s->server.ssl);
    openssl.server_works = false;
}

static pop3_tls *
shared_settings(void)
{
    pop3_tls_options options = {.ca_file = ca_file};
    pop3_tls *shared = NULL;

    CHECK_INT(pop3_tls_new(&shared, &options), POP3_OK);
    return shared;
}

static pop3_result
take(void *ctx, pop3_span part)
{
    *(size_t *)ctx += part.len;
    return POP3_OK;
}

static size_t
octets_now(void)
{
    return alloc_octets() + openssl.octets;
}

/* Octets that flow: calls, allocations and memory beside that at rest. */
static void
test_flow(pop3_tls *shared)
{
    session s = {0};
    size_t taken = 0;
    size_t before;
    size_t flow;

    open_session(&s, shared);
    rest(&s);
    before = octets_now();
    openssl.peak = 0;
    openssl.count = s.server.reads = s.server.writes = 0;
    CHECK_INT(pop3_client_retr(s.client, 1, take, &taken), POP3_OK);
    CHECK_INT(taken, MESSAGE - 5 - 3);
    flow = openssl.peak - before;
    printf("%lu reads, %lu writes, %lu allocations of OpenSSL for %d MiB; "
           "%zu KiB while it flows\n",
           s.server.reads, s.server.writes, openssl.count, MESSAGE >> 20,
           flow >> 10);
    CHECK(s.server.reads <= READS);
    CHECK_INT(s.server.writes, WRITES);
    CHECK(openssl.count <= ALLOCATIONS);
    CHECK(flow <= FLOWING_MAX);
    close_session(&s);
}

/* Sessions that rest. */
static void
test_rest(pop3_tls *shared)
{
    static session s[RESTING];
    size_t before = octets_now();
    size_t each;

    for (int i = 0; i < RESTING; i++) {
        open_session(&s[i], shared);
        rest(&s[i]);
    }
    each = (octets_now() - before) / RESTING;
    printf("%zu octets for a session that rests\n", each);
    CHECK(each > 4096); /* else nothing was counted */
    CHECK(each <= RESTING_MAX);
    for (int i = 0; i < RESTING; i++)
        close_session(&s[i]);
}

int
main(void)
{
    pop3_tls *shared;

    need(CRYPTO_set_mem_functions(take_memory, change_memory, give_memory) ==
             1,
         "OpenSSL has allocated before");
    alloc_arm(0);
    start_server();
    shared = shared_settings();
    test_flow(shared);
    test_rest(shared);
    pop3_tls_free(shared);
    openssl.server_works = true;
    SSL_CTX_free(server_ctx);
    (void)unlink(ca_file);
    test_free(message);
    return test_summary();
}
