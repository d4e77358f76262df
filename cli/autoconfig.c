/* SPDX-License-Identifier: MIT */
/*
 * autoconfig - an XML document of a stranger, read by expat.
 *
 *     <clientConfig><emailProvider>
 *       <domain>example.org</domain>
 *       <incomingServer type="pop3">
 *         <hostname>pop.example.org</hostname> <port>995</port>
 *         <socketType>SSL</socketType> <username>%EMAILADDRESS%</username>
 *         <authentication>password-cleartext</authentication>
 *
 * The format has no DTD, so a document type is not needed for anything but
 * entities that grow or that read files: a document that has one is refused as
 * soon as it begins, before there is an entity to expand. Size and depth are
 * bounded, an element's text is cut off at what a host name may have, and
 * whatever is not of the paths above is passed over.
 *
 * What comes out are names of hosts and numbers of ports and nothing else
 * (draft-ietf-mailmaint-autoconfig); a server without TLS is counted, and not
 * taken: no clear text, whoever says so.
 */
#include "cli/autoconfig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "base/text.h"

#include "base/banned.h"

enum {
    TEXT_MAX = 320
};

/* Where the element at hand is. */
typedef enum place {
    ELSEWHERE,
    IN_CONFIG,
    IN_PROVIDER,
    IN_SERVER,
    IN_FIELD /* an element of text, in a provider or a server */
} place;

typedef struct reading {
    XML_Parser parser;
    const mail_address *address;
    autoconfig *out;
    const char *why; /* it was stopped */
    unsigned depth;  /* elements that are open */
    place where;
    place above;      /* of a field */
    unsigned outside; /* elements that are open and not known */
    char field[32];
    char text[TEXT_MAX];
    size_t len;
    bool is_pop3;
    bool password; /* it takes more than OAuth 2 */
    char type[16]; /* its socketType */
    found_server server;
} reading;

static void
stop(reading *r, const char *why)
{
    if (r->why == NULL)
        r->why = why;
    (void)XML_StopParser(r->parser, XML_FALSE);
}

/* ---- texts ---- */

/* Appends `part`, of `len` octets. False: no room. */
static bool
append(char *out, size_t size, const char *part, size_t len)
{
    size_t at = strlen(out);

    if (at + len + 1 > size)
        return false;
    memcpy(out + at, part, len);
    out[at + len] = '\0';
    return true;
}

/* Copies a text with its placeholders filled in. False: it does not fit, or
 * has a placeholder that is not known. */
static bool
fill_in(const reading *r, const char *text, char *out, size_t size)
{
    const struct {
        const char *name;
        const char *value;
    } known[] = {{"%EMAILADDRESS%", r->address->text},
                 {"%EMAILLOCALPART%", r->address->local},
                 {"%EMAILDOMAIN%", r->address->domain}};
    bool good = true;

    out[0] = '\0';
    while (good && *text != '\0') {
        size_t plain = strcspn(text, "%");
        size_t i = 0;

        good = append(out, size, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        while (i < 3 &&
               strncmp(text, known[i].name, strlen(known[i].name)) != 0)
            i++;
        if (i == 3)
            return false;
        good =
            good && append(out, size, known[i].value, strlen(known[i].value));
        text += strlen(known[i].name);
    }
    return good;
}

static void
take_host(reading *r)
{
    char *host = r->server.host;
    size_t i;

    if (!fill_in(r, r->text, host, sizeof(r->server.host)))
        host[0] = '\0';
    for (i = 0; host[i] != '\0'; i++)
        host[i] = text_lower(host[i]);
    if (!domain_is_name(host))
        host[0] = '\0';
}

static void
take_port(reading *r)
{
    size_t len = strspn(r->text, "0123456789");

    r->server.port = 0;
    if (len > 0 && len < 6 && r->text[len] == '\0')
        r->server.port = (unsigned)strtoul(r->text, NULL, 10);
    if (r->server.port > 65535)
        r->server.port = 0;
}

/* Whether a terminal shows what is there and nothing else. */
static bool
is_printable(const char *text)
{
    char shown[4 * TEXT_MAX + 1];

    (void)pop3_printable((pop3_span){text, strlen(text)}, shown,
                         sizeof(shown));
    return strcmp(text, shown) == 0;
}

/* A name that is printable, without spaces; else the address. */
static void
take_user(reading *r)
{
    char *user = r->server.user;

    if (!fill_in(r, r->text, user, sizeof(r->server.user)) ||
        !is_printable(user) || strchr(user, ' ') != NULL)
        user[0] = '\0';
}

/* ---- elements ---- */

static void
end_server(reading *r)
{
    autoconfig *out = r->out;

    r->where = IN_PROVIDER;
    if (!r->is_pop3 || r->server.host[0] == '\0' || r->server.port == 0)
        return;
    if (strcmp(r->type, "SSL") == 0)
        r->server.tls = TLS_IMPLICIT;
    else if (strcmp(r->type, "STARTTLS") == 0)
        r->server.tls = TLS_STLS;
    else {
        out->clear++;
        return;
    }
    r->server.oauth = r->server.oauth && !r->password;
    if (r->server.user[0] == '\0')
        memcpy(r->server.user, r->address->text, sizeof(r->address->text));
    if (out->count < AUTOCONFIG_MAX)
        out->items[out->count++] = r->server;
}

static void
end_server_field(reading *r)
{
    if (strcmp(r->field, "hostname") == 0)
        take_host(r);
    else if (strcmp(r->field, "port") == 0)
        take_port(r);
    else if (strcmp(r->field, "username") == 0)
        take_user(r);
    else if (strcmp(r->field, "socketType") == 0)
        (void)snprintf(r->type, sizeof(r->type), "%.15s", r->text);
    else if (strcmp(r->text, "OAuth2") == 0)
        r->server.oauth = true;
    else
        r->password = true;
}

static void
end_field(reading *r)
{
    r->where = r->above;
    if (r->where == IN_SERVER)
        end_server_field(r);
    else if (text_equal_caseless(r->text, strlen(r->text), r->address->domain))
        r->out->names_domain = true;
}

static void
begin_field(reading *r, const char *name)
{
    r->above = r->where;
    r->where = IN_FIELD;
    (void)snprintf(r->field, sizeof(r->field), "%.31s", name);
    r->text[0] = '\0';
    r->len = 0;
}

static void
begin_server(reading *r, const char *const *attributes)
{
    r->where = IN_SERVER;
    r->is_pop3 = false;
    r->password = false;
    r->type[0] = '\0';
    r->server = (found_server){.port = 0};
    for (; attributes[0] != NULL; attributes += 2) {
        if (strcmp(attributes[0], "type") == 0)
            r->is_pop3 = strcmp(attributes[1], "pop3") == 0;
    }
}

static bool
is_server_field(const char *name)
{
    static const char *const fields[] = {"hostname", "port", "username",
                                         "socketType", "authentication"};
    size_t i;

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strcmp(name, fields[i]) == 0)
            return true;
    }
    return false;
}

/* False: it is none that is known here. */
static bool
enter(reading *r, const char *name, const char *const *attributes)
{
    if (r->depth == 1 && strcmp(name, "clientConfig") == 0)
        r->where = IN_CONFIG;
    else if (r->where == IN_CONFIG && strcmp(name, "emailProvider") == 0)
        r->where = IN_PROVIDER;
    else if (r->where == IN_PROVIDER && strcmp(name, "incomingServer") == 0)
        begin_server(r, attributes);
    else if ((r->where == IN_PROVIDER && strcmp(name, "domain") == 0) ||
             (r->where == IN_SERVER && is_server_field(name)))
        begin_field(r, name);
    else
        return false;
    return true;
}

static void
on_start(void *ctx, const char *name, const char **attributes)
{
    reading *r = ctx;

    if (++r->depth > AUTOCONFIG_DEPTH)
        stop(r, "its elements stand too deep in each other");
    else if (r->outside > 0 || !enter(r, name, attributes))
        r->outside++;
}

static void
on_end(void *ctx, const char *name)
{
    reading *r = ctx;

    (void)name;
    r->depth--;
    if (r->outside > 0) {
        r->outside--;
        return;
    }
    switch (r->where) {
    case IN_FIELD:
        end_field(r);
        break;
    case IN_SERVER:
        end_server(r);
        break;
    case IN_PROVIDER:
        r->where = IN_CONFIG;
        break;
    case IN_CONFIG:
    case ELSEWHERE:
        r->where = ELSEWHERE;
        break;
    }
}

/* Blanks around a text do not count; more than fits makes it empty, so that
 * no name is taken for another that it begins with. */
static void
on_text(void *ctx, const char *text, int len)
{
    reading *r = ctx;
    int i;

    if (r->where != IN_FIELD || r->outside > 0)
        return;
    for (i = 0; i < len; i++) {
        char c = text[i];

        if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            continue;
        if (r->len + 1 < sizeof(r->text))
            r->text[r->len++] = c;
        else
            stop(r, "a text in it is too long");
    }
    r->text[r->len] = '\0';
}

static void
on_doctype(void *ctx, const char *name, const char *system, const char *public,
           int internal)
{
    reading *r = ctx;

    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    stop(r, "it has a document type, which this format does not have");
}

bool
autoconfig_is_built(void)
{
    return true;
}

static bool
read_all(reading *r, const char *text, size_t len, char *why, size_t why_size)
{
    if (XML_Parse(r->parser, text, (int)len, XML_TRUE) == XML_STATUS_OK &&
        r->why == NULL)
        return true;
    (void)snprintf(why, why_size, "line %lu: %s",
                   (unsigned long)XML_GetCurrentLineNumber(r->parser),
                   r->why != NULL
                       ? r->why
                       : XML_ErrorString(XML_GetErrorCode(r->parser)));
    return false;
}

bool
autoconfig_parse(const char *text, size_t len, const mail_address *address,
                 autoconfig *out, char *why, size_t why_size)
{
    reading r = {.address = address, .out = out};
    bool good;

    *out = (autoconfig){.count = 0};
    if (len > AUTOCONFIG_OCTETS) {
        (void)snprintf(why, why_size, "it is larger than %d octets",
                       AUTOCONFIG_OCTETS);
        return false;
    }
    r.parser = XML_ParserCreate(NULL);
    if (r.parser == NULL) {
        (void)snprintf(why, why_size, "out of memory");
        return false;
    }
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    good = read_all(&r, text, len, why, why_size);
    XML_ParserFree(r.parser);
    if (!good)
        *out = (autoconfig){.count = 0};
    return good;
}
