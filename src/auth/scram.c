/* SPDX-License-Identifier: MIT */
/*
 * scram - proves the knowledge of a password without showing it, and makes
 * the server prove the same (RFC 5802, 7677).
 *
 *   C: gs2-header client-first-bare     n,,n=user,r=NONCE
 *   S: server-first                     r=NONCE+MORE,s=SALT,i=4096
 *   C: client-final                     c=…,r=NONCE+MORE,p=PROOF
 *   S: server-final                     v=SIGNATURE
 *
 * What the server says is judged before anything is computed (R13): its nonce
 * extends ours, and the iterations are neither so few that a recorded proof is
 * soon cracked nor so many that they are an attack on this machine. Unknown
 * extensions that are mandatory ("m=") refuse. The signature is compared in
 * constant time (R18).
 *
 * The first field of the header tells the server what we know about channel
 * binding: "p" binds; "y" would have, but saw no -PLUS among the mechanisms,
 * so that a server that did offer one knows that somebody on the way took it
 * out of the list (RFC 5802 §6); "n" cannot.
 *
 * Not GNU SASL's: see docs/adr/0005-scram.md.
 */
#include "auth/scram.h"

#include <string.h>

#include "base/base64.h"

enum {
    SALT_MAX = 1024 /* octets, decoded */
};

static pop3_result
fail(scram *s, pop3_result result, const char *why)
{
    s->why = why;
    return result;
}

static size_t
hash_len(const scram *s)
{
    return digest_len(s->hash);
}

static bool
append(bytes *b, const char *text)
{
    return bytes_append(b, text, strlen(text));
}

static bool
append_base64(bytes *b, const void *data, size_t len)
{
    size_t encoded = base64_encoded_len(len);

    if (!bytes_reserve(b, encoded))
        return false;
    base64_encode(data, len, b->data + b->end);
    b->end += encoded;
    return true;
}

/* RFC 5802 §5.1: "=" and "," would end the name. */
static bool
append_name(bytes *b, pop3_span name)
{
    bool good = true;

    for (size_t i = 0; i < name.len && good; i++) {
        if (name.ptr[i] == ',')
            good = append(b, "=2C");
        else if (name.ptr[i] == '=')
            good = append(b, "=3D");
        else
            good = bytes_append(b, name.ptr + i, 1);
    }
    return good;
}

/* ---- the first message ---- */

static bool
write_header(scram *s, const scram_setup *setup)
{
    bytes *b = &s->binding;
    bool good;

    if (setup->binding_name != NULL)
        good = append(b, "p=") && append(b, setup->binding_name);
    else
        good = append(b, setup->could_bind ? "y" : "n");
    good = good && append(b, ",");
    if (setup->authzid.len > 0)
        good = good && append(b, "a=") && append_name(b, setup->authzid);
    return good && append(b, ",");
}

static bool
write_nonce(scram *s, pop3_span nonce)
{
    unsigned char random[SCRAM_NONCE_OCTETS];

    s->nonce = bytes_len(&s->bare);
    if (nonce.len > 0)
        return bytes_append(&s->bare, nonce.ptr, nonce.len);
    return digest_random(random, sizeof(random)) &&
           append_base64(&s->bare, random, sizeof(random));
}

pop3_result
scram_first(scram *s, const scram_setup *setup, bytes *message)
{
    s->hash = setup->hash;
    if (!write_header(s, setup) || !append(&s->bare, "n=") ||
        !append_name(&s->bare, setup->user) || !append(&s->bare, ",r="))
        return fail(s, POP3_ERR_NOMEM, "memory is short");
    if (!write_nonce(s, setup->nonce))
        return fail(s, POP3_ERR_UNSUPPORTED, "there are no random octets");
    if (!bytes_append(message, bytes_ptr(&s->binding),
                      bytes_len(&s->binding)) ||
        !bytes_append(message, bytes_ptr(&s->bare), bytes_len(&s->bare)) ||
        (setup->binding_name != NULL &&
         !bytes_append(&s->binding, setup->binding.ptr, setup->binding.len)))
        return fail(s, POP3_ERR_NOMEM, "memory is short");
    return POP3_OK;
}

/* ---- the server's first message ---- */

typedef struct server_first {
    pop3_span nonce;
    char salt[SALT_MAX];
    size_t salt_len;
    int iterations;
} server_first;

/* Cuts the attribute `name` off the front of *rest: "r=value". */
static bool
take_attribute(pop3_span *rest, char name, pop3_span *value)
{
    const char *comma;

    if (rest->len < 2 || rest->ptr[0] != name || rest->ptr[1] != '=')
        return false;
    comma = memchr(rest->ptr, ',', rest->len);
    value->ptr = rest->ptr + 2;
    value->len = (comma == NULL ? rest->len : (size_t)(comma - rest->ptr)) - 2;
    rest->ptr += value->len + 2;
    rest->len -= value->len + 2;
    if (comma != NULL) {
        rest->ptr++;
        rest->len--;
    }
    return true;
}

static bool
parse_iterations(pop3_span text, int *number)
{
    long value = 0;

    if (text.len == 0 || text.len > 9 || text.ptr[0] == '0')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (text.ptr[i] - '0');
    }
    *number = (int)value;
    return true;
}

/* RFC 5802 §7: r, s, i in this order; extensions behind them are ignored. */
static const char *
parse_first(pop3_span challenge, server_first *first)
{
    pop3_span salt, iterations;

    if (challenge.len > 1 && challenge.ptr[0] == 'm' &&
        challenge.ptr[1] == '=')
        return "the server demands an extension of SCRAM that is not known";
    if (!take_attribute(&challenge, 'r', &first->nonce) ||
        !take_attribute(&challenge, 's', &salt) ||
        !take_attribute(&challenge, 'i', &iterations))
        return "the server's first SCRAM message makes no sense";
    if (salt.len == 0 || salt.len > SALT_MAX ||
        !base64_decode(salt.ptr, salt.len, first->salt, &first->salt_len))
        return "the server's SCRAM salt makes no sense";
    if (!parse_iterations(iterations, &first->iterations))
        return "the server's SCRAM iterations are no number, or a huge one";
    if (first->iterations < SCRAM_ITERATIONS_MIN)
        return "the server wants fewer than 4,096 SCRAM iterations, which "
               "makes the password easy to guess";
    if (first->iterations > SCRAM_ITERATIONS_MAX)
        return "the server wants more than 1,000,000 SCRAM iterations";
    return NULL;
}

static bool
extends_ours(const scram *s, pop3_span nonce)
{
    const char *ours = bytes_ptr(&s->bare) + s->nonce;
    size_t len = bytes_len(&s->bare) - s->nonce;

    if (nonce.len <= len || memcmp(nonce.ptr, ours, len) != 0)
        return false;
    for (size_t i = len; i < nonce.len; i++)
        if (nonce.ptr[i] < 33 || nonce.ptr[i] > 126)
            return false;
    return true;
}

static pop3_result
take_first(scram *s, pop3_span challenge, server_first *first)
{
    const char *why = parse_first(challenge, first);

    if (why == NULL && !extends_ours(s, first->nonce))
        why = "the server's SCRAM nonce does not extend ours: somebody "
              "replays an old login";
    return why == NULL ? POP3_OK : fail(s, POP3_ERR_PROTOCOL, why);
}

pop3_result
scram_check(scram *s, pop3_span challenge)
{
    server_first first;

    return take_first(s, challenge, &first);
}

/* ---- the proof ---- */

typedef struct keys {
    unsigned char salted[DIGEST_MAX];
    unsigned char client[DIGEST_MAX];
    unsigned char stored[DIGEST_MAX];
    unsigned char signature[DIGEST_MAX];
    unsigned char server[DIGEST_MAX];
} keys;

static bool
hmac(const scram *s, const unsigned char *key, const char *name,
     unsigned char *out)
{
    return digest_hmac(s->hash, key, (pop3_span){name, strlen(name)}, out);
}

/* RFC 5802 §3; leaves the proof in k->client. */
static bool
compute(scram *s, const server_first *first, pop3_span password,
        const bytes *auth_message, keys *k)
{
    const pop3_span message = {bytes_ptr(auth_message),
                               bytes_len(auth_message)};
    const pop3_span salt = {first->salt, first->salt_len};

    if (!digest_pbkdf2(s->hash, password, salt, first->iterations,
                       k->salted) ||
        !hmac(s, k->salted, "Client Key", k->client) ||
        !digest_of(s->hash, k->client, hash_len(s), k->stored) ||
        !digest_hmac(s->hash, k->stored, message, k->signature) ||
        !hmac(s, k->salted, "Server Key", k->server) ||
        !digest_hmac(s->hash, k->server, message, s->server_signature))
        return false;
    for (size_t i = 0; i < hash_len(s); i++)
        k->client[i] ^= k->signature[i];
    return true;
}

/* client-final-message-without-proof */
static bool
write_final(const scram *s, pop3_span nonce, bytes *message)
{
    return append(message, "c=") &&
           append_base64(message, bytes_ptr(&s->binding),
                         bytes_len(&s->binding)) &&
           append(message, ",r=") &&
           bytes_append(message, nonce.ptr, nonce.len);
}

static bool
join_auth_message(const scram *s, pop3_span challenge, const bytes *final,
                  bytes *out)
{
    return bytes_append(out, bytes_ptr(&s->bare), bytes_len(&s->bare)) &&
           append(out, ",") &&
           bytes_append(out, challenge.ptr, challenge.len) &&
           append(out, ",") &&
           bytes_append(out, bytes_ptr(final), bytes_len(final));
}

static pop3_result
prove(scram *s, const server_first *first, pop3_span password,
      const bytes *auth_message, bytes *message)
{
    keys k;
    pop3_result result = POP3_OK;

    if (!compute(s, first, password, auth_message, &k))
        result = fail(s, POP3_ERR_UNSUPPORTED,
                      "this SCRAM mechanism cannot be computed here");
    else if (!append(message, ",p=") ||
             !append_base64(message, k.client, hash_len(s)))
        result = fail(s, POP3_ERR_NOMEM, "memory is short");
    secret_wipe(&k, sizeof(k));
    return result;
}

pop3_result
scram_final(scram *s, pop3_span challenge, pop3_span password, bytes *message)
{
    server_first first;
    bytes auth_message = {0};
    pop3_result result = take_first(s, challenge, &first);

    if (result != POP3_OK)
        return result;
    if (write_final(s, first.nonce, message) &&
        join_auth_message(s, challenge, message, &auth_message))
        result = prove(s, &first, password, &auth_message, message);
    else
        result = fail(s, POP3_ERR_NOMEM, "memory is short");
    bytes_clear(&auth_message);
    return result;
}

/* ---- the server's proof ---- */

pop3_result
scram_verify(scram *s, pop3_span challenge)
{
    char signature[DIGEST_MAX + 4];
    size_t len = 0;
    pop3_span value;

    if (challenge.len > 1 && challenge.ptr[0] == 'e' &&
        challenge.ptr[1] == '=')
        return fail(s, POP3_ERR_AUTH,
                    "the server refused the proof of the "
                    "password");
    if (take_attribute(&challenge, 'v', &value) &&
        value.len == base64_encoded_len(hash_len(s)) &&
        base64_decode(value.ptr, value.len, signature, &len) &&
        len == hash_len(s) &&
        secret_equal(signature, s->server_signature, len))
        return POP3_OK;
    return fail(s, POP3_ERR_PROTOCOL,
                "the server could not prove that it knows the password: it "
                "may be somebody else");
}

void
scram_clear(scram *s)
{
    bytes_clear(&s->binding);
    bytes_clear(&s->bare);
    secret_wipe(s->server_signature, sizeof(s->server_signature));
    *s = (scram){.why = ""};
}
