/* SPDX-License-Identifier: MIT */
/*
 * lmtp_where - the forms of an LMTP target.
 *
 *     lmtp:/run/dovecot/lmtp         a socket of this machine
 *     lmtp://host:port               TCP; STARTTLS is required, unless the
 *                                    host is this one: there it is not used
 *     lmtps://host:port              TLS from the first octet
 *     ?tls=none, ?tls=starttls       says otherwise for lmtp://
 *     ?ca-file=/path                 authorities, not the system's
 *
 * LMTP has no port of its own; 24, for private mail systems, is the default.
 */
#include "mail/lmtp_where.h"

#include <stdio.h>
#include <string.h>

#include "base/banned.h"

static mail_result
fail(mail_error *error, const char *why)
{
    return mail_fail(error, MAIL_ERR_CONFIG, 0,
                     "the LMTP server: %s; it is lmtp:/SOCKET, "
                     "lmtp://HOST:PORT or lmtps://HOST:PORT",
                     why);
}

/* False: it does not fit, or is empty. */
static bool
copy(char *out, size_t size, const char *text, size_t len)
{
    if (len == 0 || len >= size)
        return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return true;
}

static bool
is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           (strncmp(host, "127.", 4) == 0 &&
            strspn(host, "0123456789.") == strlen(host));
}

/* "host:port", "[address]:port"; returns what follows. */
static const char *
take_host(lmtp_where *where, const char *p)
{
    size_t len = strcspn(p, ":?");

    if (p[0] == '[') {
        len = strcspn(p, "]");
        if (p[len] != ']' ||
            !copy(where->host, sizeof(where->host), p + 1, len - 1))
            return NULL;
        p += len + 1;
    } else {
        if (!copy(where->host, sizeof(where->host), p, len) ||
            strpbrk(where->host, "/@ ") != NULL)
            return NULL;
        p += len;
    }
    if (*p != ':')
        return p;
    len = strspn(p + 1, "0123456789");
    return copy(where->port, sizeof(where->port), p + 1, len) ? p + 1 + len
                                                              : NULL;
}

static bool
take_option(lmtp_where *where, const char *p, size_t len, bool implicit)
{
    static const char ca[] = "ca-file=";

    if (len > sizeof(ca) - 1 && strncmp(p, ca, sizeof(ca) - 1) == 0)
        return copy(where->ca_file, sizeof(where->ca_file), p + sizeof(ca) - 1,
                    len - (sizeof(ca) - 1));
    if (!implicit && len == 8 && strncmp(p, "tls=none", len) == 0)
        where->tls = LMTP_TLS_NONE;
    else if (!implicit && len == 12 && strncmp(p, "tls=starttls", len) == 0)
        where->tls = LMTP_TLS_STARTTLS;
    else
        return false;
    return true;
}

static bool
take_options(lmtp_where *where, const char *p, bool implicit)
{
    while (*p == '?' || *p == '&') {
        size_t len = strcspn(++p, "&");

        if (!take_option(where, p, len, implicit))
            return false;
        p += len;
    }
    return *p == '\0';
}

mail_result
lmtp_where_parse(lmtp_where *where, const char *rest, bool implicit,
                 mail_error *error)
{
    *where = (lmtp_where){.port = "24"};
    if (rest[0] == '/' && rest[1] != '/' && !implicit)
        return copy(where->path, sizeof(where->path), rest, strlen(rest))
                   ? MAIL_OK
                   : fail(error, "the path of the socket is too long");
    if (strncmp(rest, "//", 2) != 0)
        return fail(error, "neither a path nor a host is named");
    rest = take_host(where, rest + 2);
    if (rest == NULL)
        return fail(error, "its host or port makes no sense");
    where->tls = implicit                   ? LMTP_TLS_IMPLICIT
                 : is_loopback(where->host) ? LMTP_TLS_NONE
                                            : LMTP_TLS_STARTTLS;
    return take_options(where, rest, implicit)
               ? MAIL_OK
               : fail(error, "what follows the host makes no sense: "
                             "?tls=none, ?tls=starttls and ?ca-file=PATH are "
                             "known");
}
