/* SPDX-License-Identifier: MIT */
/*
 * tls_sessions - a ring of sessions behind a lock.
 *
 * It belongs to one pop3_tls, and so to one way of verifying and one client
 * certificate: a session can never be resumed under others (CVE-2016-5419,
 * R10). The key says with whom: host, port, and the name that was verified.
 *
 * Looking through 256 keys costs a thousandth of the handshake that it spares,
 * hence no index.
 */
#include "net/tls_sessions.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

tls_sessions *
tls_sessions_new(void)
{
    tls_sessions *s = calloc(1, sizeof(*s));

    if (s == NULL || pthread_mutex_init(&s->lock, NULL) == 0)
        return s;
    free(s);
    return NULL;
}

static void
drop(tls_sessions_entry *entry)
{
    SSL_SESSION_free(entry->session);
    free(entry->key);
    *entry = (tls_sessions_entry){0};
}

void
tls_sessions_free(tls_sessions *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < TLS_SESSIONS_MAX; i++)
        drop(&s->entries[i]);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

void
tls_sessions_put(tls_sessions *s, const char *key, SSL_SESSION *session)
{
    char *copy = strdup(key);
    tls_sessions_entry *entry;

    if (copy == NULL) {
        SSL_SESSION_free(session);
        return;
    }
    (void)pthread_mutex_lock(&s->lock);
    entry = &s->entries[s->next];
    drop(entry);
    entry->key = copy;
    entry->session = session;
    s->next = (s->next + 1) % TLS_SESSIONS_MAX;
    (void)pthread_mutex_unlock(&s->lock);
}

void
tls_sessions_forget(tls_sessions *s, const char *key)
{
    (void)pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < TLS_SESSIONS_MAX; i++)
        if (s->entries[i].key != NULL && strcmp(s->entries[i].key, key) == 0)
            drop(&s->entries[i]);
    (void)pthread_mutex_unlock(&s->lock);
}

static tls_sessions_entry *
find_newest(tls_sessions *s, const char *key)
{
    for (size_t age = 1; age <= TLS_SESSIONS_MAX; age++) {
        size_t at = (s->next + TLS_SESSIONS_MAX - age) % TLS_SESSIONS_MAX;

        if (s->entries[at].key != NULL && strcmp(s->entries[at].key, key) == 0)
            return &s->entries[at];
    }
    return NULL;
}

SSL_SESSION *
tls_sessions_take(tls_sessions *s, const char *key)
{
    tls_sessions_entry *entry;
    SSL_SESSION *session = NULL;

    (void)pthread_mutex_lock(&s->lock);
    entry = find_newest(s, key);
    if (entry != NULL && SSL_SESSION_up_ref(entry->session) == 1)
        session = entry->session;
    if (session != NULL &&
        SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION)
        drop(entry);
    (void)pthread_mutex_unlock(&s->lock);
    return session;
}
