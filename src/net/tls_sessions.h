/* SPDX-License-Identifier: MIT */
/*
 * tls_sessions - TLS sessions that can be resumed, by whom they were made
 * with.
 */
#ifndef NET_TLS_SESSIONS_H
#define NET_TLS_SESSIONS_H

#include <pthread.h>
#include <stddef.h>

#include <openssl/ssl.h>

enum {
    TLS_SESSIONS_MAX = 256 /* the oldest makes room for the next */
};

typedef struct tls_sessions_entry {
    char *key; /* NULL: the entry is free */
    SSL_SESSION *session;
} tls_sessions_entry;

/* For any number of threads. All of the entries from `next` on, around, are in
 * the order of their age, free ones among them. */
typedef struct tls_sessions {
    pthread_mutex_t lock;
    size_t next; /* where the next one goes */
    tls_sessions_entry entries[TLS_SESSIONS_MAX];
} tls_sessions;

/* NULL when memory is short, or there is no lock to be had. */
tls_sessions *tls_sessions_new(void);
void tls_sessions_free(tls_sessions *s);

/* Keeps a session, of which it takes the reference, until it is taken or
 * pushed out. One that cannot be kept is freed. */
void tls_sessions_put(tls_sessions *s, const char *key, SSL_SESSION *session);

/* The newest one with this key, for the caller to free; NULL: there is none.
 * One of TLS 1.3 is given out once (RFC 8446 appendix C.4). */
SSL_SESSION *tls_sessions_take(tls_sessions *s, const char *key);

/* Frees all with this key. */
void tls_sessions_forget(tls_sessions *s, const char *key);

#endif
