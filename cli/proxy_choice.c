/* SPDX-License-Identifier: MIT */
/*
 * proxy_choice - --proxy, the key proxy, or ALL_PROXY and NO_PROXY.
 *
 * What was asked for by name comes first, and "none" is such a name. Else the
 * environment is looked at, as other programs do: ALL_PROXY or all_proxy,
 * unless the host stands in NO_PROXY or no_proxy. A proxy that cannot be used
 * is an error, and never a reason to go there directly.
 *
 * A password in the URL is refused, wherever the URL comes from: arguments and
 * the environment can be read by others and are inherited by every program
 * that is started (R17). It comes from proxy-password, as that of the mailbox
 * comes from password, and is put into the URL here, in memory that is wiped.
 *
 * NO_PROXY: names and addresses, with commas or spaces between them. A name
 * stands for itself and all below it, with or without a dot in front; an
 * address may be followed by the length of its prefix, as 10.0.0.0/8; "*" is
 * everything.
 */
#include "cli/proxy_choice.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/report.h"

#include "base/banned.h"

/* ---- NO_PROXY ---- */

enum {
    ADDRESS_MAX = sizeof(struct in6_addr)
};

/* The octets of an address; 0: it is none. */
static size_t
read_address(const char *text, unsigned char *octets)
{
    if (inet_pton(AF_INET, text, octets) == 1)
        return sizeof(struct in_addr);
    return inet_pton(AF_INET6, text, octets) == 1 ? sizeof(struct in6_addr)
                                                  : 0;
}

static bool
same_bits(const unsigned char *a, const unsigned char *b, size_t bits)
{
    size_t whole = bits / 8;
    unsigned rest = 8 - (unsigned)(bits % 8);

    return memcmp(a, b, whole) == 0 &&
           (rest == 8 || (a[whole] >> rest) == (b[whole] >> rest));
}

/* Digits behind the slash, at most three; SIZE_MAX: it is no length. */
static size_t
read_prefix(const char *text)
{
    size_t bits = 0;
    size_t i;

    for (i = 0; text[i] >= '0' && text[i] <= '9' && i < 3; i++)
        bits = bits * 10 + (size_t)(text[i] - '0');
    return i > 0 && text[i] == '\0' ? bits : SIZE_MAX;
}

/* "192.0.2.1", "10.0.0.0/8", "[2001:db8::1]" */
static bool
has_address(const char *entry, size_t len, const unsigned char *octets,
            size_t size)
{
    unsigned char want[ADDRESS_MAX];
    char text[INET6_ADDRSTRLEN + 8];
    size_t bits = size * 8;
    char *slash;

    if (len > 2 && entry[0] == '[' && entry[len - 1] == ']') {
        entry++;
        len -= 2;
    }
    if (len >= sizeof(text))
        return false;
    memcpy(text, entry, len);
    text[len] = '\0';
    slash = strchr(text, '/');
    if (slash != NULL) {
        *slash = '\0';
        bits = read_prefix(slash + 1);
    }
    return read_address(text, want) == size && bits <= size * 8 &&
           same_bits(want, octets, bits);
}

/* "example.org" and ".example.org" */
static bool
has_name(const char *entry, size_t len, const char *host)
{
    size_t host_len = strlen(host);

    if (len > 0 && entry[0] == '.') {
        entry++;
        len--;
    }
    if (len == 0 || len > host_len)
        return false;
    host += host_len - len;
    for (size_t i = 0; i < len; i++)
        if (text_lower(entry[i]) != text_lower(host[i]))
            return false;
    return len == host_len || host[-1] == '.';
}

bool
proxy_is_exempt(const char *list, const char *host)
{
    unsigned char octets[ADDRESS_MAX];
    size_t size = read_address(host, octets);

    for (;;) {
        size_t len;

        list += strspn(list, ", \t");
        len = strcspn(list, ", \t");
        if (len == 0)
            return false;
        if ((len == 1 && *list == '*') ||
            (size > 0 ? has_address(list, len, octets, size)
                      : has_name(list, len, host)))
            return true;
        list += len;
    }
}

/* ---- the choice ---- */

const char *
proxy_environment(const char *upper, const char *lower)
{
    const char *value = getenv(upper);

    if (value == NULL || *value == '\0')
        value = getenv(lower);
    return value != NULL && *value != '\0' ? value : NULL;
}

/* Where the user of the URL begins and ends; false: there is none. */
static bool
find_user(const char *url, const char **user, const char **at)
{
    *user = strstr(url, "://");
    if (*user == NULL)
        return false;
    *user += 3;
    *at = strrchr(*user, '@');
    return *at != NULL;
}

static bool
use(proxy_choice *c, const char *url, const char *from, char *why,
    size_t why_size)
{
    const char *user;
    const char *at;

    c->url = url;
    if (!find_user(url, &user, &at))
        return true;
    if (memchr(user, ':', (size_t)(at - user)) != NULL) {
        (void)snprintf(why, why_size,
                       "%s: a password does not belong into a URL, where "
                       "others can read it (ps, history, environment): write "
                       "the user alone, and use --proxy-password-file or the "
                       "key proxy-password",
                       from);
        return false;
    }
    (void)snprintf(c->who, sizeof(c->who), "%s", user);
    return true;
}

bool
proxy_choose(proxy_choice *c, const options *opt, const char *host, char *why,
             size_t why_size)
{
    const char *exempt = proxy_environment("NO_PROXY", "no_proxy");
    const char *all = proxy_environment("ALL_PROXY", "all_proxy");

    *c = (proxy_choice){.url = NULL};
    password_init(&c->password, &opt->proxy_password, opt->deadline_ms);
    if (opt->proxy != NULL)
        return strcmp(opt->proxy, "none") == 0 ||
               use(c, opt->proxy, "proxy", why, why_size);
    if (all == NULL || (exempt != NULL && proxy_is_exempt(exempt, host)))
        return true;
    return use(c, all, "ALL_PROXY", why, why_size);
}

/* Puts the password behind the user, all of it as %XX. */
static bool
join(proxy_choice *c, pop3_span value)
{
    const char *user;
    const char *at;
    size_t len;
    size_t size = strlen(c->url) + 3 * value.len + 2;
    char *full = malloc(size);
    bool good;

    if (full == NULL || !find_user(c->url, &user, &at)) {
        free(full);
        return false;
    }
    len = (size_t)(at - c->url);
    memcpy(full, c->url, len);
    full[len++] = ':';
    for (size_t i = 0; i < value.len; i++)
        len += (size_t)snprintf(full + len, size - len, "%%%02X",
                                (unsigned char)value.ptr[i]);
    memcpy(full + len, at, strlen(at) + 1);
    len += strlen(at) + 1;
    good = secret_set(&c->full, full, len);
    secret_wipe(full, size);
    free(full);
    return good;
}

bool
proxy_ready(proxy_choice *c)
{
    pop3_span value = {NULL, 0};
    bool good = true;

    /* Not said: the user alone is enough. */
    if (c->url == NULL || c->who[0] == '\0' ||
        c->password.source->text == NULL)
        return true;
    if (!password_prepare(&c->password, c->who) ||
        password_fetch(&c->password, &value) != POP3_OK)
        return false;
    good = join(c, value);
    if (!good)
        report("out of memory");
    password_used(&c->password);
    return good;
}

const char *
proxy_full(const proxy_choice *c)
{
    return c->full.data != NULL ? c->full.data : c->url;
}

void
proxy_forget(proxy_choice *c)
{
    secret_clear(&c->full);
    password_clear(&c->password);
}
