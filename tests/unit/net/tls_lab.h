/* SPDX-License-Identifier: MIT */
/*
 * tls_lab - certificates, a server that obeys a script, and a client made of
 * the code under test.
 */
#ifndef TESTS_TLS_LAB_H
#define TESTS_TLS_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>
#include <pop3.h>
#include <pop3/tls.h>
#include <pop3/transport.h>

#include "net/tls.h"

/* Runs `certs.py all` (argv[1] of the test) in a temporary directory, which
 * lab_close() removes. False, having said why, if that does not work. */
bool lab_open(int argc, char **argv);

/* What the system's store holds for this process: nobody, unless a test says
 * otherwise. To read the real one for each connection takes minutes under
 * Valgrind. */
void lab_system_trusts(const char *file);
void lab_close(void);

/* The path of DIR/name, valid for the next 64 calls. */
const char *lab_path(const char *name);

typedef enum peer_script {
    PEER_GREET,       /* handshake, "hello\n", then echoes until the end */
    PEER_NOTIFY,      /* handshake, "hello\n", close_notify, close */
    PEER_ABRUPT,      /* handshake, "hello\n", close */
    PEER_RESET,       /* handshake, reset */
    PEER_FLOOD,       /* handshake, then `amount` octets */
    PEER_COUNT,       /* handshake, reads to the end once peer_go() came */
    PEER_CLEAR,       /* "+OK ready\r\n" without TLS */
    PEER_CLOSE_EARLY, /* reads the ClientHello, closes */
    PEER_RESET_EARLY  /* the same, resets */
} peer_script;

typedef struct peer_options {
    const char *kind;      /* of certificate; NULL: none */
    const char *ciphers;   /* NULL: everything that has a certificate */
    int max_version;       /* TLS1_1_VERSION ...; 0: the newest */
    bool want_client_cert; /* demands one, signed by the test's root */
    peer_script script;
    size_t amount;
    int tickets;     /* of TLS 1.3; 0: as many as OpenSSL gives */
    int connections; /* one after the other; 0: one */
    const struct staple_options *staple; /* what it staples; NULL: nothing */
} peer_options;

typedef struct peer peer;

/* Begins to listen on 127.0.0.1; serves one connection in a thread. */
peer *peer_start(const peer_options *options);
uint16_t peer_port(const peer *p);
pop3_transport peer_connect(const peer *p); /* TCP, before TLS */
void peer_go(peer *p);
/* Waits for the end of the thread. What it saw may be asked then. */
void peer_wait(peer *p);
const char *peer_sni(const peer *p); /* "" if none was sent */
bool peer_saw_client_cert(const peer *p);
bool peer_saw_close_notify(const peer *p);
size_t peer_received(const peer *p); /* octets */
int peer_resumed(const peer *p);     /* handshakes */
bool peer_was_asked(const peer *p);  /* for a staple */
void peer_free(peer *p);

/* One connection by the code under test, as far as the handshake. */
typedef struct client {
    pop3_result result; /* of config, wrap or the handshake */
    net_error error;    /* why, if it is not POP3_OK */
    tls_config *config;
    pop3_transport transport; /* valid if result is POP3_OK */
    int steps;                /* calls of start_tls() */
} client;

/* The port that the client believes it connects to. */
extern const char *client_port;

client client_open(const peer *p, const pop3_tls_options *options,
                   const char *host);
/* Reads exactly `len` octets; POP3_OK, or what came instead. Errors go to
 * client->error. */
pop3_result client_read(client *c, char *buf, size_t len);
pop3_result client_write(client *c, const char *data, size_t len);
void client_close(client *c);

/* Whether OpenSSL's queue of errors is empty, as each function leaves it. */
bool queue_is_empty(void);

#endif
