/* SPDX-License-Identifier: MIT */
/*
 * capa - what the server can do, as it said so.
 *
 * Nothing is interpreted when a row comes in and nothing is thrown away:
 * unknown, repeated and 8-bit rows are all kept in order and case. Lookups
 * walk the rows, of which there are some twenty, and compare case-blind
 * (RFC 2449 §5). Limits: the core bounds the octets of all rows together.
 */
#include "core/capa.h"

#include <string.h>

#include "base/text.h"
#include "core/listing.h"

enum {
    LENGTH_OCTETS = 2
};

static bool
is_space(char c)
{
    return c == ' ' || c == '\t';
}

static pop3_span
trim(pop3_span s)
{
    while (s.len > 0 && is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* Takes the first word from *s and the spaces behind it. */
static pop3_span
take_word(pop3_span *s)
{
    pop3_span word = {s->ptr, 0};

    while (word.len < s->len && !is_space(s->ptr[word.len]))
        word.len++;
    s->ptr += word.len;
    s->len -= word.len;
    *s = trim(*s);
    return word;
}

bool
capa_add(pop3_capa *capa, pop3_span row)
{
    pop3_span kept = trim(row);
    unsigned char length[LENGTH_OCTETS] = {(unsigned char)(kept.len >> 8),
                                           (unsigned char)kept.len};

    if (kept.len == 0)
        return true;
    if (!bytes_reserve(&capa->rows, sizeof(length) + kept.len))
        return false;
    (void)bytes_append(&capa->rows, length, sizeof(length));
    (void)bytes_append(&capa->rows, kept.ptr, kept.len);
    capa->count++;
    return true;
}

void
capa_clear(pop3_capa *capa)
{
    bytes_clear(&capa->rows);
    capa->count = 0;
}

size_t
pop3_capa_count(const pop3_capa *capa)
{
    return capa == NULL ? 0 : capa->count;
}

/* Takes the next row from *rest; false when there is none. */
static bool
next_row(pop3_span *rest, pop3_span *tag, pop3_span *args)
{
    const unsigned char *length = (const unsigned char *)rest->ptr;

    if (rest->len < LENGTH_OCTETS)
        return false;
    args->ptr = rest->ptr + LENGTH_OCTETS;
    args->len = (size_t)length[0] << 8 | length[1];
    rest->ptr = args->ptr + args->len;
    rest->len -= LENGTH_OCTETS + args->len;
    *tag = take_word(args);
    return true;
}

static pop3_span
all_rows(const pop3_capa *capa)
{
    if (capa == NULL)
        return (pop3_span){NULL, 0};
    return (pop3_span){bytes_ptr(&capa->rows), bytes_len(&capa->rows)};
}

bool
pop3_capa_at(const pop3_capa *capa, size_t index, pop3_span *tag,
             pop3_span *args)
{
    pop3_span rest = all_rows(capa);
    pop3_span t;
    pop3_span a;

    do {
        if (!next_row(&rest, &t, &a))
            return false;
    } while (index-- > 0);
    *tag = t;
    *args = a;
    return true;
}

/* The arguments of the next row of *rest that has the tag. */
static bool
next_tagged(pop3_span *rest, const char *tag, pop3_span *args)
{
    pop3_span t;
    pop3_span a;

    while (next_row(rest, &t, &a)) {
        if (text_equal_caseless(t.ptr, t.len, tag)) {
            *args = a;
            return true;
        }
    }
    return false;
}

bool
pop3_capa_args(const pop3_capa *capa, const char *tag, pop3_span *args)
{
    pop3_span rest = all_rows(capa);

    return next_tagged(&rest, tag, args);
}

bool
pop3_capa_has(const pop3_capa *capa, const char *tag)
{
    pop3_span args;

    return pop3_capa_args(capa, tag, &args);
}

bool
pop3_capa_has_arg(const pop3_capa *capa, const char *tag, const char *arg)
{
    pop3_span rest = all_rows(capa);
    pop3_span args;

    while (next_tagged(&rest, tag, &args)) {
        while (args.len > 0) {
            pop3_span word = take_word(&args);

            if (text_equal_caseless(word.ptr, word.len, arg))
                return true;
        }
    }
    return false;
}

static bool
small_number(pop3_span word, uint32_t *number)
{
    uint64_t n;

    if (!listing_number(&word, &n) || n >= UINT32_MAX)
        return false;
    *number = (uint32_t)n;
    return true;
}

/* The first argument as one word, and whether USER follows it. */
static bool
policy_word(const pop3_capa *capa, const char *tag, pop3_span *word,
            bool *per_user)
{
    pop3_span args;
    pop3_span next;

    if (!pop3_capa_args(capa, tag, &args))
        return false;
    *word = take_word(&args);
    next = take_word(&args);
    *per_user = text_equal_caseless(next.ptr, next.len, "USER");
    return true;
}

bool
pop3_capa_expire(const pop3_capa *capa, uint32_t *days, bool *per_user)
{
    pop3_span word;
    bool user;

    if (!policy_word(capa, "EXPIRE", &word, &user))
        return false;
    if (text_equal_caseless(word.ptr, word.len, "NEVER"))
        *days = POP3_EXPIRE_NEVER;
    else if (!small_number(word, days))
        return false;
    *per_user = user;
    return true;
}

bool
pop3_capa_login_delay(const pop3_capa *capa, uint32_t *seconds, bool *per_user)
{
    pop3_span word;
    bool user;

    if (!policy_word(capa, "LOGIN-DELAY", &word, &user) ||
        !small_number(word, seconds))
        return false;
    *per_user = user;
    return true;
}

bool
pop3_capa_implementation(const pop3_capa *capa, pop3_span *name)
{
    return pop3_capa_args(capa, "IMPLEMENTATION", name);
}
