/* SPDX-License-Identifier: MIT */
/*
 * import_mpop - a .mpoprc: a command and its argument in each line.
 *
 *     defaults | account NAME [: NAME,...]   begins a set of settings
 *
 * An account begins with the defaults that stood before it, then with the
 * settings of the accounts that it names. Arguments may stand in quotation
 * marks. mpop deletes mail unless told to keep it, and uses no TLS unless
 * told to; that is said where it matters.
 */
#include "cli/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

typedef struct set {
    char name[100];
    import_account account;
    bool tls;
    bool plain_start; /* tls_starttls on, which is the default */
    bool keeps;
    bool alias; /* "account default : NAME" */
    size_t line;
} set;

typedef struct mpop {
    import *im;
    set defaults;
    set *sets; /* the accounts */
    size_t count;
    set *at; /* NULL: none yet */
    size_t line;
} mpop;

static const struct {
    const char *word;
    const char *key;
} same[] = {{"host", "server"},
            {"port", "port"},
            {"user", "user"},
            {"timeout", "timeout"},
            {"skipsize", "max-size"},
            {"tls_trust_file", "ca-file"},
            {"tls_cert_file", "cert"},
            {"tls_key_file", "key"},
            {"tls_host_override", "server-name"}};

static bool
is_on(const char *value)
{
    return value[0] == '\0' || strcmp(value, "on") == 0;
}

static set *
find_set(mpop *m, const char *name, size_t len)
{
    size_t i;

    for (i = 0; i < m->count; i++) {
        if (strlen(m->sets[i].name) == len &&
            memcmp(m->sets[i].name, name, len) == 0)
            return &m->sets[i];
    }
    return NULL;
}

/* "a, b" behind the colon: their settings, in that order. */
static void
inherit(mpop *m, set *s, const char *names)
{
    while (*names != '\0') {
        size_t len;
        const set *other;
        size_t i;

        names += strspn(names, ", \t");
        len = strcspn(names, ", \t");
        other = find_set(m, names, len);
        if (len > 0 && other == NULL)
            import_note(m->im, m->line, "there is no account %.*s above",
                        (int)len, names);
        for (i = 0; other != NULL && i < other->account.count; i++)
            import_set(m->im, &s->account, m->line,
                       other->account.entries[i].key,
                       other->account.entries[i].value);
        if (other != NULL) {
            s->tls = other->tls;
            s->plain_start = other->plain_start;
            s->keeps = other->keeps;
        }
        names += len;
    }
}

static bool
begin_account(mpop *m, const char *value)
{
    size_t len = strcspn(value, ": \t");
    const char *rest = value + len + strspn(value + len, ": \t");
    set *larger = realloc(m->sets, (m->count + 1) * sizeof(*larger));

    if (larger == NULL)
        return false;
    m->sets = larger;
    m->at = &larger[m->count];
    *m->at = m->defaults;
    (void)snprintf(m->at->name, sizeof(m->at->name), "%.*s", (int)len, value);
    inherit(m, m->at, rest);
    m->at->alias = strcmp(m->at->name, "default") == 0 && *rest != '\0';
    m->at->line = m->line;
    m->count++;
    return true;
}

static void
set_delivery(mpop *m, const char *value)
{
    size_t len = strcspn(value, " \t");
    const char *where = value + len + strspn(value + len, " \t");
    size_t where_len = strlen(where);
    char text[IMPORT_VALUE];

    if (where_len > 1 && where[0] == '"' && where[where_len - 1] == '"') {
        where++;
        where_len -= 2;
    }
    if ((len == 7 && memcmp(value, "maildir", 7) == 0) ||
        (len == 4 && memcmp(value, "mbox", 4) == 0)) {
        (void)snprintf(text, sizeof(text), "%.*s:%.*s", (int)len, value,
                       (int)where_len, where);
        import_set(m->im, &m->at->account, m->line, "deliver", text);
    } else if (len == 3 && memcmp(value, "mda", 3) == 0) {
        (void)snprintf(text, sizeof(text), "%.*s", (int)where_len, where);
        import_set_command(m->im, &m->at->account, m->line, text);
    } else {
        import_note(m->im, m->line,
                    "delivery %.*s is not carried over: set deliver", (int)len,
                    value);
    }
}

static void
set_auth(mpop *m, const char *value)
{
    if (strcmp(value, "user") == 0 || strcmp(value, "apop") == 0 ||
        strcmp(value, "plain") == 0)
        import_set(m->im, &m->at->account, m->line, "auth", value);
    else if (value[0] != '\0' && strcmp(value, "on") != 0)
        import_note(m->im, m->line,
                    "auth %.40s is left out: pop3 takes what is safe", value);
}

static void
set_password_command(mpop *m, const char *value)
{
    char text[IMPORT_VALUE];

    (void)snprintf(text, sizeof(text), "command: %s", value);
    import_set(m->im, &m->at->account, m->line, "password", text);
    if (strpbrk(value, "|<>;&$`*") != NULL)
        import_note(m->im, m->line,
                    "passwordeval is run by a shell, and "
                    "password by none: look at it");
}

/* mpop takes SHA-1 and MD5 too. */
static void
set_fingerprint(mpop *m, const char *value)
{
    size_t digits = 0;

    for (const char *c = value; *c != '\0'; c++)
        digits += *c != ':';
    if (digits == 64)
        import_set(m->im, &m->at->account, m->line, "tls-fingerprint", value);
    else
        import_note(m->im, m->line,
                    "tls_fingerprint is not one of SHA-256: without any, "
                    "`pop3 check` shows the one to be set");
}

/* Commands that are more than another name. False: it is none of them. */
static bool
take_special(mpop *m, const char *word, const char *value)
{
    if (strcmp(word, "tls") == 0)
        m->at->tls = is_on(value);
    else if (strcmp(word, "tls_starttls") == 0)
        m->at->plain_start = is_on(value);
    else if (strcmp(word, "keep") == 0)
        m->at->keeps = is_on(value);
    else if (strcmp(word, "delivery") == 0)
        set_delivery(m, value);
    else if (strcmp(word, "auth") == 0)
        set_auth(m, value);
    else if (strcmp(word, "tls_fingerprint") == 0)
        set_fingerprint(m, value);
    else if (strcmp(word, "passwordeval") == 0)
        set_password_command(m, value);
    else if (strcmp(word, "password") == 0)
        import_note(m->im, m->line,
                    "the password is not copied: put it into "
                    "a file of mode 600, and set password = file: PATH");
    else if (strcmp(word, "pipelining") == 0 && strcmp(value, "off") == 0)
        import_set(m->im, &m->at->account, m->line, "no-pipelining", "yes");
    else if (strcmp(word, "pipelining") != 0)
        return false;
    return true;
}

static void
take_setting(mpop *m, const char *word, const char *value)
{
    size_t i;

    for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        if (strcmp(word, same[i].word) == 0) {
            import_set(m->im, &m->at->account, m->line, same[i].key, value);
            return;
        }
    }
    if (!take_special(m, word, value))
        import_note(m->im, m->line, "%.60s has no match", word);
}

static bool
take_line(mpop *m, char *line)
{
    char *value;
    size_t len;

    line += strspn(line, " \t");
    len = strlen(line);
    while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL)
        line[--len] = '\0';
    if (line[0] == '\0' || line[0] == '#')
        return true;
    value = line + strcspn(line, " \t");
    if (*value != '\0')
        *value++ = '\0';
    value += strspn(value, " \t");
    len = strlen(value);
    if (len > 1 && value[0] == '"' && value[len - 1] == '"') {
        value[len - 1] = '\0';
        value++;
    }
    if (strcmp(line, "account") == 0)
        return begin_account(m, value);
    if (strcmp(line, "defaults") == 0) {
        m->defaults = (set){.plain_start = true};
        m->at = &m->defaults;
    } else if (m->at == NULL) {
        import_note(m->im, m->line,
                    "%.60s stands before defaults and "
                    "account",
                    line);
    } else {
        take_setting(m, line, value);
    }
    return true;
}

static void
write_set(mpop *m, set *s)
{
    import_account *a = &s->account;

    if (s->alias) {
        import_note(m->im, s->line,
                    "account default is another name here, "
                    "and is left out: pop3 asks for a name");
        return;
    }
    if (!s->tls)
        import_note(m->im, s->line,
                    "account %s: mpop logs in without TLS, "
                    "pop3 uses it; set tls = none to go on without",
                    s->name);
    else if (s->plain_start)
        import_set(m->im, a, s->line, "tls", "stls");
    import_set(m->im, a, s->line, "keep", s->keeps ? "forever" : "0");
    import_write(m->im, a, s->name);
}

bool
import_mpop(import *im, const char *text)
{
    mpop m = {.im = im, .defaults = {.plain_start = true}};
    char line[2 * IMPORT_VALUE];
    bool good = true;
    size_t i;

    while (good && *text != '\0') {
        size_t len = strcspn(text, "\n");

        m.line++;
        (void)snprintf(line, sizeof(line), "%.*s", (int)len, text);
        good = take_line(&m, line);
        text += len + (text[len] == '\n' ? 1 : 0);
    }
    for (i = 0; i < m.count; i++)
        write_set(&m, &m.sets[i]);
    free(m.sets);
    return good;
}
