/* SPDX-License-Identifier: MIT */
/*
 * hash - --dedup=hash: what a message is known by without a unique-id.
 *
 * The id is a hash of the header, as TOP tells it, and of the size that LIST
 * tells. It must never be that of another message, as that one would not be
 * fetched then; that two ids are those of one message only means that it comes
 * twice. So:
 *
 *   - fields that servers add or change (Status, X-Status, X-UIDL, X-Keywords)
 *     are left out; nothing else is;
 *   - a header without Message-ID and without Received could belong to many
 *     messages, as those that programs write: it gives no id, and such a
 *     message stays on the server unless --delete is given;
 *   - messages of one listing that have the same id are counted, as those
 *     that share a unique-id are: all of them are fetched.
 *
 * What follows the header is not part of it, as TOP may tell too much or too
 * little of it (server-quirks 23).
 */
#include "cli/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/top.h"
#include "mail/sha256.h"

#include "base/banned.h"

#define PREFIX "hash:"

enum {
    ID_LEN = sizeof(PREFIX) - 1 + (size_t)2 * SHA256_LEN
};

typedef struct hashing {
    maildrop *drop;
    size_t refused;
    size_t nameless; /* have nothing that tells them apart */
    bool no_memory;
} hashing;

static bool
is_field(pop3_span line, const char *name)
{
    size_t len = strlen(name);

    return line.len > len && line.ptr[len] == ':' &&
           text_equal_caseless(line.ptr, len, name);
}

/* Whether it has a value of any length, too. */
static bool
says(pop3_span line, const char *name)
{
    return is_field(line, name) && line.len > strlen(name) + 4;
}

static bool
changes(pop3_span line)
{
    return is_field(line, "status") || is_field(line, "x-status") ||
           is_field(line, "x-uidl") || is_field(line, "x-keywords");
}

/* A line with its end, whichever that is. */
static pop3_span
take_line(pop3_span *rest)
{
    const char *end = memchr(rest->ptr, '\n', rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->ptr) + 1;
    pop3_span line = {rest->ptr, len};

    rest->ptr += len;
    rest->len -= len;
    while (line.len > 0 &&
           (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r'))
        line.len--;
    return line;
}

/* False: nothing in the header tells it from others. */
static bool
hash_header(sha256 *h, pop3_span header)
{
    bool named = false;
    bool left_out = false;

    while (header.len > 0) {
        pop3_span line = take_line(&header);
        bool more =
            line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t');

        left_out = more ? left_out : changes(line);
        named = named || says(line, "message-id") || says(line, "received");
        if (left_out)
            continue;
        sha256_add(h, line.ptr, line.len);
        sha256_add(h, "\n", 1);
    }
    return named;
}

static void
write_id(char id[ID_LEN + 1], const unsigned char digest[SHA256_LEN])
{
    size_t i;

    memcpy(id, PREFIX, sizeof(PREFIX));
    for (i = 0; i < SHA256_LEN; i++)
        (void)snprintf(id + sizeof(PREFIX) - 1 + 2 * i, 3, "%02x", digest[i]);
}

static void
take_header(void *ctx, size_t index, pop3_span header, pop3_result result)
{
    hashing *x = ctx;
    unsigned char digest[SHA256_LEN];
    char octets[32];
    char id[ID_LEN + 1];
    sha256 h;
    int len;

    if (result != POP3_OK) {
        x->refused++;
        return;
    }
    sha256_start(&h);
    if (!hash_header(&h, header)) {
        x->nameless++;
        return;
    }
    len = snprintf(octets, sizeof(octets), "%llu",
                   (unsigned long long)maildrop_at(x->drop, index)->octets);
    sha256_add(&h, octets, (size_t)len);
    sha256_end(&h, digest);
    write_id(id, digest);
    if (!maildrop_name(x->drop, index, (pop3_span){id, ID_LEN}))
        x->no_memory = true;
}

static pop3_result
ask(session *s, hashing *x)
{
    size_t count = maildrop_count(x->drop);
    uint64_t *numbers = calloc(count + 1, sizeof(*numbers));
    pop3_result result;
    size_t i;

    if (numbers == NULL)
        return POP3_ERR_NOMEM;
    maildrop_unname(x->drop);
    for (i = 0; i < count; i++)
        numbers[i] = maildrop_at(x->drop, i)->number;
    result = top_run(s, numbers, count, take_header, x);
    free(numbers);
    return x->no_memory ? POP3_ERR_NOMEM : result;
}

pop3_result
hash_ids(session *s, maildrop *drop)
{
    hashing x = {.drop = drop};
    pop3_result result = ask(s, &x);

    if (result != POP3_OK)
        return result;
    drop->has_uids = x.refused < maildrop_count(drop);
    if (!drop->has_uids)
        return POP3_OK;
    if (x.refused > 0)
        session_warn(s,
                     "TOP: the server refused %zu headers: those messages "
                     "have no hash to be known by",
                     x.refused);
    return POP3_OK;
}
