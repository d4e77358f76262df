/* SPDX-License-Identifier: MIT */
/*
 * import_getmail - a getmailrc: one account in sections, as Python reads them.
 *
 *     [retriever]    type, server, port, username, password_command, ...
 *     [destination]  type, path
 *     [options]      delete, delete_after, max_message_size, ...
 *
 * A line that begins with a blank goes on with the value above it; the values
 * that are understood have one line. getmail keeps mail unless told to delete
 * it, and so does pop3; getmail fetches all mail each time unless read_all is
 * off, pop3 never does.
 */
#include "cli/import.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#include "base/banned.h"

typedef struct getmail {
    import *im;
    import_account account;
    char section[60];
    size_t line;
    char delivery[60]; /* the type */
    char path[IMPORT_VALUE];
    char arguments[IMPORT_VALUE];
    size_t delivery_line; /* that of the type */
    bool pop3;
} getmail;

static const struct {
    const char *section;
    const char *name;
    const char *key;
} same[] = {{"retriever", "server", "server"},
            {"retriever", "port", "port"},
            {"retriever", "username", "user"},
            {"retriever", "timeout", "timeout"},
            {"retriever", "ca_certs", "ca-file"},
            {"retriever", "certfile", "cert"},
            {"retriever", "keyfile", "key"},
            {"options", "max_message_size", "max-size"},
            {"options", "max_messages_per_session", "max-messages"}};

/* Names that need no word: they change nothing here. */
static const char silent[] =
    " retriever.ssl_ciphers options.read_all options.verbose options.received"
    " options.delivered_to ";

static void
set_type(getmail *g, const char *value)
{
    if (strcmp(g->section, "destination") == 0) {
        (void)snprintf(g->delivery, sizeof(g->delivery), "%s", value);
        g->delivery_line = g->line;
        return;
    }
    g->pop3 = strcmp(value, "SimplePOP3Retriever") == 0 ||
              strcmp(value, "SimplePOP3SSLRetriever") == 0;
    if (strcmp(value, "SimplePOP3Retriever") == 0) {
        import_set(g->im, &g->account, g->line, "tls", "stls");
        import_note(g->im, g->line,
                    "getmail uses no TLS here, pop3 does; "
                    "set tls = none to go on without");
    }
    if (!g->pop3)
        import_note(g->im, g->line,
                    "%.60s has no match: the account is left "
                    "out",
                    value);
}

/* ("program", "argument"): each becomes a word in quotation marks. */
static void
append_words(char text[static IMPORT_VALUE], const char *value)
{
    size_t len = strlen(text);

    for (value += strcspn(value, "\"'");
         *value != '\0' && len + 4 < IMPORT_VALUE;
         value += strcspn(value, "\"'")) {
        char mark = *value++;

        text[len++] = ' ';
        text[len++] = mark;
        while (*value != '\0' && *value != mark && len + 2 < IMPORT_VALUE)
            text[len++] = *value++;
        text[len++] = mark;
        value += *value == mark ? 1 : 0;
    }
    text[len] = '\0';
}

static void
set_password_command(getmail *g, const char *value)
{
    char text[IMPORT_VALUE] = "command:";

    append_words(text, value);
    import_set(g->im, &g->account, g->line, "password", text);
}

/* False: it is none of those that are understood. */
static bool
take_destination(getmail *g, const char *name, const char *value)
{
    char *at = strcmp(name, "path") == 0        ? g->path
               : strcmp(name, "arguments") == 0 ? g->arguments
                                                : NULL;

    if (at == NULL)
        return false;
    (void)snprintf(at, IMPORT_VALUE, "%s", value);
    return true;
}

static void
set_mda(getmail *g)
{
    char text[IMPORT_VALUE];
    size_t len = strlen(g->arguments);

    (void)snprintf(text, sizeof(text), "\"%.500s\"", g->path);
    append_words(text, g->arguments);
    if (g->path[0] != '/' || strpbrk(g->path, "\"\\") != NULL ||
        (len > 0 && g->arguments[len - 1] != ')'))
        import_note(g->im, g->delivery_line,
                    "the program for delivery is not carried over: set "
                    "deliver");
    else
        import_set_command(g->im, &g->account, g->delivery_line, text);
}

/* [destination], once all of it was read. */
static void
set_deliver(getmail *g)
{
    bool mbox = strcmp(g->delivery, "Mboxrd") == 0;
    char text[IMPORT_VALUE + 8];

    (void)snprintf(text, sizeof(text), "%s:%s", mbox ? "mbox" : "maildir",
                   g->path);
    if (strcmp(g->delivery, "MDA_external") == 0)
        set_mda(g);
    else if (mbox || strcmp(g->delivery, "Maildir") == 0)
        import_set(g->im, &g->account, g->delivery_line, "deliver", text);
    else if (g->delivery[0] != '\0')
        import_note(g->im, g->delivery_line,
                    "the destination %.60s is not carried over: set deliver",
                    g->delivery);
}

static bool
is_true(const char *value)
{
    size_t len = strlen(value);

    return text_equal_caseless(value, len, "true") ||
           text_equal_caseless(value, len, "yes") ||
           text_equal_caseless(value, len, "on") || strcmp(value, "1") == 0;
}

static void
set_keep(getmail *g, const char *name, const char *value)
{
    char days[60];

    if (strcmp(name, "delete") == 0 && is_true(value))
        import_set(g->im, &g->account, g->line, "keep", "0");
    (void)snprintf(days, sizeof(days), "%.50sd", value);
    if (strcmp(name, "delete_after") == 0 && strcmp(value, "0") != 0 &&
        import_get(&g->account, "keep") == NULL)
        import_set(g->im, &g->account, g->line, "keep", days);
}

static bool
take_special(getmail *g, const char *name, const char *value)
{
    bool retriever = strcmp(g->section, "retriever") == 0;
    bool options = strcmp(g->section, "options") == 0;

    if (strcmp(name, "type") == 0)
        set_type(g, value);
    else if (strcmp(g->section, "destination") == 0)
        return take_destination(g, name, value);
    else if (retriever && strcmp(name, "password") == 0)
        import_note(g->im, g->line,
                    "the password is not copied: put it into "
                    "a file of mode 600, and set password = file: PATH");
    else if (retriever && strcmp(name, "password_command") == 0)
        set_password_command(g, value);
    else if (retriever && strcmp(name, "use_apop") == 0 && is_true(value))
        import_set(g->im, &g->account, g->line, "auth", "apop");
    else if (options && strncmp(name, "delete", 6) == 0 &&
             strcmp(name, "delete_bigger_than") != 0)
        set_keep(g, name, value);
    else
        return false;
    return true;
}

static void
take_setting(getmail *g, const char *name, const char *value)
{
    char full[140];
    size_t i;

    for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        if (strcmp(g->section, same[i].section) == 0 &&
            strcmp(name, same[i].name) == 0) {
            /* 0 means: no limit. */
            if (strcmp(value, "0") != 0)
                import_set(g->im, &g->account, g->line, same[i].key, value);
            return;
        }
    }
    (void)snprintf(full, sizeof(full), " %.60s.%.60s ", g->section, name);
    if (strstr(silent, full) == NULL && !take_special(g, name, value))
        import_note(g->im, g->line, "[%s] %.60s has no match", g->section,
                    name);
}

static void
trim(char *text)
{
    size_t len = strlen(text);

    while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
        text[--len] = '\0';
}

static void
take_line(getmail *g, char *line)
{
    char *value = line + strcspn(line, "=:");
    size_t i;

    trim(line);
    if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
        return;
    if (line[0] == ' ' || line[0] == '\t') {
        import_note(g->im, g->line,
                    "what goes on from the line above is not "
                    "carried over");
        return;
    }
    if (line[0] == '[') {
        (void)snprintf(g->section, sizeof(g->section), "%.*s",
                       (int)strcspn(line + 1, "]"), line + 1);
        return;
    }
    if (*value == '\0' || value >= line + strlen(line)) {
        import_note(g->im, g->line, "a line without a value is left out");
        return;
    }
    *value++ = '\0';
    trim(line);
    for (i = 0; line[i] != '\0'; i++)
        line[i] = text_lower(line[i]);
    take_setting(g, line, value + strspn(value, " \t"));
}

bool
import_getmail(import *im, const char *text)
{
    getmail g = {.im = im};
    const char *slash = strrchr(im->path, '/');
    char line[2 * IMPORT_VALUE];

    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        g.line++;
        (void)snprintf(line, sizeof(line), "%.*s", (int)len, text);
        take_line(&g, line);
        text += len + (text[len] == '\n' ? 1 : 0);
    }
    set_deliver(&g);
    if (g.pop3)
        import_write(im, &g.account, slash == NULL ? im->path : slash + 1);
    return true;
}
