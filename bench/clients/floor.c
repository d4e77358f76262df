/* SPDX-License-Identifier: MIT */
/*
 * floor - what the kernel, and OpenSSL, cost a client that looks at nothing:
 *
 *     floor PORT CA-FILE|- retr COUNT     RETR 1 to COUNT
 *     floor PORT CA-FILE|- list 0         LIST and UIDL
 *     floor PORT CA-FILE|- session COUNT  UIDL, LIST, RETR and DELE of all
 *
 * All commands are sent at once, with the login and QUIT; then a loop of
 * recv() or SSL_read() into 64 KiB until the end. Prints the octets.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

enum {
    BUFFER = 64 << 10
};

typedef struct stream {
    int fd;
    SSL *ssl;
} stream;

static char buffer[BUFFER];

static ssize_t
take(stream *l)
{
    if (l->ssl != NULL)
        return SSL_read(l->ssl, buffer, sizeof(buffer));
    return recv(l->fd, buffer, sizeof(buffer), 0);
}

static bool
give(stream *l, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = l->ssl != NULL ? SSL_write(l->ssl, data, (int)len)
                                      : send(l->fd, data, len, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        data += sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool
connect_to(stream *l, const char *port)
{
    unsigned long number = strtoul(port, NULL, 10);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)number),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return l->fd != -1 &&
           connect(l->fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static bool
start_tls(stream *l, const char *ca_file)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    if (ctx == NULL || SSL_CTX_load_verify_locations(ctx, ca_file, NULL) != 1)
        return false;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    l->ssl = SSL_new(ctx);
    return l->ssl != NULL && SSL_set1_host(l->ssl, "localhost") == 1 &&
           SSL_set_fd(l->ssl, l->fd) == 1 && SSL_connect(l->ssl) == 1;
}

static void
each(FILE *out, const char *verb, unsigned long count)
{
    for (unsigned long n = 1; n <= count; n++)
        fprintf(out, "%s %lu\r\n", verb, n);
}

/* All commands in one run of octets. */
static char *
commands(const char *what, unsigned long count, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);

    if (out == NULL)
        return NULL;
    (void)fputs("USER a\r\nPASS secret\r\n", out);
    if (strcmp(what, "retr") != 0)
        (void)fputs("UIDL\r\nLIST\r\n", out);
    each(out, "RETR", count);
    if (strcmp(what, "session") == 0)
        each(out, "DELE", count);
    (void)fputs("QUIT\r\n", out);
    return fclose(out) == 0 ? text : NULL;
}

int
main(int argc, char **argv)
{
    stream l = {.fd = -1};
    unsigned long long octets = 0;
    size_t len = 0;
    ssize_t got;
    char *text;

    if (argc != 5)
        return 64;
    text = commands(argv[3], strtoul(argv[4], NULL, 10), &len);
    if (text == NULL || !connect_to(&l, argv[1]) ||
        (strcmp(argv[2], "-") != 0 && !start_tls(&l, argv[2])) ||
        take(&l) <= 0 || !give(&l, text, len))
        return 1;
    while ((got = take(&l)) > 0)
        octets += (unsigned long long)got;
    printf("%llu\n", octets);
    free(text);
    return 0;
}
