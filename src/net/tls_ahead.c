/* SPDX-License-Identifier: MIT */
/*
 * tls_ahead - octets that were received before OpenSSL asks for them.
 *
 * OpenSSL asks twice for each record, for 5 octets and for the rest: with a
 * system call each, that is 131,072 of them a GiB. Its own read-ahead saves
 * them, but moves all that it has to the front of its buffer before each
 * record, so of eight records three and a half are moved for each that is
 * read (ssl3_read_n() of OpenSSL 3.0). Here each octet is copied once, out of
 * the cache, and OpenSSL needs a buffer of one record only.
 *
 * The memory is there only while octets flow, as the core's receive buffer is.
 * Eight records save seven of eight system calls and stay in the cache. What
 * it holds is encrypted.
 */
#include "net/tls_ahead.h"

#include <string.h>

enum {
    CAPACITY = 8 * (16384 + 5 + 1 + 16) /* octets: records of TLS 1.3 */
};

pop3_result
tls_ahead_fill(bytes *ahead, const pop3_transport *inner)
{
    size_t got = 0;
    int want = 0;
    pop3_result result;

    if (!bytes_reserve(ahead, CAPACITY))
        return POP3_ERR_NOMEM;
    result =
        inner->read(inner->ctx, ahead->data, ahead->capacity, &got, &want);
    if (result == POP3_OK)
        ahead->end = got;
    else
        bytes_release(ahead);
    return result;
}

size_t
tls_ahead_take(bytes *ahead, char *out, size_t len)
{
    if (len > bytes_len(ahead))
        len = bytes_len(ahead);
    memcpy(out, bytes_ptr(ahead), len);
    bytes_consume(ahead, len);
    return len;
}
