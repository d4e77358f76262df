/* SPDX-License-Identifier: MIT */
/*
 * config - headings and entries, checked against the table of flags.
 *
 * Each value is tried on options of its own, so that what is wrong is told
 * with its line, before anything is done. A section that is wrong is read to
 * its end for more errors.
 *
 * A path is absolute or begins with "~/": what a relative one means would
 * depend on where the program was started. The name of an account has no
 * slash and no colon, so it is never taken for a URL.
 *
 * Values are never shown, as one may be a password that stands in the wrong
 * place; keys are.
 */
#include "cli/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config_file.h"
#include "cli/report.h"
#include "base/split.h"
#include "cli/value.h"
#include "mail/sink.h"

#include "base/banned.h"

enum {
    NAME_MAX_LEN = 64,
    ERRORS_MAX = 20 /* that are shown */
};

typedef struct reading {
    config *config;
    config_section *section; /* NULL: below a heading that is wrong */
    bool any;                /* a heading was read */
} reading;

void
config_error(config *c, ini_place at, const char *format, ...)
{
    char text[800];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (c->errors < ERRORS_MAX)
        report("%s:%zu:%zu: %s", printable(c->path), at.line, at.column, text);
    else if (c->errors == ERRORS_MAX)
        report("%s: there are more errors", printable(c->path));
    c->errors++;
    c->status = EXIT_CONFIG;
}

static bool
no_memory(config *c)
{
    report("out of memory");
    c->status = EXIT_LATER;
    return false;
}

const config_section *
config_find(const config *c, const char *name)
{
    size_t i;

    for (i = 0; i < c->account_count; i++) {
        if (strcmp(c->accounts[i].name, name) == 0)
            return &c->accounts[i];
    }
    return NULL;
}

static bool
is_name_octet(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || c >= 0x80 || strchr("._-+@", c) != NULL;
}

const char *
config_bad_name(const char *name)
{
    size_t i;

    if (name[0] == '\0')
        return "the account needs a name, as in [account work]";
    if (strlen(name) > NAME_MAX_LEN)
        return "the name of the account is longer than 64 octets";
    for (i = 0; name[i] != '\0'; i++) {
        if (!is_name_octet((unsigned char)name[i]))
            return "the name of an account has only letters, digits and "
                   "the signs . _ - + @";
    }
    if (name[0] == '-')
        return "the name of an account does not begin with a dash";
    return strcmp(printable(name), name) != 0
               ? "the name of the account has a character that cannot be shown"
               : NULL;
}

static bool
add_account(reading *r, const char *name, ini_place at)
{
    config *c = r->config;
    config_section *larger =
        realloc(c->accounts, (c->account_count + 1) * sizeof(*larger));

    if (larger == NULL)
        return no_memory(c);
    c->accounts = larger;
    r->section = &larger[c->account_count];
    *r->section = (config_section){.name = strdup(name), .at = at};
    if (r->section->name == NULL)
        return no_memory(c);
    c->account_count++;
    return true;
}

static bool
begin_account(reading *r, const char *name, ini_place at)
{
    const char *why = config_bad_name(name);
    const config_section *other = config_find(r->config, name);

    if (why != NULL)
        config_error(r->config, at, "%s", why);
    else if (other != NULL)
        config_error(r->config, at,
                     "there are two accounts \"%s\"; the other one is in "
                     "line %zu",
                     name, other->at.line);
    else
        return add_account(r, name, at);
    return true;
}

/* False: out of memory. */
static bool
begin_section(reading *r, const ini *s)
{
    static const char account[] = "account";
    size_t word = strcspn(s->name, " \t");
    const char *rest = s->name + word + strspn(s->name + word, " \t");
    config_section *defaults = &r->config->defaults;

    r->section = NULL;
    r->any = true;
    if (word == strlen(account) && memcmp(s->name, account, word) == 0)
        return begin_account(r, rest, s->name_at);
    if (strcmp(s->name, "defaults") != 0) {
        config_error(r->config, s->name_at,
                     "unknown heading [%s]; it is [defaults] or [account "
                     "NAME]",
                     printable(s->name));
    } else if (defaults->at.line > 0) {
        config_error(r->config, s->name_at,
                     "[defaults] stands in line %zu already",
                     defaults->at.line);
    } else {
        defaults->at = s->name_at;
        r->section = defaults;
    }
    return true;
}

static void
unknown_key(config *c, const ini *s)
{
    const flag *elsewhere = options_find(s->name, strlen(s->name), CMD_ALL);
    const char *best = options_near(s->name, IN_FILE);

    if (strcmp(s->name, "delete") == 0)
        config_error(c, s->name_at,
                     "unknown key delete; the same is said by keep = 0");
    else if (elsewhere != NULL)
        config_error(c, s->name_at, "--%s is a flag for the command line only",
                     elsewhere->name);
    else if (best != NULL)
        config_error(c, s->name_at, "unknown key %s; did you mean %s?",
                     printable(s->name), best);
    else
        config_error(c, s->name_at,
                     "unknown key %s; pop3_config(5) lists the keys",
                     printable(s->name));
}

const char *
config_path_in(const flag *f, const char *value)
{
    static const char *const prefixes[] = {
        "maildir:", "mbox:", "dir:", "eml:"};
    size_t i;

    if (f->kind == FLAG_PATH ||
        (f->kind == FLAG_SOURCE && f->number == PASSWORD_FILE))
        return value;
    if (f->kind == FLAG_PASSWORD && strncmp(value, "file:", 5) == 0)
        return value + 5 + strspn(value + 5, " \t");
    if (f->kind == FLAG_METRICS && strncmp(value, "unix:", 5) == 0)
        return value + 5;
    for (i = 0; f->kind == FLAG_SINK && i < 4; i++) {
        size_t len = strlen(prefixes[i]);

        if (strncmp(value, prefixes[i], len) == 0)
            return value + len;
    }
    return NULL;
}

/* A copy of the value, with "~/" expanded. NULL: `why` tells. */
static char *
copy_value(const flag *f, const char *value, const char **why)
{
    const char *path = config_path_in(f, value);
    const char *home = getenv("HOME");
    char *copy;

    *why = "out of memory";
    if (path == NULL || path[0] == '/' || path[0] == '\0')
        return strdup(value);
    if (strncmp(path, "~/", 2) != 0) {
        *why = "needs a path that is absolute or begins with ~/";
        return NULL;
    }
    if (home == NULL || home[0] != '/') {
        *why = "begins with ~/, and HOME is not set";
        return NULL;
    }
    return asprintf(&copy, "%.*s%s/%s", (int)(path - value), value, home,
                    path + 2) == -1
               ? NULL
               : copy;
}

/* Where in the rule the error is. */
static size_t
rule_error_at(const char *value)
{
    char why[200];
    size_t at = 0;

    (void)filter_check(value, &at, why, sizeof(why));
    return at;
}

static bool
check_value(config *c, const flag *f, const char *value, ini_place at)
{
    options scratch;
    const password_source *source;
    char why[400];
    const char *command = f->kind == FLAG_COMMAND ? value : NULL;
    char **words;
    const char *what;
    mail_error error;

    options_init(&scratch);
    if (!value_set(&scratch, f, value, why, sizeof(why))) {
        at.column += f->kind == FLAG_FILTER ? rule_error_at(value) : 0;
        config_error(c, at, "%s %s", f->name, why);
        return false;
    }
    if (f->kind == FLAG_PASSWORD || f->kind == FLAG_SOURCE) {
        source = (const password_source *)((const char *)&scratch + f->offset);
        if (source->kind == PASSWORD_COMMAND)
            command = source->text;
    }
    if (f->kind == FLAG_SINK && sink_check(value, &error) != MAIL_OK) {
        config_error(c, at, "%s: %s", f->name, error.text);
        return false;
    }
    if (f->kind == FLAG_SINK && strncmp(value, "cmd:", 4) == 0)
        command = value + 4;
    if (command == NULL)
        return true;
    words = split_words(command, &what);
    if (words == NULL)
        config_error(c, at, "the command of %s: %s", f->name, what);
    split_free(words);
    return words != NULL;
}

/* A rule may stand several times. */
static bool
is_one_too_many(reading *r, const flag *f, ini_place at)
{
    const config_section *section = r->section;
    size_t rules = 0;
    size_t i;

    for (i = 0; i < section->count; i++)
        rules += section->settings[i].flag == f ? 1 : 0;
    if (rules < FILTER_RULES)
        return false;
    config_error(r->config, at, "%s stands more than %d times", f->name,
                 FILTER_RULES);
    return true;
}

static bool
is_doubled(reading *r, const flag *f, ini_place at)
{
    const config_section *section = r->section;
    size_t i;

    if (f->kind == FLAG_FILTER)
        return is_one_too_many(r, f, at);
    for (i = 0; i < section->count; i++) {
        if (section->settings[i].flag->offset == f->offset) {
            config_error(r->config, at,
                         "%s is set twice; the other one is in line %zu",
                         f->name, section->places[i].line);
            return true;
        }
    }
    return false;
}

static bool
is_misplaced(reading *r, const flag *f, ini_place at)
{
    if ((f->commands & IN_DEFAULTS) == 0 || r->section->name == NULL)
        return false;
    config_error(r->config, at,
                 "%s holds for all accounts: it stands below [defaults]",
                 f->name);
    return true;
}

/* Room for one entry more in all three arrays. */
static bool
make_room(config_section *section)
{
    size_t room = section->count + 1;
    setting *settings = realloc(section->settings, room * sizeof(*settings));
    ini_place *places;
    char **values;

    if (settings == NULL)
        return false;
    section->settings = settings;
    places = realloc(section->places, room * sizeof(*places));
    if (places == NULL)
        return false;
    section->places = places;
    values = realloc(section->values, room * sizeof(*values));
    if (values == NULL)
        return false;
    section->values = values;
    return true;
}

/* Takes the value. */
static bool
append(config_section *section, const flag *f, char *value, ini_place at)
{
    if (!make_room(section))
        return false;
    section->settings[section->count] = (setting){f, value};
    section->values[section->count] = value;
    section->places[section->count++] = at;
    return true;
}

/* False: out of memory. */
static bool
add_entry(reading *r, const ini *s)
{
    config *c = r->config;
    const flag *f = options_find(s->name, strlen(s->name), IN_FILE);
    const char *why;
    char *value;

    if (!r->any)
        config_error(c, s->name_at,
                     "a heading must come first: [defaults] or [account "
                     "NAME]");
    if (f == NULL)
        unknown_key(c, s);
    if (f == NULL || r->section == NULL || is_doubled(r, f, s->name_at) ||
        is_misplaced(r, f, s->name_at))
        return true;
    value = copy_value(f, s->value, &why);
    if (value == NULL) {
        config_error(c, s->value_at, "%s %s", f->name, why);
        return true;
    }
    if (check_value(c, f, value, s->value_at)) {
        if (append(r->section, f, value, s->value_at))
            return true;
        free(value);
        return no_memory(c);
    }
    free(value);
    return true;
}

static void
read_events(reading *r, ini *s)
{
    bool good = true;

    while (good) {
        switch (ini_next(s)) {
        case INI_END:
            return;
        case INI_HEADING:
            good = begin_section(r, s);
            break;
        case INI_ENTRY:
            good = add_entry(r, s);
            break;
        case INI_ERROR:
            config_error(r->config, s->name_at, "%s", s->why);
            break;
        }
    }
}

/* Fills a config that has its path. */
static void
parse(config *c, const char *text, size_t len)
{
    reading r = {.config = c};
    ini_place at;
    const char *why;
    ini *s;

    if (!ini_check_text(text, len, &at, &why)) {
        config_error(c, at, "%s", why);
        return;
    }
    s = malloc(sizeof(*s));
    if (s == NULL) {
        (void)no_memory(c);
        return;
    }
    ini_start(s, text, len);
    read_events(&r, s);
    free(s);
}

exit_status
config_parse(config *c, const char *path, const char *text, size_t len)
{
    *c = (config){.path = strdup(path), .exists = true};
    if (c->path == NULL)
        (void)no_memory(c);
    else
        parse(c, text, len);
    return c->status;
}

exit_status
config_read(config *c, const char *given)
{
    char *text = NULL;
    size_t len = 0;

    *c = (config){.given = given != NULL};
    c->status = config_file_path(&c->path, given);
    if (c->status == EXIT_FINE && c->path != NULL)
        c->status = config_file_read(c->path, c->given, &text, &len);
    c->exists = text != NULL;
    if (c->exists)
        parse(c, text, len);
    free(text);
    return c->status;
}

static void
free_section(config_section *section)
{
    size_t i;

    for (i = 0; i < section->count; i++)
        free(section->values[i]);
    free(section->values);
    free(section->settings);
    free(section->places);
    free(section->name);
}

void
config_free(config *c)
{
    size_t i;

    free_section(&c->defaults);
    for (i = 0; i < c->account_count; i++)
        free_section(&c->accounts[i]);
    free(c->accounts);
    free(c->path);
    *c = (config){0};
}
