/* SPDX-License-Identifier: MIT */
/*
 * provider - sections of an ini file become rows.
 *
 *     [gmail]
 *     name    = Gmail
 *     domains = gmail.com googlemail.com
 *     server  = pop.gmail.com          # or pop = no
 *     port    = 995                    # these three are the defaults
 *     tls     = implicit
 *     login   = address                # or name: what stands before the @
 *     auth    = oauth app-password
 *     oauth-provider = google          # for the account
 *     every   = 10m
 *     note    = ...
 *     help    = https://...
 *
 * A user's own file counts for more than those of the system, and these for
 * more than the table that is built in, row by row: the first row that has a
 * domain is the one. As the files say which servers get passwords, they are
 * trusted by the rules of the configuration file: see config_file.c.
 */
#include "cli/provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/bundled.h"
#include "cli/config_file.h"
#include "cli/ini.h"
#include "cli/mail_address.h"
#include "cli/report.h"
#include "cli/value.h"

#include "base/banned.h"

typedef struct reading {
    provider_table *table;
    const char *path;
    provider *row; /* NULL: before the first heading */
} reading;

static void
complain(const reading *r, ini_place at, const char *text, const char *what)
{
    report("%s:%zu:%zu: %s%s%s", printable(r->path), at.line, at.column, text,
           what[0] == '\0' ? "" : " ", printable(what));
}

/* ---- values ---- */

static bool
set_string(char **field, const char *value)
{
    char *copy = strdup(value);

    if (copy == NULL)
        return false;
    free(*field);
    *field = copy;
    return true;
}

/* In small letters. */
static bool
set_lower(char **field, const char *value)
{
    size_t i;

    if (!set_string(field, value))
        return false;
    for (i = 0; (*field)[i] != '\0'; i++)
        (*field)[i] = text_lower((*field)[i]);
    return true;
}

/* What the program's own keys mean, they mean here. */
static bool
set_by_flag(const char *name, const char *value, options *opt)
{
    const flag *f = options_find(name, strlen(name), IN_FILE);
    char why[400];

    options_init(opt);
    return f != NULL && value_set(opt, f, value, why, sizeof(why));
}

static bool
set_number(provider *row, const char *name, const char *value)
{
    options opt;

    if (!set_by_flag(name, value, &opt))
        return false;
    if (strcmp(name, "port") == 0)
        row->port = (unsigned)opt.port;
    else if (strcmp(name, "every") == 0)
        row->every_s = opt.every_s;
    else if (opt.tls == TLS_NONE)
        return false;
    else
        row->tls = (tls_choice)opt.tls;
    return true;
}

static bool
set_choice(bool *field, const char *value, const char *when,
           const char *otherwise)
{
    *field = strcmp(value, when) == 0;
    return *field || strcmp(value, otherwise) == 0;
}

/* False: the value is wrong. */
static bool
set_server(provider *row, const char *value, bool *memory)
{
    *memory = set_lower(&row->server, value);
    return *memory && domain_is_name(row->server);
}

/* The keys that are texts; NULL: it is another one. */
static char **
text_of(provider *row, const char *key)
{
    const struct {
        const char *key;
        char **field;
    } texts[] = {
        {"name", &row->name}, {"domains", &row->domains},
        {"auth", &row->auth}, {"oauth-provider", &row->oauth_provider},
        {"note", &row->note}, {"help", &row->help}};
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(texts[i].key, key) == 0)
            return texts[i].field;
    }
    return NULL;
}

/* The other ones. False: the value is wrong. */
static bool
take_other(reading *r, const ini *s, bool *memory)
{
    provider *row = r->row;

    if (strcmp(s->name, "server") == 0)
        return set_server(row, s->value, memory);
    if (strcmp(s->name, "pop") == 0)
        return set_choice(&row->no_pop, s->value, "no", "yes");
    if (strcmp(s->name, "login") == 0)
        return set_choice(&row->local_login, s->value, "name", "address");
    if (strcmp(s->name, "port") == 0 || strcmp(s->name, "tls") == 0 ||
        strcmp(s->name, "every") == 0)
        return set_number(row, s->name, s->value);
    complain(r, s->name_at, "unknown key", s->name);
    return true;
}

/* Words that are compared are kept in small letters. */
static void
take_entry(reading *r, const ini *s, bool *memory)
{
    provider *row = r->row;
    char **text = row == NULL ? NULL : text_of(row, s->name);

    if (row == NULL)
        complain(r, s->name_at, "a heading must come first", "");
    else if (text == &row->domains || text == &row->auth)
        *memory = set_lower(text, s->value);
    else if (text != NULL)
        *memory = set_string(text, s->value);
    else if (!take_other(r, s, memory) && *memory)
        complain(r, s->value_at, "this cannot be the value of", s->name);
}

/* ---- rows ---- */

static void
free_row(provider *row)
{
    free(row->id);
    free(row->name);
    free(row->domains);
    free(row->server);
    free(row->auth);
    free(row->oauth_provider);
    free(row->note);
    free(row->help);
}

static bool
begin_row(reading *r, const ini *s)
{
    provider_table *t = r->table;
    provider *larger = realloc(t->items, (t->count + 1) * sizeof(*larger));
    provider row = {.port = 995, .tls = TLS_IMPLICIT};

    r->row = NULL;
    if (larger == NULL)
        return false;
    t->items = larger;
    if (!set_string(&row.id, s->name) || !set_string(&row.name, s->name) ||
        !set_string(&row.domains, "") || !set_string(&row.server, "") ||
        !set_string(&row.auth, "") || !set_string(&row.note, "") ||
        !set_string(&row.oauth_provider, "") || !set_string(&row.help, "")) {
        free_row(&row);
        return false;
    }
    r->row = &larger[t->count++];
    *r->row = row;
    return true;
}

static bool
read_rows(reading *r, ini *s)
{
    bool memory = true;

    while (memory) {
        switch (ini_next(s)) {
        case INI_END:
            return true;
        case INI_HEADING:
            memory = begin_row(r, s);
            break;
        case INI_ENTRY:
            take_entry(r, s, &memory);
            break;
        case INI_ERROR:
            complain(r, s->name_at, s->why, "");
            break;
        }
    }
    return false;
}

bool
provider_table_parse(provider_table *t, const char *path, const char *text,
                     size_t len)
{
    reading r = {.table = t, .path = path};
    const char *why;
    ini_place at;
    bool good;
    ini *s;

    if (!ini_check_text(text, len, &at, &why)) {
        complain(&r, at, why, "");
        return true;
    }
    s = malloc(sizeof(*s));
    if (s == NULL)
        return false;
    ini_start(s, text, len);
    good = read_rows(&r, s);
    free(s);
    return good;
}

/* ---- files ---- */

/* Takes the path. */
static void
read_file(provider_table *t, char *path)
{
    char *text = NULL;
    size_t len = 0;

    if (path == NULL)
        return;
    if (config_file_read(path, false, &text, &len) == EXIT_FINE &&
        text != NULL && !provider_table_parse(t, path, text, len))
        report("out of memory");
    free(text);
    free(path);
}

static char *
join(const char *directory, size_t len, const char *rest)
{
    char *path;

    if (len == 0 || directory[0] != '/' ||
        asprintf(&path, "%.*s/%s", (int)len, directory, rest) == -1)
        return NULL;
    return path;
}

static char *
own_path(void)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");

    if (config != NULL && config[0] == '/')
        return join(config, strlen(config), "pop3/providers");
    return home == NULL ? NULL
                        : join(home, strlen(home), ".config/pop3/providers");
}

void
provider_table_read(provider_table *t)
{
    const char *dirs = getenv("XDG_DATA_DIRS");

    if (dirs == NULL || *dirs == '\0')
        dirs = "/usr/local/share:/usr/share";
    *t = (provider_table){.count = 0};
    read_file(t, own_path());
    while (*dirs != '\0') {
        size_t len = strcspn(dirs, ":");

        read_file(t, join(dirs, len, "pop3/providers"));
        dirs += len + (dirs[len] == ':' ? 1 : 0);
    }
    if (!provider_table_parse(t, bundled_providers.name,
                              bundled_providers.text, bundled_providers.len))
        report("out of memory");
}

void
provider_table_free(provider_table *t)
{
    size_t i;

    for (i = 0; i < t->count; i++)
        free_row(&t->items[i]);
    free(t->items);
    *t = (provider_table){.count = 0};
}

/* ---- looking up ---- */

static bool
has_word(const char *words, const char *word)
{
    size_t len = strlen(word);

    while (*words != '\0') {
        size_t one = strcspn(words, " \t,");

        if (one == len && memcmp(words, word, len) == 0)
            return true;
        words += one;
        words += strspn(words, " \t,");
    }
    return false;
}

const provider *
provider_of_domain(const provider_table *t, const char *domain)
{
    size_t i;

    for (i = 0; i < t->count; i++) {
        if (has_word(t->items[i].domains, domain))
            return &t->items[i];
    }
    return NULL;
}

const provider *
provider_of_server(const provider_table *t, const char *host)
{
    size_t i;

    for (i = 0; i < t->count; i++) {
        if (!t->items[i].no_pop && strcmp(t->items[i].server, host) == 0)
            return &t->items[i];
    }
    return NULL;
}

bool
provider_takes(const provider *p, const char *word)
{
    return has_word(p->auth, word);
}
