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

static void
check_one(struct play *p, const struct octets *secret, const char *text)
{
    struct octets coded = {0};

    if (secret->len < 4)
        return;
    if (memchr(secret->ptr, 0, secret->len) == NULL &&
        strstr(text, secret->ptr) != NULL)
        play_fail(p, "a secret is shown: %s", text);
    encode(secret, &coded);
    if (strstr(text, coded.ptr) != NULL)
        play_fail(p, "a secret is shown as base64: %s", text);
    octets_clear(&coded);
}

void
secrets_check(struct play *p, const char *text)
{
    const struct step *step;

    check_one(p, &p->t->mask, text);
    for (step = p->t->steps; step < p->t->steps + p->t->count; step++) {
        if (step->kind == STEP_RESPOND || step->kind == STEP_MASK)
            check_one(p, &step->text, text);
        if (step->kind == STEP_SUBMIT && step->verb == POP3_CMD_PASS)
            check_one(p, &step->arg, text);
        if (step->kind == STEP_SUBMIT && step->verb == POP3_CMD_APOP)
            check_one(p, &step->arg2, text);
        if (step->kind == STEP_SUBMIT && step->verb == POP3_CMD_AUTH)
            check_one(p, &step->initial, text);
        if (step->kind == STEP_LOGIN)
            check_one(p, &step->arg2, text);
    }
}
