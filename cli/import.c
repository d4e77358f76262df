/* SPDX-License-Identifier: MIT */
/*
 * import - accounts as they come from other programs' files.
 *
 * Every value passes the same check as in a configuration file, so that what
 * is written can be read. Passwords are never copied: what is written may be
 * shown, kept and sent as the harmless file that a configuration is.
 */
#include "cli/import.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/split.h"
#include "cli/config.h"
#include "cli/ini.h"
#include "cli/report.h"
#include "cli/value.h"

#include "base/banned.h"

void
import_note(const import *im, size_t line, const char *format, ...)
{
    char text[600];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    report_note("%s:%zu: %s", printable(im->path), line, text);
}

static bool
is_relative(const flag *f, const char *value)
{
    const char *path = config_path_in(f, value);

    return path != NULL && path[0] != '/' && strncmp(path, "~/", 2) != 0;
}

/* Whether the text can stand in a file, on one line. */
static bool
is_one_line(const char *value)
{
    ini_place at;
    const char *why;

    return strpbrk(value, "\r\n") == NULL &&
           ini_check_text(value, strlen(value), &at, &why);
}

void
import_set(const import *im, import_account *a, size_t line, const char *key,
           const char *value)
{
    const flag *f = options_find(key, strlen(key), IN_FILE);
    char why[400];
    options scratch;
    size_t i;

    options_init(&scratch);
    if (f == NULL || strlen(value) >= IMPORT_VALUE)
        import_note(im, line, "%s cannot be carried over", key);
    else if (!is_one_line(value))
        import_note(im, line,
                    "%s has characters that a configuration cannot hold", key);
    else if (is_relative(f, value))
        import_note(im, line,
                    "%s needs a path that is absolute or begins "
                    "with ~/, not %.100s",
                    key, printable(value));
    else if (!value_set(&scratch, f, value, why, sizeof(why)))
        import_note(im, line, "%s %s", key, why);
    else {
        for (i = 0; i < a->count && strcmp(a->entries[i].key, key) != 0;)
            i++;
        if (i == IMPORT_ENTRIES)
            return;
        a->entries[i].key = f->name;
        memcpy(a->entries[i].value, value, strlen(value) + 1);
        a->count += i == a->count ? 1 : 0;
    }
}

void
import_set_command(const import *im, import_account *a, size_t line,
                   const char *command)
{
    char text[IMPORT_VALUE];
    const char *why = "it needs a shell, or has words that are put in with %";
    char **words = NULL;

    if (command[0] != '~' &&
        strpbrk(command, "%|<>;&$`*?()[]{}#!\\\n") == NULL)
        words = split_words(command, &why);
    if (words == NULL || strlen(command) + 6 > sizeof(text)) {
        import_note(im, line,
                    "the command for delivery has no match: %s; set deliver",
                    why);
    } else {
        (void)snprintf(text, sizeof(text), "cmd: %s", command);
        import_set(im, a, line, "deliver", text);
    }
    split_free(words);
}

const char *
import_get(const import_account *a, const char *key)
{
    size_t i;

    for (i = 0; i < a->count; i++) {
        if (strcmp(a->entries[i].key, key) == 0)
            return a->entries[i].value;
    }
    return NULL;
}

static bool
is_taken(const import *im, const char *name)
{
    size_t i;

    for (i = 0; i < im->count; i++) {
        if (strcmp(im->names[i], name) == 0)
            return true;
    }
    return im->kept != NULL && config_find(im->kept, name) != NULL;
}

static void
choose_name(import *im, const char *name, char *chosen, size_t size)
{
    char clean[60];
    unsigned number = 1;
    size_t i;

    for (i = 0; name[i] != '\0' && i + 1 < sizeof(clean); i++) {
        char c = name[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                     (c >= 'A' && c <= 'Z') || (i > 0 && c == '-') ||
                     strchr("._+@", c) != NULL;

        clean[i] = c;
        if (!plain)
            clean[i] = '_';
    }
    clean[i] = '\0';
    (void)snprintf(chosen, size, "%s", i == 0 ? "account" : clean);
    while (is_taken(im, chosen))
        (void)snprintf(chosen, size, "%s-%u", clean, ++number % 1000);
}

void
import_write(import *im, const import_account *a, const char *name)
{
    size_t i;

    if (im->count == IMPORT_NAMES) {
        import_note(im, 1,
                    "there are more than %d accounts: the others are "
                    "left out",
                    IMPORT_NAMES);
        return;
    }
    choose_name(im, name, im->names[im->count], sizeof(im->names[0]));
    fprintf(im->out, "%s[account %s]\n", im->count == 0 ? "" : "\n",
            im->names[im->count]);
    im->count++;
    for (i = 0; i < a->count; i++)
        ini_write(im->out, a->entries[i].key, a->entries[i].value);
}
