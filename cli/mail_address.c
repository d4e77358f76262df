/* SPDX-License-Identifier: MIT */
/*
 * mail_address - one address as people write it, without display name,
 * quotes or comments (RFC 5321 §4.1.2 without its quoted strings).
 *
 * The domain is what a server is looked for by, and what its certificate may
 * have to name, so nothing but a name of hosts passes.
 */
#include "cli/mail_address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "net/idn.h"

#include "base/banned.h"

static bool
is_label_octet(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

bool
domain_is_name(const char *host)
{
    const char *p = host;
    bool digits = true; /* the last label: then it is an address */
    size_t labels = 0;

    if (strlen(host) > 253)
        return false;
    while (*p != '\0') {
        size_t len = strcspn(p, ".");
        size_t i;

        digits = true;
        for (i = 0; i < len; i++) {
            if (!is_label_octet(p[i]))
                return false;
            digits &= p[i] >= '0' && p[i] <= '9';
        }
        if (len == 0 || len > 63 || p[0] == '-' || p[len - 1] == '-')
            return false;
        labels++;
        p += len;
        if (*p == '.' && *++p == '\0')
            return false;
    }
    return labels > 1 && !digits;
}

bool
domain_has(const char *domain, const char *host)
{
    size_t below = strlen(domain);
    size_t len = strlen(host);

    if (len < below || strcmp(host + len - below, domain) != 0)
        return false;
    return len == below || host[len - below - 1] == '.';
}

static bool
refuse(char *why, size_t size, const char *text)
{
    (void)snprintf(why, size, "%s", text);
    return false;
}

/* As DNS has it, in small letters. */
static bool
take_domain(mail_address *out, const char *text, char *why, size_t why_size)
{
    net_error error = {0};
    char *ascii = NULL;
    size_t len;
    size_t i;

    if (idn_to_ascii(text, &ascii, &error) != POP3_OK) {
        (void)snprintf(why, why_size, "its domain cannot be used: %.200s",
                       error.text);
        return false;
    }
    len = strlen(ascii);
    for (i = 0; i <= len && len < sizeof(out->domain); i++)
        out->domain[i] = text_lower(ascii[i]);
    free(ascii);
    if (len < sizeof(out->domain) && domain_is_name(out->domain))
        return true;
    return refuse(why, why_size,
                  "what stands behind the @ is no domain, as example.org");
}

bool
mail_address_parse(const char *text, mail_address *out, char *why,
                   size_t why_size)
{
    const char *at = strrchr(text, '@');
    const unsigned char *p = (const unsigned char *)text;
    size_t len;

    for (; *p != '\0'; p++) {
        if (*p <= ' ' || *p == 127 || strchr("<>()[]\\,;:\"", *p) != NULL)
            return refuse(why, why_size,
                          "an address has no spaces, brackets, quotes or "
                          "other signs around it");
    }
    if (at == NULL || at == text)
        return refuse(why, why_size,
                      "it is no mail address, as me@example.org");
    len = (size_t)(at - text);
    if (len >= sizeof(out->local))
        return refuse(why, why_size, "what stands before the @ is too long");
    memcpy(out->local, text, len);
    out->local[len] = '\0';
    if (!take_domain(out, at + 1, why, why_size))
        return false;
    (void)snprintf(out->text, sizeof(out->text), "%s@%s", out->local,
                   out->domain);
    return true;
}
