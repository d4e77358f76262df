/* SPDX-License-Identifier: MIT */
/*
 * secrets - no password may stand in a trace or an error.
 *
 * What is secret is known from the transcript: the arguments of PASS and
 * APOP's digest, SASL answers, masks. Each is looked for raw and as base64.
 * Secrets of less than four octets are left out: they would be found in
 * ordinary words.
 */
#include "alloc.h"
#include "play.h"

#include <string.h>

static void
encode(const struct octets *raw, struct octets *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t i;

    for (i = 0; i < raw->len; i += 3) {
        uint32_t bits = 0;
        char quad[4] = "====";
        size_t n = raw->len - i < 3 ? raw->len - i : 3;
        size_t k;

        for (k = 0; k < 3; k++)
            bits = bits << 8 | (k < n ? (unsigned char)raw->ptr[i + k] : 0);
        for (k = 0; k <= n; k++)
            quad[k] = alphabet[bits >> (18 - 6 * k) & 63];
        octets_add(out, quad, 4);
    }
}

static struct octets *
new_secret(struct transcript *t)
{
    t->secrets =
        test_realloc(t->secrets, (t->secret_count + 1) * sizeof(*t->secrets));
    t->secrets[t->secret_count] = (struct octets){0};
    return &t->secrets[t->secret_count++];
}

/* Raw, where a text can hold that, and as base64. */
static void
add_secret(struct transcript *t, const struct octets *secret)
{
    if (secret->len < 4)
        return;
    if (memchr(secret->ptr, 0, secret->len) == NULL)
        octets_add(new_secret(t), secret->ptr, secret->len);
    encode(secret, new_secret(t));
}

void
secrets_collect(struct transcript *t)
{
    const struct step *step;

    add_secret(t, &t->mask);
    for (step = t->steps; step < t->steps + t->count; step++) {
        if (step->kind == STEP_RESPOND || step->kind == STEP_MASK)
            add_secret(t, &step->text);
        if (step->kind == STEP_SUBMIT && step->verb == POP3_CMD_PASS)
            add_secret(t, &step->arg);
        if (step->kind == STEP_SUBMIT && step->verb == POP3_CMD_APOP)
            add_secret(t, &step->arg2);
        if (step->kind == STEP_SUBMIT && step->verb == POP3_CMD_AUTH)
            add_secret(t, &step->initial);
        if (step->kind == STEP_LOGIN)
            add_secret(t, &step->arg2);
    }
}

void
secrets_check(struct play *p, const char *text)
{
    size_t i;

    for (i = 0; i < p->t->secret_count; i++) {
        if (strstr(text, p->t->secrets[i].ptr) != NULL)
            play_fail(p, "a secret is shown: %s", text);
    }
}
