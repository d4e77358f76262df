/* SPDX-License-Identifier: MIT */
/*
 * tls_lab - certificates, a server that obeys a script, and a client.
 *
 * The server is blocking OpenSSL in a thread of its own, at security level 0
 * so that it can show the bad certificates that the client has to refuse.
 */
#include "tls_lab.h"

#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>

#include "net/tcp.h"
#include "staple.h"
#include "support.h"

static char lab_dir[] = "/tmp/libpop3-tls-XXXXXX";
static pid_t lab_owner; /* 0: there is no directory */

/* ---- certificates ---- */

static int
remove_entry(const char *path, const struct stat *st, int type,
             struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void
lab_close(void)
{
    if (lab_owner == 0 || lab_owner != getpid())
        return;
    lab_owner = 0;
    (void)nftw(lab_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static bool
run_certs(const char *script)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        if (freopen("/dev/null", "w", stdout) != NULL)
            execlp("python3", "python3", "-B", script, lab_dir, "all",
                   (char *)NULL);
        _exit(127);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

void
lab_system_trusts(const char *file)
{
    if (setenv("SSL_CERT_FILE", file, 1) != 0 ||
        setenv("SSL_CERT_DIR", lab_path("nowhere"), 1) != 0) {
        perror("SSL_CERT_FILE");
        exit(1);
    }
}

bool
lab_open(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s certs.py\n", argv[0]);
        return false;
    }
    if (mkdtemp(lab_dir) == NULL) {
        perror(lab_dir);
        return false;
    }
    lab_owner = getpid();
    atexit(lab_close);
    lab_system_trusts("/dev/null");
    if (!run_certs(argv[1])) {
        fprintf(stderr, "%s could not make certificates\n", argv[1]);
        return false;
    }
    return true;
}

const char *
lab_path(const char *name)
{
    static char paths[64][128];
    static unsigned next;
    char *path = paths[next++ % 64];

    snprintf(path, sizeof(paths[0]), "%s/%s", lab_dir, name);
    return path;
}

/* ---- the server ---- */

struct peer {
    peer_options options;
    SSL_CTX *ctx;
    int listener;
    uint16_t port;
    pthread_t thread;
    bool running;
    char sni[256];
    bool client_cert;
    bool close_notify;
    size_t received;
    int resumed;
    bool asked; /* for a staple */
    int go[2];  /* PEER_COUNT waits for an octet here */
};

static void
need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "tls_lab: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

/* Called where the client asks for a staple. */
static int
give_staple(SSL *ssl, void *ctx)
{
    peer *p = ctx;
    unsigned char *der;
    size_t len = 0;

    p->asked = true;
    if (p->options.staple == NULL)
        return SSL_TLSEXT_ERR_NOACK;
    der = staple_make(p->options.staple, p->options.kind, &len);
    need(SSL_set_tlsext_status_ocsp_resp(ssl, der, (long)len) == 1, "staple");
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *
new_server_ctx(const peer_options *o)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    char name[64];

    need(ctx != NULL, "SSL_CTX_new");
    SSL_CTX_set_security_level(ctx, 0);
    need(SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) == 1, "version");
    need(SSL_CTX_set_max_proto_version(ctx, o->max_version) == 1, "version");
    need(SSL_CTX_set_cipher_list(ctx, o->ciphers != NULL ? o->ciphers
                                                         : "ALL:!aNULL") == 1,
         "ciphers");
    /* With the first, servers of TLS 1.2 can use a key on that curve. */
    need(SSL_CTX_set1_groups_list(ctx, "P-224:X25519:P-256") == 1, "groups");
    if (o->kind != NULL) {
        snprintf(name, sizeof(name), "%s.pem", o->kind);
        need(SSL_CTX_use_certificate_chain_file(ctx, lab_path(name)) == 1,
             name);
        snprintf(name, sizeof(name), "%s.key", o->kind);
        need(SSL_CTX_use_PrivateKey_file(ctx, lab_path(name),
                                         SSL_FILETYPE_PEM) == 1,
             name);
    }
    if (o->tickets > 0)
        need(SSL_CTX_set_num_tickets(ctx, (size_t)o->tickets) == 1, "tickets");
    if (o->want_client_cert) {
        need(SSL_CTX_load_verify_file(ctx, lab_path("ca-root.pem")) == 1,
             "root");
        SSL_CTX_set_verify(
            ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return ctx;
}

static void
reset(int fd)
{
    const struct linger now = {1, 0};

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* Echoes, or only counts, until the client ends it. */
static void
echo(peer *p, SSL *ssl)
{
    char buf[16384];
    int n;

    while ((n = SSL_read(ssl, buf, sizeof(buf))) > 0) {
        p->received += (size_t)n;
        if (p->options.script == PEER_GREET)
            (void)SSL_write(ssl, buf, n);
    }
    p->close_notify = SSL_get_error(ssl, n) == SSL_ERROR_ZERO_RETURN;
}

static void
flood(const peer *p, SSL *ssl)
{
    char buf[16384];
    size_t left = p->options.amount;

    for (size_t i = 0; i < sizeof(buf); i++)
        buf[i] = (char)(i % 251);
    while (left > 0) {
        size_t n = left < sizeof(buf) ? left : sizeof(buf);

        if (SSL_write(ssl, buf, (int)n) <= 0)
            return;
        left -= n;
    }
    (void)SSL_shutdown(ssl);
}

static void
talk_tls(peer *p, SSL *ssl, int fd)
{
    const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    snprintf(p->sni, sizeof(p->sni), "%s", sni == NULL ? "" : sni);
    p->client_cert = SSL_get0_peer_certificate(ssl) != NULL;
    if (p->options.script == PEER_FLOOD) {
        flood(p, ssl);
        return;
    }
    if (p->options.script == PEER_RESET) {
        reset(fd);
        return;
    }
    if (p->options.script != PEER_COUNT)
        (void)SSL_write(ssl, "hello\n", 6);
    if (p->options.script == PEER_NOTIFY)
        (void)SSL_shutdown(ssl);
    if (p->options.script == PEER_COUNT)
        (void)wait_for(p->go[0], POP3_POLL_IN, PATIENCE_MS);
    if (p->options.script == PEER_GREET || p->options.script == PEER_COUNT)
        echo(p, ssl);
}

static void
swallow(peer *p, int fd, bool once)
{
    char buf[4096];
    ssize_t n;

    while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
        p->received += (size_t)n;
        if (once)
            return;
    }
}

static void
talk(peer *p, int fd)
{
    SSL *ssl;

    switch (p->options.script) {
    case PEER_CLEAR:
        (void)send(fd, "+OK ready\r\n", 11, MSG_NOSIGNAL);
        swallow(p, fd, false);
        return;
    case PEER_CLOSE_EARLY:
        swallow(p, fd, true);
        return;
    case PEER_RESET_EARLY:
        swallow(p, fd, true);
        reset(fd);
        return;
    case PEER_GREET:
    case PEER_NOTIFY:
    case PEER_ABRUPT:
    case PEER_RESET:
    case PEER_FLOOD:
    case PEER_COUNT:
        break;
    }
    ssl = SSL_new(p->ctx);
    need(ssl != NULL && SSL_set_fd(ssl, fd) == 1, "SSL_new");
    if (SSL_accept(ssl) == 1) {
        p->resumed += SSL_session_reused(ssl);
        talk_tls(p, ssl, fd);
    }
    SSL_free(ssl);
}

static void *
serve(void *ctx)
{
    peer *p = ctx;
    int fd;
    sigset_t pipe_signal;

    /* OpenSSL writes with write(2). */
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
    for (int i = 0; i == 0 || i < p->options.connections; i++) {
        fd = accept(p->listener, NULL, NULL);
        if (fd < 0)
            break;
        talk(p, fd);
        close(fd);
    }
    ERR_clear_error();
    return NULL;
}

peer *
peer_start(const peer_options *options)
{
    peer *p = calloc(1, sizeof(*p));

    need(p != NULL, "memory");
    p->options = *options;
    p->ctx = new_server_ctx(options);
    SSL_CTX_set_tlsext_status_cb(p->ctx, give_staple);
    SSL_CTX_set_tlsext_status_arg(p->ctx, p);
    p->listener = listen_on("127.0.0.1", &p->port, 1);
    need(p->listener >= 0 && pipe(p->go) == 0, "listen");
    need(pthread_create(&p->thread, NULL, serve, p) == 0, "thread");
    p->running = true;
    return p;
}

uint16_t
peer_port(const peer *p)
{
    return p->port;
}

void
peer_go(peer *p)
{
    need(write(p->go[1], "", 1) == 1, "write");
}

void
peer_wait(peer *p)
{
    if (!p->running)
        return;
    p->running = false;
    /* Ends an accept() to which nobody came. */
    shutdown(p->listener, SHUT_RDWR);
    pthread_join(p->thread, NULL);
}

const char *
peer_sni(const peer *p)
{
    return p->sni;
}

bool
peer_saw_client_cert(const peer *p)
{
    return p->client_cert;
}

bool
peer_saw_close_notify(const peer *p)
{
    return p->close_notify;
}

size_t
peer_received(const peer *p)
{
    return p->received;
}

void
peer_free(peer *p)
{
    peer_wait(p);
    close(p->listener);
    close(p->go[0]);
    close(p->go[1]);
    SSL_CTX_free(p->ctx);
    free(p);
}

int
peer_resumed(const peer *p)
{
    return p->resumed;
}

bool
peer_was_asked(const peer *p)
{
    return p->asked;
}

/* ---- the client ---- */

const char *client_port = "995";

bool
queue_is_empty(void)
{
    return ERR_peek_error() == 0;
}

pop3_transport
peer_connect(const peer *p)
{
    pop3_transport t = POP3_TRANSPORT_INIT;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(p->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    need(fd >= 0 &&
             connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0,
         "connect");
    set_nonblocking(fd);
    need(tcp_transport(&t, fd) == POP3_OK, "tcp_transport");
    return t;
}

static void
take_error(client *c)
{
    int sys = 0;
    const char *text = c->transport.error_text(c->transport.ctx, &sys);

    net_error_set(&c->error, sys, "%s", text);
}

static pop3_result
handshake(client *c)
{
    int want = 0;

    for (;;) {
        pop3_result result =
            c->transport.start_tls(c->transport.ctx, "ignored", &want);

        c->steps++;
        need(queue_is_empty(), "start_tls left errors in the queue");
        if (result != POP3_ERR_AGAIN)
            return result;
        need(want == POP3_POLL_IN || want == POP3_POLL_OUT, "want");
        if (!wait_for(c->transport.fd(c->transport.ctx), want, PATIENCE_MS))
            return POP3_ERR_TIMEOUT;
    }
}

client
client_open(const peer *p, const pop3_tls_options *options, const char *host)
{
    client c = {.result = POP3_OK};

    c.result = tls_config_new(&c.config, options, host, client_port, &c.error);
    need(queue_is_empty(), "tls_config_new left errors in the queue");
    if (c.result != POP3_OK)
        return c;
    c.transport = peer_connect(p);
    c.result = tls_wrap(&c.transport, c.config, &c.error);
    if (c.result == POP3_OK) {
        c.result = handshake(&c);
        if (c.result != POP3_OK)
            take_error(&c);
    }
    if (c.result != POP3_OK) {
        c.transport.close(c.transport.ctx);
        c.transport = (pop3_transport)POP3_TRANSPORT_INIT;
    }
    return c;
}

pop3_result
client_read(client *c, char *buf, size_t len)
{
    size_t at = 0;

    while (at < len) {
        size_t n = 0;
        int want = 0;
        pop3_result result =
            c->transport.read(c->transport.ctx, buf + at, len - at, &n, &want);

        need(queue_is_empty(), "read left errors in the queue");
        if (result == POP3_OK) {
            need(n > 0 && n <= len - at, "read moved nothing");
            at += n;
            continue;
        }
        if (result != POP3_ERR_AGAIN) {
            take_error(c);
            return result;
        }
        if (!wait_for(c->transport.fd(c->transport.ctx), want, PATIENCE_MS))
            return POP3_ERR_TIMEOUT;
    }
    return POP3_OK;
}

pop3_result
client_write(client *c, const char *data, size_t len)
{
    size_t at = 0;

    while (at < len) {
        size_t n = 0;
        int want = 0;
        pop3_result result = c->transport.write(c->transport.ctx, data + at,
                                                len - at, &n, &want);

        need(queue_is_empty(), "write left errors in the queue");
        if (result == POP3_OK) {
            need(n > 0 && n <= len - at, "write moved nothing");
            at += n;
            continue;
        }
        if (result != POP3_ERR_AGAIN) {
            take_error(c);
            return result;
        }
        if (!wait_for(c->transport.fd(c->transport.ctx), want, PATIENCE_MS))
            return POP3_ERR_TIMEOUT;
    }
    return POP3_OK;
}

void
client_close(client *c)
{
    if (c->transport.close != NULL)
        c->transport.close(c->transport.ctx);
    tls_config_free(c->config);
    need(queue_is_empty(), "closing left errors in the queue");
}
