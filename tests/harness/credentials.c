/* SPDX-License-Identifier: MIT */
/*
 * credentials - a LOGIN step becomes pop3_credentials; and randomness that a
 * transcript can foresee.
 */
#include "credentials.h"

#include "test.h"

#include <stdio.h>
#include <string.h>

bool
credentials_can(const struct transcript *t)
{
    return (TEST_HAVE_MD5 || !t->md5) && (TEST_HAVE_MD5 || !t->scram) &&
           (TEST_HAVE_GSASL || !t->gsasl);
}

static pop3_result
give_token(void *ctx, const pop3_span *error, pop3_span *token)
{
    const struct credentials *c = ctx;
    const char *given = error == NULL ? c->first : c->second;

    if (given == NULL)
        return POP3_ERR_REFUSED;
    *token = (pop3_span){given, strlen(given)};
    return POP3_OK;
}

static void
split_tokens(struct credentials *c, const char *tokens)
{
    char *colon;

    snprintf(c->tokens, sizeof(c->tokens), "%s", tokens);
    c->first = c->tokens;
    colon = strchr(c->tokens, ':');
    if (colon == NULL)
        return;
    *colon = '\0';
    if (colon[1] != '\0')
        c->second = colon + 1;
}

void
credentials_of(struct credentials *c, const struct transcript *t,
               const struct step *step)
{
    memset(c, 0, sizeof(*c));
    c->value = (pop3_credentials)POP3_CREDENTIALS_INIT;
    c->value.utf8 = t->utf8;
    c->value.user = step->arg.ptr;
    if (step->has_initial)
        c->value.mechanism = step->initial.ptr;
    if (strncmp(step->arg2.ptr, "token:", 6) == 0) {
        split_tokens(c, step->arg2.ptr + 6);
        c->value.token = give_token;
        c->value.ctx = c;
    } else if (strcmp(step->arg2.ptr, "-") != 0) {
        c->value.password = step->arg2.ptr;
    }
}

/* In the place of OpenSSL's: the nonce of the example in RFC 5802 §5. */
int __wrap_RAND_bytes(unsigned char *buf, int len);

int
__wrap_RAND_bytes(unsigned char *buf, int len)
{
    static const unsigned char NONCE[18] = {
        0x7f, 0x29, 0x28, 0xf9, 0xdd, 0xa5, 0x6d, 0xb1, 0x60,
        0x38, 0xd4, 0x6f, 0xf6, 0xa9, 0x31, 0x75, 0xac, 0x0b};

    for (int i = 0; i < len; i++)
        buf[i] = NONCE[i % 18];
    return 1;
}
