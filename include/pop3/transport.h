/* SPDX-License-Identifier: MIT */
/*
 * pop3/transport.h - for callers who bring their own byte stream.
 */
#ifndef POP3_TRANSPORT_H
#define POP3_TRANSPORT_H

#include <pop3.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A byte stream of your own below a connection. All functions are
 * non-blocking. read and write move at least one octet, or say
 * POP3_ERR_AGAIN and set *want to POP3_POLL_* they wait for. */
struct pop3_transport {
    size_t size; /* sizeof(pop3_transport) */
    void *ctx;
    /* POP3_ERR_CLOSED: the peer closed. */
    pop3_result (*read)(void *ctx, void *buf, size_t len, size_t *got,
                        int *want);
    pop3_result (*write)(void *ctx, const void *data, size_t len, size_t *sent,
                         int *want);
    /* Begins or continues TLS; NULL: STLS is not supported. */
    pop3_result (*start_tls)(void *ctx, const char *server_name, int *want);
    /* What to poll; -1 if there is nothing to poll. */
    int (*fd)(void *ctx);
    /* The reason of the last failure in words; NULL allowed. */
    const char *(*error_text)(void *ctx, int *sys);
    /* Called once, also when the opening fails; NULL allowed. */
    void (*close)(void *ctx);
    bool secure; /* it is encrypted and verified already */
};

#define POP3_TRANSPORT_INIT            \
    {                                  \
        .size = sizeof(pop3_transport) \
    }

#ifdef __cplusplus
}
#endif
#endif
