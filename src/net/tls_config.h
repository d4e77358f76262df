/* SPDX-License-Identifier: MIT */
/*
 * tls_config - what is decided about TLS before there is a socket.
 *
 * Its functions are declared in tls.h, for builds without TLS too.
 */
#ifndef NET_TLS_CONFIG_H
#define NET_TLS_CONFIG_H

#include <stdatomic.h>
#include <stdbool.h>

#include <openssl/ssl.h>

#include "net/tls.h"
#include "net/tls_pins.h"
#include "net/tls_sessions.h"

/* What any number of connections may have in common. Nothing of it changes
 * once it is made, but for the sessions, which have a lock. */
struct pop3_tls {
    atomic_uint refs; /* the caller's, and one of each connection */
    SSL_CTX *ctx;     /* ours, or a reference to the caller's; NULL: error */
    bool insecure;
    bool ocsp_required;
    int min_version;        /* TLS1_2_VERSION or TLS1_3_VERSION */
    tls_pins pins;          /* instead of chain and name, if there are any */
    tls_sessions *sessions; /* NULL: none are kept */
    net_error detail;       /* why it could not be made */
    pop3_error error;       /* the same, for the caller */
};

/* One connection's. */
struct tls_config {
    pop3_tls *shared; /* a reference */
    char *name;       /* checked, and sent as SNI unless it is an address */
    bool is_address;  /* without a zone */
    char *session;    /* key of sessions that may be resumed */
};

/* For all files of TLS: memory is short. Empties OpenSSL's queue. */
pop3_result tls_config_nomem(net_error *error);

/* For its other half, tls_identity.c. Why OpenSSL did not like an argument:
 * ARGUMENT or NOMEM; empties its queue. */
pop3_result tls_config_refuse(net_error *error, const char *what,
                              const char *argument, const char *advice);

/* Finds out about missing files first: OpenSSL's words for that are poor, and
 * of a missing directory it says nothing at all. flags: of open(2). */
pop3_result tls_config_check_path(const char *what, const char *path,
                                  int flags, net_error *error);

/* tls_openssl.c: from now on sessions go to tls->sessions. False when memory
 * is short. */
bool tls_keep_sessions(pop3_tls *tls);

#endif
