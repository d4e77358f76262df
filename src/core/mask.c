/* SPDX-License-Identifier: MIT */
/*
 * mask - keeps secrets out of what people see.
 *
 * A server may echo a password in its refusal, as it was sent or as base64,
 * and logs are read by many. So every secret is remembered from before it is
 * sent until the login is over, and cut out of server text before that is
 * made printable and shortened: a cut must not split a secret and thereby
 * hide it from the search. The secrets of a login are few and lines are
 * short, so the search is a plain one.
 */
#include "core/mask.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/secret.h"

struct mask_entry {
    struct mask_entry *next;
    secret value;
};

static bool
add_octets(mask *m, const char *data, size_t len)
{
    struct mask_entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL)
        return false;
    if (!secret_set(&entry->value, data, len)) {
        free(entry);
        return false;
    }
    entry->next = m->first;
    m->first = entry;
    return true;
}

static void
drop_first(mask *m)
{
    struct mask_entry *entry = m->first;

    m->first = entry->next;
    secret_clear(&entry->value);
    free(entry);
}

static bool
add_base64(mask *m, pop3_span value)
{
    size_t len = base64_encoded_len(value.len);
    char *encoded = malloc(len);
    bool added;

    if (encoded == NULL)
        return false;
    base64_encode(value.ptr, value.len, encoded);
    added = add_octets(m, encoded, len);
    secret_wipe(encoded, len);
    free(encoded);
    return added;
}

bool
mask_add(mask *m, pop3_span value)
{
    if (value.len == 0)
        return true;
    if (!add_octets(m, value.ptr, value.len))
        return false;
    if (add_base64(m, value))
        return true;
    drop_first(m);
    return false;
}

void
mask_clear(mask *m)
{
    while (m->first != NULL)
        drop_first(m);
}

/* The first place in `in` where a secret stands, the longest one if several
 * begin there; in.len if there is none. */
static size_t
find_secret(const mask *m, pop3_span in, size_t *len)
{
    size_t first = in.len;

    *len = 0;
    for (struct mask_entry *e = m->first; e != NULL; e = e->next) {
        const char *at = memmem(in.ptr, in.len, e->value.data, e->value.len);
        size_t place = at == NULL ? in.len : (size_t)(at - in.ptr);

        if (at == NULL || place > first ||
            (place == first && e->value.len <= *len))
            continue;
        first = place;
        *len = e->value.len;
    }
    return first;
}

/* How far the secrets reach that begin within the first `len` octets: the
 * tail of one that overlaps must not be left to read. */
static size_t
extend_over(const mask *m, pop3_span in, size_t len)
{
    for (size_t at = 1; at < len; at++)
        for (struct mask_entry *e = m->first; e != NULL; e = e->next)
            if (e->value.len <= in.len - at && at + e->value.len > len &&
                memcmp(in.ptr + at, e->value.data, e->value.len) == 0)
                len = at + e->value.len;
    return len;
}

void
mask_print(const mask *m, text_builder *t, pop3_span in)
{
    size_t budget = TEXT_STRANGER_MAX;

    while (in.len > 0) {
        size_t secret_len;
        size_t clear = find_secret(m, in, &secret_len);

        secret_len = extend_over(
            m, (pop3_span){in.ptr + clear, in.len - clear}, secret_len);
        text_add_printable(t, in.ptr, clear, &budget);
        if (budget == 0)
            return;
        if (secret_len > 0)
            text_add(t, "****");
        in.ptr += clear + secret_len;
        in.len -= clear + secret_len;
    }
}
