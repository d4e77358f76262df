/* SPDX-License-Identifier: MIT */
/*
 * import_fetchmail - a .fetchmailrc: words in free form.
 *
 *     set OPTION [VALUE]
 *     defaults|poll|skip SERVER  options of the server
 *         user NAME  options of the user    each user is an account
 *
 * Line ends mean nothing; commas, colons, semicolons and equals signs are
 * blanks, and so are words that only make it read like English. Strings may
 * stand in quotation marks of both kinds, with \n, octal and the like in them.
 * "no" before a word turns it off. Options of users that stand before the
 * first user count for that one.
 *
 * fetchmail deletes mail unless told to keep it.
 */
#include "cli/import.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/report.h"

#include "base/banned.h"

typedef enum word_kind {
    NOISE,
    KEY,    /* its value is one of ours */
    SILENT, /* no value; nothing changes without it */
    ALONE,  /* no value, and no match */
    VALUE,  /* a value, and no match */
    SECRET, /* a value that is not shown */
    LIST,   /* values, and no match */
    PROTO,  /* the rest has a function below */
    MDA,
    SMTP,
    LMTP,
    KEEP,
    SSL,
    USER,
    SERVER,
    SET
} word_kind;

typedef struct word {
    const char *name;
    word_kind kind;
    const char *key;
    const char *value; /* what to say, or NULL */
} word;

static const char IS_LOCAL[] =
    "fetchmail hands mail to a local server: set deliver";

static const word words[] = {
    {"and", NOISE, NULL, NULL},
    {"with", NOISE, NULL, NULL},
    {"has", NOISE, NULL, NULL},
    {"wants", NOISE, NULL, NULL},
    {"options", NOISE, NULL, NULL},
    {"option", NOISE, NULL, NULL},
    {"here", NOISE, NULL, NULL},
    {"there", NOISE, NULL, NULL},
    {"set", SET, NULL, NULL},
    {"defaults", SERVER, NULL, NULL},
    {"poll", SERVER, NULL, NULL},
    {"server", SERVER, NULL, NULL},
    {"skip", SERVER, NULL, NULL},
    {"user", USER, NULL, NULL},
    {"username", USER, NULL, NULL},
    {"via", KEY, "server", NULL},
    {"port", KEY, "port", NULL},
    {"service", KEY, "port", NULL},
    {"timeout", KEY, "timeout", NULL},
    {"limit", KEY, "max-size", NULL},
    {"fetchlimit", KEY, "max-messages", NULL},
    {"sslcertfile", KEY, "ca-file", NULL},
    {"sslcertpath", KEY, "ca-path", NULL},
    {"sslcert", KEY, "cert", NULL},
    {"sslkey", KEY, "key", NULL},
    {"sslcommonname", KEY, "server-name", NULL},
    {"keep", KEEP, NULL, NULL},
    {"ssl", SSL, NULL, NULL},
    {"proto", PROTO, NULL, NULL},
    {"protocol", PROTO, NULL, NULL},
    {"uidl", SILENT, NULL, NULL},
    {"sslcertck", SILENT, NULL, NULL},
    {"stripcr", SILENT, NULL, NULL},
    {"dns", SILENT, NULL, NULL},
    {"pass", SECRET, NULL, NULL},
    {"password", SECRET, NULL, NULL},
    {"sslproto", VALUE, NULL, "pop3 takes TLS 1.2 or newer"},
    {"sslfingerprint", VALUE, NULL, "pop3 checks the certificate"},
    {"is", LIST, NULL, IS_LOCAL},
    {"to", LIST, NULL, IS_LOCAL},
    {"mda", MDA, NULL, NULL},
    {"smtphost", SMTP, NULL, NULL},
    {"smtp", SMTP, NULL, NULL},
    {"lmtp", LMTP, NULL, NULL},
    {"bsmtp", VALUE, NULL, IS_LOCAL},
    {"fetchall", ALONE, NULL,
     "pop3 fetches what it has not fetched, seen or not"},
    {"rewrite", ALONE, NULL, "pop3 changes no header"},
    {"forcecr", ALONE, NULL, NULL},
    {"pass8bits", ALONE, NULL, NULL},
    {"mimedecode", ALONE, NULL, "pop3 changes no message"},
    {"dropstatus", ALONE, NULL, "pop3 changes no header"},
    {"dropdelivered", ALONE, NULL, "pop3 changes no header"},
    {"flush", ALONE, NULL, "pop3 deletes only what it delivered"},
    {"limitflush", ALONE, NULL, "pop3 deletes only what it delivered"},
    {"idle", ALONE, NULL, NULL},
    {"checkalias", ALONE, NULL, NULL},
    {"tracepolls", ALONE, NULL, NULL},
    {"interval", VALUE, NULL, NULL},
    {"auth", VALUE, NULL, "pop3 takes what is safe; see the key auth"},
    {"authenticate", VALUE, NULL, "pop3 takes what is safe; see the key auth"},
    {"envelope", VALUE, NULL, NULL},
    {"qvirtual", VALUE, NULL, NULL},
    {"plugin", VALUE, NULL, NULL},
    {"plugout", VALUE, NULL, NULL},
    {"principal", VALUE, NULL, NULL},
    {"monitor", VALUE, NULL, NULL},
    {"interface", VALUE, NULL, NULL},
    {"esmtpname", VALUE, NULL, NULL},
    {"esmtppassword", SECRET, NULL, NULL},
    {"smtpaddress", VALUE, NULL, NULL},
    {"smtpname", VALUE, NULL, NULL},
    {"preconnect", VALUE, NULL, NULL},
    {"postconnect", VALUE, NULL, NULL},
    {"warnings", VALUE, NULL, NULL},
    {"batchlimit", VALUE, NULL, NULL},
    {"fetchsizelimit", VALUE, NULL, NULL},
    {"fastuidl", VALUE, NULL, NULL},
    {"expunge", VALUE, NULL, NULL},
    {"properties", VALUE, NULL, NULL},
    {"badheader", VALUE, NULL, NULL},
    {"aka", LIST, NULL, NULL},
    {"localdomains", LIST, NULL, NULL},
    {"folder", LIST, NULL, "POP3 has no folders"},
    {"fetchdomains", LIST, NULL, NULL},
    {"antispam", LIST, NULL, NULL},
};

/* Options of "set" that have a value. */
static const char set_values[] =
    " daemon logfile idfile pidfile postmaster properties ";

typedef struct entry {
    import_account account;
    bool keeps;
    bool ssl;
    bool other; /* a protocol that is not ours */
    bool lmtp;
    char smtp[200]; /* HOST, HOST/PORT or /SOCKET; empty: none */
    size_t smtp_line;
} entry;

typedef struct fetchmail {
    import *im;
    const char *ptr;
    size_t line;
    char token[IMPORT_VALUE];
    size_t token_line;
    bool quoted;
    bool pending; /* the token was looked at, and is taken next */

    entry defaults;
    entry server; /* options before the first user */
    entry user;
    entry *at; /* NULL: before the first server */
    bool in_server;
    bool has_user;
} fetchmail;

static void
skip_space(fetchmail *f)
{
    for (; *f->ptr != '\0'; f->ptr++) {
        if (*f->ptr == '#')
            f->ptr += strcspn(f->ptr, "\n");
        if (*f->ptr == '\n')
            f->line++;
        if (*f->ptr == '\0' || strchr(" \t\r\n,:;=", *f->ptr) == NULL)
            return;
    }
}

/* One character of a quoted string, which may be an escape; that of the mark
 * is none for fetchmail. */
static char
take_escape(fetchmail *f, char mark)
{
    static const char from[] = "nrtbf";
    static const char to[] = "\n\r\t\b\f";
    const char *known;
    unsigned value = 0;
    int digits;

    if (*f->ptr != '\\' || f->ptr[1] == '\0' || f->ptr[1] == mark)
        return *f->ptr++;
    f->ptr++;
    for (digits = 0; digits < 3 && *f->ptr >= '0' && *f->ptr <= '7'; digits++)
        value = value * 8 + (unsigned)(*f->ptr++ - '0');
    if (digits > 0)
        return (char)(value & 0xff);
    known = strchr(from, *f->ptr);
    f->ptr++;
    return known != NULL ? to[known - from] : f->ptr[-1];
}

static void
take_string(fetchmail *f)
{
    char mark = *f->ptr++;
    size_t len = 0;

    while (*f->ptr != '\0' && *f->ptr != mark) {
        char c;

        f->line += *f->ptr == '\n' ? 1 : 0;
        c = take_escape(f, mark);
        if (len + 1 < sizeof(f->token))
            f->token[len++] = c;
    }
    f->token[len] = '\0';
    f->ptr += *f->ptr == mark ? 1 : 0;
}

/* The next token stands in f->token. False: the end. */
static bool
next_token(fetchmail *f)
{
    size_t len;

    if (f->pending) {
        f->pending = false;
        return true;
    }
    skip_space(f);
    f->token_line = f->line;
    f->quoted = *f->ptr == '"' || *f->ptr == '\'';
    if (*f->ptr == '\0')
        return false;
    if (f->quoted) {
        take_string(f);
        return true;
    }
    len = strcspn(f->ptr, " \t\r\n,:;=");
    (void)snprintf(f->token, sizeof(f->token), "%.*s", (int)len, f->ptr);
    f->ptr += len;
    return true;
}

static const word *
find_word(const fetchmail *f)
{
    size_t i;

    for (i = 0; !f->quoted && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].name, f->token) == 0)
            return &words[i];
    }
    return NULL;
}

/* Where mail is handed to, unless a program takes it. */
static void
set_lmtp(fetchmail *f, entry *e)
{
    size_t host = strcspn(e->smtp, "/");
    const char *port = e->smtp[host] == '\0' ? "24" : e->smtp + host + 1;
    char text[300];

    if (e->smtp[0] == '\0' || import_get(&e->account, "deliver") != NULL)
        return;
    (void)snprintf(text, sizeof(text), "lmtp://%.*s:%s", (int)host, e->smtp,
                   port);
    if (host == 0)
        (void)snprintf(text, sizeof(text), "lmtp:%s", e->smtp);
    else if (!e->lmtp || port[strspn(port, "0123456789")] != '\0') {
        import_note(f->im, e->smtp_line, "smtphost has no match: %s",
                    IS_LOCAL);
        return;
    }
    import_set(f->im, &e->account, e->smtp_line, "deliver", text);
    import_note(f->im, e->smtp_line,
                "the mail server takes mail by LMTP: set recipient to whom "
                "it is for");
}

static void
end_user(fetchmail *f)
{
    entry *e = &f->user;
    const char *server = import_get(&e->account, "server");
    const char *user = import_get(&e->account, "user");
    char name[200];

    if (!f->has_user || e->other)
        return;
    if (!e->ssl) {
        import_set(f->im, &e->account, f->token_line, "tls", "stls");
        import_note(f->im, f->token_line,
                    "the user %s has no ssl: fetchmail "
                    "goes on without TLS if STLS fails, pop3 does not",
                    printable(user == NULL ? "" : user));
    }
    set_lmtp(f, e);
    import_set(f->im, &e->account, f->token_line, "keep",
               e->keeps ? "forever" : "0");
    (void)snprintf(name, sizeof(name), "%.90s@%.90s", user == NULL ? "" : user,
                   server == NULL ? "" : server);
    import_write(f->im, &e->account, name);
}

static void
begin_server(fetchmail *f, bool defaults, bool skipped)
{
    end_user(f);
    f->has_user = false;
    f->in_server = !defaults;
    f->server = f->defaults;
    f->at = defaults ? &f->defaults : &f->server;
    if (defaults || !next_token(f))
        return;
    import_set(f->im, &f->server.account, f->token_line, "server", f->token);
    if (skipped)
        import_note(f->im, f->token_line,
                    "skip: `pop3 fetch --all` fetches "
                    "%.100s too; take its accounts out, or name those that "
                    "you want",
                    printable(f->token));
}

static void
begin_user(fetchmail *f)
{
    end_user(f);
    f->user = f->server;
    f->has_user = f->in_server;
    f->at = f->in_server ? &f->user : &f->defaults;
    if (next_token(f))
        import_set(f->im, &f->at->account, f->token_line, "user", f->token);
}

static bool
is_text(const char *token, const char *text)
{
    return text_equal_caseless(token, strlen(token), text);
}

static void
take_protocol(fetchmail *f)
{
    if (!next_token(f))
        return;
    f->at->other = !is_text(f->token, "pop3") && !is_text(f->token, "apop") &&
                   !is_text(f->token, "auto");
    if (is_text(f->token, "apop"))
        import_set(f->im, &f->at->account, f->token_line, "auth", "apop");
    if (f->at->other)
        import_note(f->im, f->token_line,
                    "%.40s is not POP3: its accounts "
                    "are left out",
                    printable(f->token));
}

static void
take_set(fetchmail *f)
{
    char name[40];
    char wanted[50];
    char value[40];

    if (next_token(f) && strcmp(f->token, "no") == 0)
        (void)next_token(f);
    (void)snprintf(name, sizeof(name), "%.39s", f->token);
    (void)snprintf(wanted, sizeof(wanted), " %s ", name);
    if (strstr(set_values, wanted) == NULL || !next_token(f)) {
        import_note(f->im, f->token_line, "set %s has no match",
                    printable(name));
        return;
    }
    (void)snprintf(value, sizeof(value), "%.30ss", f->token);
    if (strcmp(name, "daemon") == 0)
        import_set(f->im, &f->defaults.account, f->token_line, "every", value);
    else
        import_note(f->im, f->token_line, "set %s has no match", name);
}

static void
tell(fetchmail *f, const word *w, size_t line)
{
    import_note(f->im, line, "%s has no match%s%s", w->name,
                w->value == NULL ? "" : ": ",
                w->value == NULL ? "" : w->value);
}

/* All that follows and is no word of the grammar. */
static void
skip_list(fetchmail *f)
{
    while (next_token(f)) {
        if (find_word(f) != NULL ||
            (!f->quoted && strcmp(f->token, "no") == 0)) {
            f->pending = true;
            return;
        }
    }
}

static void
take_key(fetchmail *f, const word *w)
{
    /* "limit 0" and the like mean that there is none. */
    if (next_token(f) && strcmp(f->token, "0") != 0)
        import_set(f->im, &f->at->account, f->token_line, w->key, f->token);
}

static void
take_switch(fetchmail *f, const word *w, bool on)
{
    if (w->kind == KEEP)
        f->at->keeps = on;
    else if (w->kind == SSL)
        f->at->ssl = on;
    else if (w->kind == LMTP)
        f->at->lmtp = on;
    else if (w->kind == ALONE && on)
        tell(f, w, f->token_line);
}

/* The first of the list; the others are for when that is down. */
static void
take_smtp(fetchmail *f)
{
    if (!next_token(f))
        return;
    f->at->smtp_line = f->token_line;
    (void)snprintf(f->at->smtp, sizeof(f->at->smtp), "%.199s", f->token);
    skip_list(f);
}

static void
take_option(fetchmail *f, const word *w)
{
    size_t line = f->token_line;

    switch (w->kind) {
    case KEY:
        take_key(f, w);
        break;
    case VALUE:
        (void)next_token(f);
        tell(f, w, line);
        break;
    case SECRET:
        (void)next_token(f);
        import_note(f->im, line,
                    "the password is not copied: put it into a "
                    "file of mode 600, and set password = file: PATH");
        break;
    case LIST:
        tell(f, w, line);
        skip_list(f);
        break;
    case MDA:
        if (next_token(f))
            import_set_command(f->im, &f->at->account, line, f->token);
        break;
    case SMTP:
        take_smtp(f);
        break;
    case PROTO:
        take_protocol(f);
        break;
    case NOISE:
    case SILENT:
    case ALONE:
    case LMTP:
    case KEEP:
    case SSL:
    case USER:
    case SERVER:
    case SET:
        take_switch(f, w, true);
        break;
    }
}

/* Words that need no server before them. False: it is none of them. */
static bool
take_statement(fetchmail *f, const word *w)
{
    if (w->kind == SET)
        take_set(f);
    else if (w->kind == SERVER)
        begin_server(f, strcmp(w->name, "defaults") == 0,
                     strcmp(w->name, "skip") == 0);
    else if (w->kind == USER && f->at != NULL)
        begin_user(f);
    else
        return w->kind == NOISE;
    return true;
}

static void
unknown(fetchmail *f)
{
    import_note(f->im, f->token_line, "\"%.60s\" is not understood",
                f->quoted ? "..." : printable(f->token));
}

bool
import_fetchmail(import *im, const char *text)
{
    fetchmail f = {.im = im, .ptr = text, .line = 1};
    const word *w;

    while (next_token(&f)) {
        bool on = f.quoted || strcmp(f.token, "no") != 0;

        if (!on && !next_token(&f))
            break;
        w = find_word(&f);
        if (w == NULL || (w->kind != SET && w->kind != SERVER &&
                          w->kind != NOISE && f.at == NULL))
            unknown(&f);
        else if (!on)
            take_switch(&f, w, false);
        else if (!take_statement(&f, w))
            take_option(&f, w);
    }
    end_user(&f);
    return true;
}
